package io.llmd.openai.stream;

/**
 * The beginning of a name that comes byte by byte, as far as it matters: longer names are cut, and equal none of those that are
 * looked for. Not thread-safe.
 */
final class Word {

    private final byte[] bytes;
    private int length;

    /** @param longest length of the longest name that is looked for */
    Word(int longest) {
        bytes = new byte[longest + 1];
    }

    void add(byte b) {
        if (length < bytes.length) {
            bytes[length++] = b;
        }
    }

    void clear() {
        length = 0;
    }

    boolean isEmpty() {
        return length == 0;
    }

    boolean is(byte[] name) {
        if (length != name.length) {
            return false;
        }
        for (int i = 0; i < name.length; i++) {
            if (bytes[i] != name[i]) {
                return false;
            }
        }
        return true;
    }
}
