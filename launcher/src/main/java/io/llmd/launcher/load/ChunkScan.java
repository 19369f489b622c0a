package io.llmd.launcher.load;

import java.nio.charset.StandardCharsets;

/**
 * Looks into the JSON of a chunk without parsing it. A quote inside of a JSON string is escaped, so that a quoted name
 * followed by a colon is always a member.
 */
final class ChunkScan {

    private static final byte[][] TEXT_MEMBERS = {
        name("content"), name("text"), name("reasoning_content"), name("reasoning"), name("arguments")
    };
    private static final byte[] USAGE = name("usage");
    private static final byte[] ERROR = name("error");
    private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

    private ChunkScan() {}

    /** Whether this is the end marker. */
    static boolean isDone(byte[] bytes, int from, int to) {
        return to - from == DONE.length && indexOf(bytes, from, to, DONE) == from;
    }

    /** Whether a member that holds generated text is not empty. */
    static boolean hasText(byte[] bytes, int from, int to) {
        for (byte[] member : TEXT_MEMBERS) {
            int value = valueOf(bytes, from, to, member);
            if (value >= 0 && bytes[value] == '"' && value + 1 < to && bytes[value + 1] != '"') {
                return true;
            }
        }
        return false;
    }

    /** Whether a usage object is there. */
    static boolean hasUsage(byte[] bytes, int from, int to) {
        int value = valueOf(bytes, from, to, USAGE);
        return value >= 0 && bytes[value] == '{';
    }

    /** Whether this is an error event. */
    static boolean hasError(byte[] bytes, int from, int to) {
        int value = valueOf(bytes, from, to, ERROR);
        return value >= 0 && bytes[value] == '{';
    }

    /** Position of the first byte of a member's value, -1 without such a member. */
    private static int valueOf(byte[] bytes, int from, int to, byte[] member) {
        for (int at = indexOf(bytes, from, to, member); at >= 0; at = indexOf(bytes, at + 1, to, member)) {
            int next = skipBlanks(bytes, at + member.length, to);
            if (next < to && bytes[next] == ':') {
                int value = skipBlanks(bytes, next + 1, to);
                return value < to ? value : -1;
            }
        }
        return -1;
    }

    private static int skipBlanks(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && (bytes[at] == ' ' || bytes[at] == '\t')) {
            at++;
        }
        return at;
    }

    private static int indexOf(byte[] bytes, int from, int to, byte[] wanted) {
        outer:
        for (int at = from; at <= to - wanted.length; at++) {
            for (int i = 0; i < wanted.length; i++) {
                if (bytes[at + i] != wanted[i]) {
                    continue outer;
                }
            }
            return at;
        }
        return -1;
    }

    private static byte[] name(String member) {
        return ("\"" + member + "\"").getBytes(StandardCharsets.US_ASCII);
    }
}
