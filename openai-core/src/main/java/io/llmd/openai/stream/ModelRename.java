package io.llmd.openai.stream;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Puts the client's model name into an answer of a model that serves in its place: the value of the member {@code model} of
 * each object, or of its member {@code response}. The bytes may come in any pieces; those without a name pass through
 * without a copy. Everything else stays as it is, and generated text that looks like such a member is inside a JSON string
 * and never seen as one. Not thread-safe; one per answer.
 */
public final class ModelRename {

    private static final byte[] MODEL = ascii("model");
    private static final byte[] RESPONSE = ascii("response");
    private static final byte[] DATA = ascii("data");

    /** What the current byte belongs to. */
    private enum Place {
        FIELD_NAME,
        OTHER_LINE,
        BETWEEN,
        KEY,
        STRING,
        OLD_NAME
    }

    private final boolean events;
    private final byte[] newName;
    private final Word word = new Word(RESPONSE.length);
    private Place place;
    private boolean escaped;
    private boolean afterCarriageReturn;
    private int depth;
    private boolean inResponse;
    private boolean rootIsObject;
    private boolean expectsKey;

    private ModelRename(boolean events, byte[] newName) {
        this.events = events;
        this.newName = newName;
        this.place = events ? Place.FIELD_NAME : Place.BETWEEN;
    }

    /**
     * For one answer.
     *
     * @param name the client's name as JSON, with quotes
     * @param events whether the answer is a stream of events, or else one JSON text
     */
    public static ModelRename to(String name, boolean events) {
        return new ModelRename(events, name.getBytes(StandardCharsets.UTF_8));
    }

    /** The bytes under the client's name; takes ownership of {@code bytes} and gives that of the result. */
    public ByteBuf apply(ByteBuf bytes) {
        int from = bytes.readerIndex();
        int to = bytes.writerIndex();
        ByteBuf renamed = null;
        int copied = from;
        for (int i = from; i < to; i++) {
            boolean wasOldName = place == Place.OLD_NAME;
            next(bytes.getByte(i));
            if (place == Place.OLD_NAME && !wasOldName) {
                renamed = renamed == null ? bytes.alloc().buffer(to - from + newName.length) : renamed;
                renamed.writeBytes(bytes, copied, i - copied).writeBytes(newName);
                copied = to;
            } else if (wasOldName) {
                renamed = renamed == null ? bytes.alloc().buffer(to - from) : renamed;
                copied = place == Place.OLD_NAME ? to : i + 1;
            }
        }
        if (renamed == null) {
            return bytes;
        }
        renamed.writeBytes(bytes, copied, to - copied);
        bytes.release();
        return renamed;
    }

    private void next(byte b) {
        if (events && (b == '\n' || b == '\r')) {
            endOfLine(b);
            return;
        }
        afterCarriageReturn = false;
        switch (place) {
            case FIELD_NAME -> inFieldName(b);
            case OTHER_LINE -> {}
            case BETWEEN -> between(b);
            case KEY, STRING, OLD_NAME -> inText(b);
        }
    }

    private void endOfLine(byte b) {
        boolean isSecondOfPair = b == '\n' && afterCarriageReturn;
        afterCarriageReturn = b == '\r';
        if (isSecondOfPair) {
            return;
        }
        if (place == Place.FIELD_NAME && word.isEmpty()) {
            depth = 0;
            inResponse = false;
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

    private void between(byte b) {
        switch (b) {
            case '"' -> {
                if (isWatched() && expectsKey) {
                    place = Place.KEY;
                    word.clear();
                } else {
                    place = isWatched() && word.is(MODEL) ? Place.OLD_NAME : Place.STRING;
                }
            }
            case '{', '[' -> open(b == '{');
            case '}', ']' -> close();
            case ',' -> {
                expectsKey = true;
                word.clear();
            }
            case ':' -> expectsKey = false;
            default -> {}
        }
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
        if (depth == 0) {
            rootIsObject = isObject;
        } else if (depth == 1 && isWatched() && isObject && word.is(RESPONSE)) {
            inResponse = true;
        }
        depth++;
        expectsKey = true;
        word.clear();
    }

    private void close() {
        if (depth > 0) {
            depth--;
        }
        if (depth <= 1) {
            inResponse = false;
        }
        expectsKey = false;
        word.clear();
    }

    private boolean isWatched() {
        return depth == 1 && rootIsObject || depth == 2 && inResponse;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
