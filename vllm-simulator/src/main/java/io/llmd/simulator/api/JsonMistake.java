package io.llmd.simulator.api;

import org.jspecify.annotations.Nullable;

/**
 * What is wrong with a text that is no JSON, in the words of Python's parser, which vLLM passes on.
 *
 * @param position of the character at which the parser gave up
 */
record JsonMistake(int position, String message) {

    /** The first mistake, absent if there is none. */
    static @Nullable JsonMistake in(String text) {
        try {
            Scanner scanner = new Scanner(text);
            scanner.document();
            return null;
        } catch (MistakeException e) {
            return e.mistake;
        }
    }

    /** As Python prints the exception. */
    String described(String text) {
        String before = text.substring(0, Math.min(position, text.length()));
        int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
        int column = position - before.lastIndexOf('\n');
        return message + ": line " + line + " column " + column + " (char " + position + ")";
    }

    private static final class MistakeException extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient JsonMistake mistake;

        MistakeException(int position, String message) {
            super(message, null, false, false);
            mistake = new JsonMistake(position, message);
        }
    }

    private static final class Scanner {
        private static final int MOST_NESTED = 300;
        private static final String[] CONSTANTS = {"null", "true", "false", "NaN", "Infinity", "-Infinity"};

        private final String text;
        private int at;
        private int depth;

        Scanner(String text) {
            this.text = text;
        }

        void document() {
            skipSpace();
            value();
            skipSpace();
            if (at < text.length()) {
                throw new MistakeException(at, "Extra data");
            }
        }

        private void value() {
            char c = current();
            if (c == '"') {
                string();
            } else if (c == '{' || c == '[') {
                nested(c);
            } else if (!constant() && !number()) {
                throw new MistakeException(at, "Expecting value");
            }
        }

        private void nested(char c) {
            depth++;
            if (depth > MOST_NESTED) {
                throw new MistakeException(at, "Expecting value");
            }
            if (c == '{') {
                object();
            } else {
                array();
            }
            depth--;
        }

        private void object() {
            at++;
            skipSpace();
            if (current() == '}') {
                at++;
                return;
            }
            while (true) {
                if (current() != '"') {
                    throw new MistakeException(at, "Expecting property name enclosed in double quotes");
                }
                string();
                skipSpace();
                if (current() != ':') {
                    throw new MistakeException(at, "Expecting ':' delimiter");
                }
                at++;
                skipSpace();
                value();
                skipSpace();
                if (current() == '}') {
                    at++;
                    return;
                }
                comma();
            }
        }

        private void array() {
            at++;
            skipSpace();
            if (current() == ']') {
                at++;
                return;
            }
            while (true) {
                value();
                skipSpace();
                if (current() == ']') {
                    at++;
                    return;
                }
                comma();
            }
        }

        private void comma() {
            if (current() != ',') {
                throw new MistakeException(at, "Expecting ',' delimiter");
            }
            at++;
            skipSpace();
        }

        private void string() {
            int start = at;
            at++;
            while (at < text.length()) {
                char c = text.charAt(at);
                if (c == '"') {
                    at++;
                    return;
                }
                if (c < 0x20) {
                    throw new MistakeException(at, "Invalid control character at");
                }
                if (c == '\\') {
                    escape(start);
                }
                at++;
            }
            throw new MistakeException(start, "Unterminated string starting at");
        }

        private void escape(int start) {
            at++;
            char c = current();
            if (at >= text.length()) {
                throw new MistakeException(start, "Unterminated string starting at");
            }
            if (c == 'u') {
                for (int i = 1; i <= 4; i++) {
                    if (at + i >= text.length() || Character.digit(text.charAt(at + i), 16) < 0) {
                        throw new MistakeException(at + 1, "Invalid \\uXXXX escape");
                    }
                }
                at += 4;
            } else if ("\"\\/bfnrt".indexOf(c) < 0) {
                throw new MistakeException(at - 1, "Invalid \\escape");
            }
        }

        private boolean constant() {
            for (String constant : CONSTANTS) {
                if (text.startsWith(constant, at)) {
                    at += constant.length();
                    return true;
                }
            }
            return false;
        }

        private boolean number() {
            int end = at;
            if (end < text.length() && text.charAt(end) == '-') {
                end++;
            }
            int digits = digits(end);
            if (digits == end) {
                return false;
            }
            end = text.charAt(end) == '0' ? end + 1 : digits;
            if (end < text.length() && text.charAt(end) == '.' && digits(end + 1) > end + 1) {
                end = digits(end + 1);
            }
            at = exponent(end);
            return true;
        }

        private int exponent(int end) {
            if (end >= text.length() || Character.toLowerCase(text.charAt(end)) != 'e') {
                return end;
            }
            int start = end + 1;
            if (start < text.length() && (text.charAt(start) == '+' || text.charAt(start) == '-')) {
                start++;
            }
            return digits(start) > start ? digits(start) : end;
        }

        private int digits(int from) {
            int end = from;
            while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
                end++;
            }
            return end;
        }

        /** NUL at the end. */
        private char current() {
            return at < text.length() ? text.charAt(at) : '\0';
        }

        private void skipSpace() {
            while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }
    }
}
