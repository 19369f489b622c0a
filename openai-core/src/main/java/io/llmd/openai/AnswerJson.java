package io.llmd.openai;

import io.llmd.contracts.schedule.TokenUsage;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the gateway needs from the JSON of an endpoint: usage, finish reason, type, and whether it carries generated
 * content or an error. Bytes may come in any pieces; nothing is allocated while they do.
 *
 * <p>It follows strings, escapes and brackets, so that it knows which member it is in, but it is no validator. What it
 * finds stays until overwritten by a later object, as usage arrives in parts; {@link #beginObject} clears only what is
 * about one event.
 */
final class AnswerJson {

    /** Objects and arrays whose members matter. */
    private enum Node {
        OTHER,
        ROOT(
                Key.USAGE,
                Key.CHOICES,
                Key.ERROR,
                Key.TYPE,
                Key.RESPONSE,
                Key.STATUS,
                Key.MESSAGE,
                Key.DELTA,
                Key.STOP_REASON),
        RESPONSE(Key.USAGE, Key.STATUS),
        BLOCK_DELTA(Key.TEXT, Key.THINKING, Key.PARTIAL_JSON, Key.STOP_REASON),
        USAGE(
                Key.PROMPT_TOKENS,
                Key.INPUT_TOKENS,
                Key.COMPLETION_TOKENS,
                Key.OUTPUT_TOKENS,
                Key.PROMPT_TOKENS_DETAILS,
                Key.INPUT_TOKENS_DETAILS,
                Key.CACHE_READ_INPUT_TOKENS),
        USAGE_DETAILS(Key.CACHED_TOKENS),
        CHOICES,
        CHOICE(Key.FINISH_REASON, Key.DELTA, Key.MESSAGE, Key.TEXT),
        DELTA(Key.CONTENT, Key.REASONING, Key.REASONING_CONTENT, Key.REFUSAL, Key.TOOL_CALLS, Key.FUNCTION_CALL),
        TOOL_CALLS;

        private final Key[] keys;

        Node(Key... keys) {
            this.keys = keys;
        }
    }

    /** Members that matter. */
    private enum Key {
        OTHER,
        USAGE,
        CHOICES,
        ERROR,
        TYPE,
        RESPONSE,
        STATUS,
        PROMPT_TOKENS,
        INPUT_TOKENS,
        COMPLETION_TOKENS,
        OUTPUT_TOKENS,
        PROMPT_TOKENS_DETAILS,
        INPUT_TOKENS_DETAILS,
        CACHED_TOKENS,
        FINISH_REASON,
        DELTA,
        MESSAGE,
        TEXT,
        CONTENT,
        REASONING,
        REASONING_CONTENT,
        REFUSAL,
        TOOL_CALLS,
        FUNCTION_CALL,
        STOP_REASON,
        THINKING,
        PARTIAL_JSON,
        CACHE_READ_INPUT_TOKENS;

        private final byte[] wireName =
                name().toLowerCase(java.util.Locale.ROOT).getBytes(StandardCharsets.US_ASCII);

        /** Whether the value of the member is read, rather than only seen. */
        private boolean isRead() {
            return switch (this) {
                case TYPE,
                        STATUS,
                        FINISH_REASON,
                        STOP_REASON,
                        CACHE_READ_INPUT_TOKENS,
                        PROMPT_TOKENS,
                        INPUT_TOKENS,
                        COMPLETION_TOKENS,
                        OUTPUT_TOKENS,
                        CACHED_TOKENS -> true;
                default -> false;
            };
        }
    }

    private enum Lexeme {
        BETWEEN,
        KEY,
        STRING,
        SCALAR
    }

    private static final int MAX_DEPTH = 64;
    private static final int CAPTURED = 64;
    private static final byte[] NULL = {'n', 'u', 'l', 'l'};
    private static final byte[] DELTA_SUFFIX = ".delta".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] IN_PROGRESS = "in_progress".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] QUEUED = "queued".getBytes(StandardCharsets.US_ASCII);

    private final Node[] nodes = new Node[MAX_DEPTH];
    private final byte[] text = new byte[CAPTURED];
    private final byte[] type = new byte[CAPTURED];
    private final byte[] finish = new byte[CAPTURED];

    private long objects;
    private int depth;
    private Lexeme lexeme = Lexeme.BETWEEN;
    private boolean escaped;
    private boolean expectsKey;
    private Key key = Key.OTHER;
    private int textLength;
    private boolean begun;
    private boolean broken;

    private int typeLength;
    private boolean content;
    private boolean error;
    private int finishLength;
    private int promptTokens = -1;
    private int completionTokens = -1;
    private int cachedTokens = -1;
    /** Anthropic counts cached tokens beside the input tokens, the others among them. */
    private boolean inputExcludesCached;

    private int skipped;

    /** Starts over with a new object; usage, finish reason and the count of skipped members are kept. */
    void beginObject() {
        objects = 0;
        depth = 0;
        lexeme = Lexeme.BETWEEN;
        escaped = false;
        expectsKey = false;
        key = Key.OTHER;
        textLength = 0;
        begun = false;
        broken = false;
        typeLength = 0;
        content = false;
        error = false;
    }

    /** Whether the bytes since {@link #beginObject} look like one whole object. */
    boolean isWhole() {
        return begun && !broken && depth == 0 && lexeme == Lexeme.BETWEEN;
    }

    boolean hasContent() {
        return content || endsWith(type, typeLength, DELTA_SUFFIX);
    }

    boolean hasError() {
        return error;
    }

    boolean isType(byte[] name) {
        return equal(type, typeLength, name);
    }

    int skippedUsageMembers() {
        return skipped;
    }

    TokenUsage usage() {
        if (promptTokens < 0 && completionTokens < 0 && cachedTokens < 0) {
            return TokenUsage.UNKNOWN;
        }
        int prompt = inputExcludesCached && promptTokens >= 0 ? promptTokens + cachedTokens : promptTokens;
        return new TokenUsage(prompt, completionTokens, cachedTokens);
    }

    @Nullable
    String finishReason() {
        return finishLength == 0 ? null : new String(finish, 0, finishLength, StandardCharsets.UTF_8);
    }

    void scan(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && !broken) {
            i = switch (lexeme) {
                case BETWEEN -> between(bytes, i);
                case KEY, STRING -> inString(bytes, i, to);
                case SCALAR -> inScalar(bytes, i);
            };
        }
    }

    private int between(byte[] bytes, int at) {
        byte b = bytes[at];
        switch (b) {
            case ' ', '\n', '\r', '\t' -> {}
            case '{' -> open(true);
            case '[' -> open(false);
            case '}' -> close(true);
            case ']' -> close(false);
            case ',' -> {
                expectsKey = isInObject();
                key = expectsKey ? Key.OTHER : key;
            }
            case ':' -> expectsKey = false;
            case '"' -> {
                broken = depth == 0;
                lexeme = expectsKey ? Lexeme.KEY : Lexeme.STRING;
                textLength = 0;
            }
            default -> {
                broken = depth == 0;
                lexeme = Lexeme.SCALAR;
                textLength = 0;
                capture(b);
            }
        }
        return at + 1;
    }

    private int inString(byte[] bytes, int from, int to) {
        int i = from;
        if (escaped) {
            escaped = false;
            capture(bytes[i++]);
        }
        int stop = JsonBytes.indexOfQuoteOrBackslash(bytes, i, to);
        captureRange(bytes, i, stop);
        if (stop == to) {
            return to;
        }
        if (bytes[stop] == '\\') {
            escaped = true;
            capture((byte) '\\');
        } else if (lexeme == Lexeme.KEY) {
            lexeme = Lexeme.BETWEEN;
            key = keyOf(node());
        } else {
            lexeme = Lexeme.BETWEEN;
            onString();
        }
        return stop + 1;
    }

    private int inScalar(byte[] bytes, int at) {
        byte b = bytes[at];
        if (b == ',' || b == '}' || b == ']' || JsonBytes.isWhitespace(b)) {
            lexeme = Lexeme.BETWEEN;
            onScalar();
            return at;
        }
        capture(b);
        return at + 1;
    }

    private void open(boolean object) {
        if (depth == MAX_DEPTH || depth == 0 && (begun || !object)) {
            broken = true;
            return;
        }
        Node child = depth == 0 ? Node.ROOT : child(object);
        if (depth > 0) {
            onContainer(object);
        }
        begun = true;
        nodes[depth] = child;
        objects = object ? objects | 1L << depth : objects & ~(1L << depth);
        depth++;
        expectsKey = object;
        key = Key.OTHER;
    }

    private void close(boolean object) {
        if (depth == 0 || isInObject() != object) {
            broken = true;
            return;
        }
        depth--;
        expectsKey = false;
        key = Key.OTHER;
    }

    private boolean isInObject() {
        return depth > 0 && (objects & 1L << depth - 1) != 0;
    }

    private Node node() {
        return depth == 0 ? Node.OTHER : nodes[depth - 1];
    }

    private Node child(boolean object) {
        return switch (node()) {
            case ROOT ->
                switch (key) {
                    case USAGE -> object ? Node.USAGE : Node.OTHER;
                    case CHOICES -> object ? Node.OTHER : Node.CHOICES;
                    case RESPONSE, MESSAGE -> object ? Node.RESPONSE : Node.OTHER;
                    case DELTA -> object ? Node.BLOCK_DELTA : Node.OTHER;
                    default -> Node.OTHER;
                };
            case RESPONSE -> key == Key.USAGE && object ? Node.USAGE : Node.OTHER;
            case USAGE ->
                object && (key == Key.PROMPT_TOKENS_DETAILS || key == Key.INPUT_TOKENS_DETAILS)
                        ? Node.USAGE_DETAILS
                        : Node.OTHER;
            case CHOICES -> object ? Node.CHOICE : Node.OTHER;
            case CHOICE -> object && (key == Key.DELTA || key == Key.MESSAGE) ? Node.DELTA : Node.OTHER;
            case DELTA -> key == Key.TOOL_CALLS && !object ? Node.TOOL_CALLS : Node.OTHER;
            case OTHER, USAGE_DETAILS, TOOL_CALLS, BLOCK_DELTA -> Node.OTHER;
        };
    }

    private void onContainer(boolean object) {
        if (node() == Node.TOOL_CALLS) {
            content = true;
        }
        switch (key) {
            case ERROR -> error = true;
            case FUNCTION_CALL -> content = true;
            case USAGE, PROMPT_TOKENS_DETAILS, INPUT_TOKENS_DETAILS -> skipped += object ? 0 : 1;
            case PROMPT_TOKENS,
                    INPUT_TOKENS,
                    COMPLETION_TOKENS,
                    OUTPUT_TOKENS,
                    CACHED_TOKENS,
                    CACHE_READ_INPUT_TOKENS -> skipped++;
            default -> {
                // not ours
            }
        }
    }

    private void onString() {
        switch (key) {
            case ERROR -> error = true;
            case TYPE -> typeLength = copy(type);
            case FINISH_REASON, STOP_REASON -> finishLength = copy(finish);
            case STATUS -> {
                if (!equal(text, textLength, IN_PROGRESS) && !equal(text, textLength, QUEUED)) {
                    finishLength = copy(finish);
                }
            }
            case TEXT, CONTENT, REASONING, REASONING_CONTENT, REFUSAL, THINKING, PARTIAL_JSON ->
                content |= textLength > 0;
            case PROMPT_TOKENS,
                    INPUT_TOKENS,
                    COMPLETION_TOKENS,
                    OUTPUT_TOKENS,
                    CACHED_TOKENS,
                    CACHE_READ_INPUT_TOKENS -> onCount();
            case USAGE, PROMPT_TOKENS_DETAILS, INPUT_TOKENS_DETAILS -> skipped++;
            default -> {
                // not ours
            }
        }
    }

    private void onScalar() {
        if (equal(text, textLength, NULL)) {
            return;
        }
        switch (key) {
            case ERROR -> error = true;
            case PROMPT_TOKENS,
                    INPUT_TOKENS,
                    COMPLETION_TOKENS,
                    OUTPUT_TOKENS,
                    CACHED_TOKENS,
                    CACHE_READ_INPUT_TOKENS -> onCount();
            case USAGE, PROMPT_TOKENS_DETAILS, INPUT_TOKENS_DETAILS -> skipped++;
            default -> {
                // not ours
            }
        }
    }

    private void onCount() {
        int count = count();
        if (count < 0) {
            skipped++;
            return;
        }
        switch (key) {
            case PROMPT_TOKENS, INPUT_TOKENS -> promptTokens = count;
            case COMPLETION_TOKENS, OUTPUT_TOKENS -> completionTokens = count;
            case CACHE_READ_INPUT_TOKENS -> {
                cachedTokens = count;
                inputExcludesCached = true;
            }
            default -> cachedTokens = count;
        }
    }

    /** The captured digits as a number; -1 when they are none, or too many. */
    private int count() {
        if (textLength == 0 || textLength > 10) {
            return -1;
        }
        long value = 0;
        for (int i = 0; i < textLength; i++) {
            int digit = text[i] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value <= Integer.MAX_VALUE ? (int) value : -1;
    }

    private Key keyOf(Node node) {
        for (Key candidate : node.keys) {
            if (equal(text, textLength, candidate.wireName)) {
                return candidate;
            }
        }
        return Key.OTHER;
    }

    private void capture(byte b) {
        if (textLength < CAPTURED) {
            text[textLength] = b;
        }
        textLength++;
    }

    private void captureRange(byte[] bytes, int from, int to) {
        boolean matters = lexeme == Lexeme.KEY ? node().keys.length > 0 : key.isRead();
        int copied = Math.min(to - from, CAPTURED - textLength);
        if (matters) {
            for (int i = 0; i < copied; i++) {
                text[textLength + i] = bytes[from + i];
            }
        }
        textLength += to - from;
    }

    private int copy(byte[] target) {
        int length = Math.min(textLength, CAPTURED);
        System.arraycopy(text, 0, target, 0, length);
        return length;
    }

    private static boolean equal(byte[] bytes, int length, byte[] expected) {
        if (length != expected.length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (bytes[i] != expected[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean endsWith(byte[] bytes, int length, byte[] suffix) {
        for (int i = 0; i < suffix.length; i++) {
            int at = length - suffix.length + i;
            if (at < 0 || bytes[at] != suffix[i]) {
                return false;
            }
        }
        return true;
    }
}
