package io.llmd.kvindex.query;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Finds and reads the list of token ids in the JSON of a query, without the objects and checks of a parser that knows all of
 * JSON. It takes only what needs no second thought: digits, commas and white space. Whatever else it meets it leaves to the
 * parser, which knows how to say what is wrong.
 */
final class TokenScanner {

    private static final int MAX_DIGITS = 10;
    private static final byte[] NAME = "\"tokens\"".getBytes(StandardCharsets.US_ASCII);

    private TokenScanner() {}

    /**
     * Finds the list of the member {@code tokens} of the outermost object, if the JSON is well-formed up to there.
     *
     * @return the place behind its opening bracket; -1 when there is none
     */
    static int find(byte[] body) {
        int depth = 0;
        int at = 0;
        while (at < body.length) {
            switch (body[at]) {
                case '"' -> {
                    int end = endOfString(body, at);
                    int list = depth == 1 && isName(body, at, end) ? list(body, end) : -1;
                    if (list >= 0) {
                        return list;
                    }
                    at = end;
                }
                case '{', '[' -> {
                    depth++;
                    at++;
                }
                case '}', ']' -> {
                    depth--;
                    at++;
                }
                default -> at++;
            }
        }
        return -1;
    }

    /** Place behind the closing quote; the end when there is none. */
    private static int endOfString(byte[] body, int quote) {
        int at = quote + 1;
        while (at < body.length && body[at] != '"') {
            at += body[at] == '\\' ? 2 : 1;
        }
        return Math.min(body.length, at + 1);
    }

    private static boolean isName(byte[] body, int from, int to) {
        return Arrays.equals(body, from, to, NAME, 0, NAME.length);
    }

    /** Place behind the bracket that follows a name; -1 when no list does. */
    private static int list(byte[] body, int from) {
        int colon = skipSpace(body, from);
        if (colon >= body.length || body[colon] != ':') {
            return -1;
        }
        int bracket = skipSpace(body, colon + 1);
        return bracket < body.length && body[bracket] == '[' ? bracket + 1 : -1;
    }

    /**
     * Adds the ids of a list to a query.
     *
     * @param at behind the opening bracket
     * @return the place behind the closing bracket; -1 when there is something else than ids, and the query is as before
     */
    static int scan(byte[] body, int at, PrefixQuery query) {
        int place = skipSpace(body, at);
        if (place < body.length && body[place] == ']') {
            return place + 1;
        }
        int count = query.tokenCount;
        while (place < body.length) {
            int from = place;
            long value = 0;
            for (int digit = digit(body[place]); digit <= 9; digit = digit(body[place])) {
                value = value * 10 + digit;
                if (++place == body.length) {
                    return -1;
                }
            }
            if (!isId(value, place - from, body[from])) {
                return -1;
            }
            if (count == query.tokens.length) {
                query.tokens = Arrays.copyOf(query.tokens, 2 * count);
            }
            query.tokens[count++] = (int) value;
            if (body[place] != ',') {
                place = skipSpace(body, place);
                if (place < body.length && body[place] == ']') {
                    query.tokenCount = count;
                    return place + 1;
                }
                if (place == body.length || body[place] != ',') {
                    return -1;
                }
            }
            place = skipSpace(body, place + 1);
        }
        return -1;
    }

    /** The digit of a byte; more than 9 for a byte that is none. */
    private static int digit(byte character) {
        return character - '0' & 0xFF;
    }

    private static boolean isId(long value, int digits, byte first) {
        boolean hasLeadingZero = digits > 1 && first == '0';
        return digits > 0 && digits <= MAX_DIGITS && !hasLeadingZero && value <= Integer.MAX_VALUE;
    }

    private static int skipSpace(byte[] body, int from) {
        int at = from;
        while (at < body.length && (body[at] == ' ' || body[at] == '\n' || body[at] == '\r' || body[at] == '\t')) {
            at++;
        }
        return at;
    }
}
