package io.llmd.openai.stream;

import io.llmd.openai.ApiRoute;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Puts another number of cached tokens into the usage of an answer: the value of {@code cached_tokens} in the details of
 * each usage object at the top or in member {@code response}, which are added where they are missing; with Anthropic's API
 * the two numbers that it has instead, in usage at the top alone. The bytes may come
 * in any pieces; those without usage pass through without a copy. Every other byte stays as it is, and generated text that
 * looks like usage is inside a JSON string and never seen as such. Not thread-safe; one per answer.
 */
public final class CachedTokens {

    private static final byte[] NOTHING = {};
    private static final byte[] DATA = ascii("data");
    private static final byte[] USAGE = ascii("usage");
    private static final byte[] RESPONSE = ascii("response");
    private static final byte[] PROMPT_DETAILS = ascii("prompt_tokens_details");
    private static final byte[] INPUT_DETAILS = ascii("input_tokens_details");
    private static final byte[] CACHED = ascii("cached_tokens");
    private static final byte[] CACHE_READ = ascii("cache_read_input_tokens");
    private static final byte[] INPUT = ascii("input_tokens");

    /** What the current byte belongs to. */
    private enum Place {
        FIELD_NAME,
        OTHER_LINE,
        BETWEEN,
        KEY,
        STRING,
        SCALAR,
        /** A scalar whose place a new value takes. */
        OLD_SCALAR
    }

    private final boolean events;
    private final byte[] number;
    private final byte[] inputNumber;
    private final byte[] detailsKey;
    private final boolean isAnthropic;
    private final Word word = new Word(CACHE_READ.length);
    private Place place;
    private boolean escaped;
    private boolean afterCarriageReturn;
    private boolean expectsKey;
    private int depth;
    private boolean rootIsObject;
    private int responseDepth;
    private int usageDepth;
    private int detailsDepth;
    private boolean usageIsEmpty;
    private boolean usageHasDetails;
    private boolean detailsAreEmpty;
    private boolean detailsHaveCached;
    private byte[] pendingValue = NOTHING;

    private @Nullable ByteBuf out;
    private int copiedTo;

    private CachedTokens(int cachedTokens, int inputTokens, ApiRoute route, boolean events) {
        this.events = events;
        this.number = ascii(Integer.toString(cachedTokens));
        this.inputNumber = inputTokens < 0 ? NOTHING : ascii(Integer.toString(inputTokens));
        this.detailsKey = route == ApiRoute.RESPONSES ? INPUT_DETAILS : PROMPT_DETAILS;
        this.isAnthropic = route == ApiRoute.MESSAGES;
        this.place = events ? Place.FIELD_NAME : Place.BETWEEN;
    }

    /**
     * For one answer.
     *
     * @param cachedTokens what is to be told, at least 0
     * @param inputTokens input tokens beside the cached ones, for Anthropic's API alone; -1 to leave them
     * @param route decides the names
     * @param events whether the answer is a stream of events, or else one JSON text
     */
    public static CachedTokens of(int cachedTokens, int inputTokens, ApiRoute route, boolean events) {
        return new CachedTokens(cachedTokens, inputTokens, route, events);
    }

    /** The bytes with the other number; takes ownership of {@code bytes} and gives that of the result. */
    public ByteBuf apply(ByteBuf bytes) {
        int from = bytes.readerIndex();
        int to = bytes.writerIndex();
        copiedTo = from;
        for (int i = from; i < to; i++) {
            next(bytes, i);
        }
        ByteBuf changed = out;
        out = null;
        if (changed == null && place != Place.OLD_SCALAR) {
            return bytes;
        }
        if (changed == null) {
            changed = bytes.alloc().buffer(to - from + 64);
        }
        if (place != Place.OLD_SCALAR) {
            changed.writeBytes(bytes, copiedTo, to - copiedTo);
        } else if (copiedTo < to) {
            throw new IllegalStateException("bytes of an old value left over");
        }
        bytes.release();
        return changed;
    }

    private void next(ByteBuf bytes, int at) {
        byte b = bytes.getByte(at);
        if (place == Place.OLD_SCALAR) {
            if (!isEndOfScalar(b)) {
                copiedTo = at + 1;
                return;
            }
            output(bytes, at).writeBytes(pendingValue);
            place = Place.BETWEEN;
        } else if (place == Place.SCALAR && isEndOfScalar(b)) {
            place = Place.BETWEEN;
        }
        if (events && (b == '\n' || b == '\r')) {
            endOfLine(b);
            return;
        }
        afterCarriageReturn = false;
        switch (place) {
            case FIELD_NAME -> inFieldName(b);
            case OTHER_LINE, SCALAR, OLD_SCALAR -> {}
            case BETWEEN -> between(bytes, at, b);
            case KEY, STRING -> inText(b);
        }
    }

    /** The output, with everything up to {@code at} in it. */
    private ByteBuf output(ByteBuf bytes, int at) {
        ByteBuf target = out;
        if (target == null) {
            target = bytes.alloc().buffer(bytes.readableBytes() + 64);
            out = target;
        }
        target.writeBytes(bytes, copiedTo, at - copiedTo);
        copiedTo = at;
        return target;
    }

