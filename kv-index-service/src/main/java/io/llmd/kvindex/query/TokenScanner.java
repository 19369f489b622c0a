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
        int before = query.tokenCount;
        int place = skipSpace(body, at);
        if (place < body.length && body[place] == ']') {
            return place + 1;
        }
        while (place < body.length) {
            int end = number(body, place, query);
            int next = end < 0 ? -1 : skipSpace(body, end);
            if (next < 0 || next >= body.length) {
                break;
            }
            if (body[next] == ']') {
                return next + 1;
            }
            if (body[next] != ',') {
                break;
            }
            place = skipSpace(body, next + 1);
        }
        query.tokenCount = before;
        return -1;
    }

    /** Adds one id. @return the place behind it; -1 when it is none */
    private static int number(byte[] body, int from, PrefixQuery query) {
        long value = 0;
        int at = from;
        while (at < body.length && body[at] >= '0' && body[at] <= '9') {
            value = value * 10 + body[at] - '0';
            at++;
            if (at - from > MAX_DIGITS) {
                return -1;
            }
        }
        boolean hasLeadingZero = at - from > 1 && body[from] == '0';
        if (at == from || hasLeadingZero || value > Integer.MAX_VALUE) {
            return -1;
        }
        query.addToken((int) value);
        return at;
    }

    private static int skipSpace(byte[] body, int from) {
        int at = from;
        while (at < body.length && (body[at] == ' ' || body[at] == '\n' || body[at] == '\r' || body[at] == '\t')) {
            at++;
        }
        return at;
    }
}
