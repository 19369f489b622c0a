package io.llmd.kvindex.query;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Finds and reads the list of token ids in the JSON of a query while it arrives, without the objects and checks of a parser that
 * knows all of JSON. It takes only what needs no second thought: digits, commas and white space. Whatever else it meets it
 * leaves to the parser, which knows how to say what is wrong. For one thread at a time.
 *
 * <p>Usual ids, of up to seven digits, are read many at once. A word of bits tells where in 64 bytes something else than digits is;
 * an id is then the word of eight bytes that ends there, without what is before it, and three multiplications add its digits up. So no
 * id waits for the one before it to be read, and no branch depends on how many digits there are, for which ids are of different
 * lengths: reading digit by digit such a branch is mispredicted for every other id.
 */
final class TokenScanner {

    private static final int MAX_DIGITS = 10;

    /** The list must begin within so many bytes to be read while the rest arrives; otherwise all is looked at in the end. */
    private static final int SOUGHT_BYTES = 64 * 1024;

    private static final byte[] NAME = "\"tokens\"".getBytes(StandardCharsets.US_ASCII);
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ZEROS = 0x3030303030303030L;
    private static final long LOW_BITS = 0x7F7F7F7F7F7F7F7FL;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long ABOVE_NINE = 0x7676767676767676L;
    private static final long EVERY_FOURTH = 0x000000FF000000FFL;
    private static final long HUNDRED_AND_MILLION = 100L + (1_000_000L << 32);
    private static final long ONE_AND_TEN_THOUSAND = 1L + (10_000L << 32);

    private enum State {
        SEEKING,
        READING,
        DONE,
        GIVEN_UP
    }

    private State state = State.SEEKING;
    private int list;
    private int place;

    /** Prepares for another body. */
    void begin() {
        state = State.SEEKING;
        list = 0;
        place = 0;
    }

    /**
     * Adds the ids that are there to a query, which has none before the first call.
     *
     * @param length bytes of the body so far
     * @param isAll whether no more will come
     */
    void scan(byte[] body, int length, boolean isAll, PrefixQuery query) {
        if (state == State.SEEKING && (isAll || length <= SOUGHT_BYTES)) {
            list = find(body, length);
            if (list >= 0) {
                state = State.READING;
                place = list;
            }
        }
        if (state == State.READING) {
            read(body, length, query);
        }
        if (state == State.GIVEN_UP || isAll && state == State.READING) {
            state = State.GIVEN_UP;
            query.tokenCount = 0;
        }
    }

    /** Whether the list was read to its end. */
    boolean isDone() {
        return state == State.DONE;
    }

    /** Place of the list's opening bracket, when it was read. */
    int listStart() {
        return list - 1;
    }

    /** Place behind the list's closing bracket, when it was read. */
    int listEnd() {
        return place;
    }