    private static boolean isEndOfScalar(byte b) {
        return b == ',' || b == '}' || b == ']' || b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    private void endOfLine(byte b) {
        boolean isSecondOfPair = b == '\n' && afterCarriageReturn;
        afterCarriageReturn = b == '\r';
        if (isSecondOfPair) {
            return;
        }
        if (place == Place.FIELD_NAME && word.isEmpty()) {
            depth = 0;
            responseDepth = 0;
            usageDepth = 0;
            detailsDepth = 0;
            rootIsObject = false;
        }
        place = Place.FIELD_NAME;
        word.clear();
    }

    private void inFieldName(byte b) {
        if (b != ':') {
            word.add(b);
            return;
        }
        place = word.is(DATA) ? Place.BETWEEN : Place.OTHER_LINE;
        word.clear();
    }

    private void between(ByteBuf bytes, int at, byte b) {
        switch (b) {
            case '"' -> {
                noteMember();
                place = expectsKey ? Place.KEY : Place.STRING;
                if (expectsKey) {
                    word.clear();
                } else {
                    noteValue();
                }
            }
            case '{' -> open(true);
            case '[' -> open(false);
            case '}', ']' -> close(bytes, at);
            case ',' -> {
                expectsKey = true;
                word.clear();
            }
            case ':' -> expectsKey = false;
            case ' ', '\t', '\n', '\r' -> {}
            default -> scalar(bytes, at, b);
        }
    }

    /** A member begins in the innermost object. */
    private void noteMember() {
        if (depth == usageDepth) {
            usageIsEmpty = false;
        }
        if (depth == detailsDepth) {
            detailsAreEmpty = false;
        }
    }

    /** A value that is no object, and stays, belongs to the key that was read last. */
    private void noteValue() {
        if (depth == usageDepth && isDetailsKey()) {
            usageHasDetails = true;
        } else if (depth == detailsDepth && word.is(CACHED)) {
            detailsHaveCached = true;
        }
    }

    private void scalar(ByteBuf bytes, int at, byte b) {
        place = Place.SCALAR;
        if (expectsKey || depth == 0) {
            return;
        }
        if (isAnthropic) {
            anthropicScalar(bytes, at);
        } else if (detailsDepth > 0 && depth == detailsDepth && word.is(CACHED)) {
            detailsHaveCached = true;
            replace(bytes, at, number);
        } else if (usageDepth > 0 && depth == usageDepth && isDetailsKey()) {
            usageHasDetails = true;
            if (b == 'n') {
                replace(bytes, at, details());
            }
        }
    }

    /** Anthropic's usage has the numbers in itself, and cached tokens beside the input tokens. */
    private void anthropicScalar(ByteBuf bytes, int at) {
        if (usageDepth == 0 || depth != usageDepth) {
            return;
        }
        if (word.is(CACHE_READ)) {
            replace(bytes, at, number);
        } else if (word.is(INPUT) && inputNumber.length > 0) {
            replace(bytes, at, inputNumber);
        }
    }

    private void replace(ByteBuf bytes, int at, byte[] value) {
        output(bytes, at);
        copiedTo = at + 1;
        pendingValue = value;
        place = Place.OLD_SCALAR;
    }

    private byte[] details() {
        return ascii("{\"cached_tokens\":" + new String(number, StandardCharsets.US_ASCII) + "}");
    }

    private boolean isDetailsKey() {
        return word.is(PROMPT_DETAILS) || word.is(INPUT_DETAILS);
    }

    private void inText(byte b) {
        if (escaped) {
            escaped = false;
        } else if (b == '\\') {
            escaped = true;
        } else if (b == '"') {
            place = Place.BETWEEN;
            return;
        }
        if (place == Place.KEY) {
            word.add(b);
        }
    }

    private void open(boolean isObject) {
        boolean isValue = !expectsKey;
        if (depth == 0) {
            rootIsObject = isObject;
        } else if (isValue && rootIsObject) {
            openMember(isObject);
        }
        depth++;
        expectsKey = isObject;
        word.clear();
    }

    private void openMember(boolean isObject) {
        if (detailsDepth == 0 && usageDepth > 0 && depth == usageDepth && isDetailsKey()) {
            usageHasDetails = true;
            if (isObject) {
                detailsDepth = depth + 1;
                detailsAreEmpty = true;
                detailsHaveCached = false;
            }
        } else if (usageDepth == 0 && isObject && word.is(USAGE) && (depth == 1 || depth == responseDepth)) {
            usageDepth = depth + 1;
            usageIsEmpty = true;
            usageHasDetails = false;
        } else if (responseDepth == 0 && isObject && depth == 1 && word.is(RESPONSE) && !isAnthropic) {
            responseDepth = depth + 1;
        }
    }

    private void close(ByteBuf bytes, int at) {
        if (depth == 0) {
            return;
        }
        if (depth == detailsDepth) {
            if (!detailsHaveCached) {
                ByteBuf target = output(bytes, at);
                target.writeBytes(ascii(detailsAreEmpty ? "\"cached_tokens\":" : ",\"cached_tokens\":"));
                target.writeBytes(number);
            }
            detailsDepth = 0;
        } else if (depth == usageDepth) {
            if (!usageHasDetails && !isAnthropic) {
                ByteBuf target = output(bytes, at);
                target.writeBytes(ascii(usageIsEmpty ? "\"" : ",\""));
                target.writeBytes(detailsKey).writeBytes(ascii("\":")).writeBytes(details());
            }
            usageDepth = 0;
        } else if (depth == responseDepth) {
            responseDepth = 0;
        }
        depth--;
        expectsKey = false;
        word.clear();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