    /**
     * Finds the list of the member {@code tokens} of the outermost object, if the JSON is well-formed up to there.
     *
     * @return the place behind its opening bracket; -1 when there is none, or not yet
     */
    private static int find(byte[] body, int length) {
        int depth = 0;
        int at = 0;
        while (at < length) {
            switch (body[at]) {
                case '"' -> {
                    int end = endOfString(body, at, length);
                    int list = depth == 1 && isName(body, at, end) ? list(body, end, length) : -1;
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
    private static int endOfString(byte[] body, int quote, int length) {
        int at = quote + 1;
        while (at < length && body[at] != '"') {
            at += body[at] == '\\' ? 2 : 1;
        }
        return Math.min(length, at + 1);
    }

    private static boolean isName(byte[] body, int from, int to) {
        return Arrays.equals(body, from, to, NAME, 0, NAME.length);
    }

    /** Place behind the bracket that follows a name; -1 when no list does. */
    private static int list(byte[] body, int from, int length) {
        int colon = skipSpace(body, from, length);
        if (colon >= length || body[colon] != ':') {
            return -1;
        }
        int bracket = skipSpace(body, colon + 1, length);
        return bracket < length && body[bracket] == '[' ? bracket + 1 : -1;
    }

    /** Reads on from {@link #place} to the end of the list, to what is no id, or to the last id that is whole. */
    private void read(byte[] body, int length, PrefixQuery query) {
        do {
            readUsual(body, length, query);
        } while (readAny(body, length, query));
    }

    /** Reads ids of up to seven digits, with a comma and perhaps spaces behind, while there are 64 bytes to look at. */
    private void readUsual(byte[] body, int length, PrefixQuery query) {
        // An id and its comma are two bytes or more.
        query.reserveTokens((length - place) / 2);
        int[] tokens = query.tokens;
        int count = query.tokenCount;
        int from = place;
        for (int at = place; at + Long.SIZE <= length; at += Long.SIZE) {
            for (long others = others(body, at); others != 0; others &= others - 1) {
                int end = at + Long.numberOfTrailingZeros(others);
                int digits = end - from;
                if (digits > 0) {
                    long word = (long) WORD.get(body, end - Long.BYTES) ^ ZEROS;
                    long shift = Long.SIZE - ((long) digits << 3);
                    boolean hasLeadingZero = digits > 1 && (word >>> shift & 0xFF) == 0;
                    if (digits >= Long.BYTES || hasLeadingZero || body[end] != ',') {
                        keep(count, from, query);
                        return;
                    }
                    tokens[count++] = value(word & -1L << shift);
                } else if (body[end] != ' ') {
                    keep(count, from, query);
                    return;
                }
                from = end + 1;
            }
        }
        keep(count, from, query);
    }

    private void keep(int count, int from, PrefixQuery query) {
        query.tokenCount = count;
        place = from;
    }

    /** Which of 64 bytes are no digits: a bit for each. */
    private static long others(byte[] body, int at) {
        return othersOfWord(body, at)
                | othersOfWord(body, at + 8) << 8
                | othersOfWord(body, at + 16) << 16
                | othersOfWord(body, at + 24) << 24
                | othersOfWord(body, at + 32) << 32
                | othersOfWord(body, at + 40) << 40
                | othersOfWord(body, at + 48) << 48
                | othersOfWord(body, at + 56) << 56;
    }

    private static long othersOfWord(byte[] body, int at) {
        long word = (long) WORD.get(body, at) ^ ZEROS;
        // The highest bit of a byte is set when it was, or when seven bits are above nine.
        return Long.compress((word & LOW_BITS) + ABOVE_NINE | word, HIGH_BITS);
    }

    /** The number of eight decimal digits, one a byte, the first in the lowest one. */
    private static int value(long digits) {
        long pairs = digits * 10 + (digits >>> 8);
        return (int)
                ((pairs & EVERY_FOURTH) * HUNDRED_AND_MILLION + (pairs >>> 16 & EVERY_FOURTH) * ONE_AND_TEN_THOUSAND
                        >>> 32);
    }

    /**
     * Reads one id of any form, and what follows it.
     *
     * @return whether another one may follow that is there already
     */
    private boolean readAny(byte[] body, int length, PrefixQuery query) {
        int from = skipSpace(body, place, length);
        int at = from;
        long value = 0;
        while (at < length && digit(body[at]) <= 9 && at - from <= MAX_DIGITS) {
            value = value * 10 + digit(body[at]);
            at++;
        }
        int digits = at - from;
        int next = skipSpace(body, at, length);
        if (next == length) {
            return false;
        }
        boolean isEmpty = digits == 0 && query.tokenCount == 0 && body[next] == ']';
        if (!isEmpty && !isId(value, digits, body[from])) {
            state = State.GIVEN_UP;
            return false;
        }
        if (!isEmpty) {
            query.addToken((int) value);
        }
        place = next + 1;
        if (body[next] == ']') {
            state = State.DONE;
        } else if (body[next] != ',') {
            state = State.GIVEN_UP;
        }
        return state == State.READING;
    }

    /** The digit of a byte; more than 9 for a byte that is none. */
    private static int digit(byte character) {
        return character - '0' & 0xFF;
    }

    private static boolean isId(long value, int digits, byte first) {
        boolean hasLeadingZero = digits > 1 && first == '0';
        return digits > 0 && digits <= MAX_DIGITS && !hasLeadingZero && value <= Integer.MAX_VALUE;
    }

    private static int skipSpace(byte[] body, int from, int length) {
        int at = from;
        while (at < length && (body[at] == ' ' || body[at] == '\n' || body[at] == '\r' || body[at] == '\t')) {
            at++;
        }
        return at;
    }
}
