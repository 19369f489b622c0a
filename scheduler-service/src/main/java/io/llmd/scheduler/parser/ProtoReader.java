package io.llmd.scheduler.parser;

import java.nio.charset.StandardCharsets;

/**
 * Walks over the fields of one Protocol Buffers message. Reads nothing beyond its bounds and copies nothing.
 *
 * <p>Throws {@link MalformedBodyException} when the bytes are no message. Used by one thread.
 */
final class ProtoReader {

    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int BYTES = 2;
    static final int FIXED32 = 5;
    private static final int MAX_SHIFT = 63;

    private final byte[] bytes;
    private final int end;
    private int position;
    private int field;
    private int wireType;
    private long number;
    private int start;

    ProtoReader(byte[] bytes, int from, int to) {
        this.bytes = bytes;
        position = from;
        end = to;
    }

    /** The message in a gRPC frame: a flag for compression, a length of four bytes, the message. */
    static ProtoReader ofFrame(byte[] body, int from, int length) {
        if (length < 5) {
            throw malformed("a gRPC frame is too short");
        }
        if (body[from] != 0) {
            throw malformed("a gRPC frame is compressed (expected: not compressed)");
        }
        long size = (body[from + 1] & 0xffL) << 24
                | (body[from + 2] & 0xffL) << 16
                | (body[from + 3] & 0xffL) << 8
                | body[from + 4] & 0xffL;
        if (size > length - 5) {
            throw malformed("a gRPC frame is cut off");
        }
        return new ProtoReader(body, from + 5, from + 5 + (int) size);
    }

    /** Moves to the next field. Returns its number, 0 at the end. */
    int next() {
        if (position == end) {
            return 0;
        }
        long key = varint();
        field = (int) (key >>> 3);
        wireType = (int) (key & 7);
        if (field < 1 || key >>> 3 > 0x1fff_ffff) {
            throw malformed("a field has an impossible number");
        }
        switch (wireType) {
            case VARINT -> number = varint();
            case FIXED64 -> skip(8);
            case FIXED32 -> skip(4);
            case BYTES -> skip(varint());
            default -> throw malformed("a field has an unknown kind");
        }
        return field;
    }

    private void skip(long length) {
        if (length < 0 || length > end - position) {
            throw malformed("a field is cut off");
        }
        start = position;
        position += (int) length;
    }

    /** Whether the field is a number of this kind: fields of the wrong kind are to be left alone. */
    boolean is(int kind) {
        return wireType == kind;
    }

    /** Value of a {@link #VARINT}. */
    long number() {
        return number;
    }

    /** The field as a message of its own. */
    ProtoReader message() {
        return new ProtoReader(bytes, start, position);
    }

    byte[] array() {
        return bytes;
    }

    /** Where the content of the field begins. */
    int start() {
        return start;
    }

    /** Length of the content of the field. */
    int length() {
        return position - start;
    }

    /** The content as text. */
    String text() {
        return new String(bytes, start, length(), StandardCharsets.UTF_8);
    }

    /** Appends unsigned numbers that are packed into the field, or the field's own. */
    void appendNumbers(TokenBuffer target) {
        if (wireType == VARINT) {
            target.appendToken((int) number);
            return;
        }
        ProtoReader packed = message();
        while (packed.position < packed.end) {
            target.appendToken((int) packed.varint());
        }
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift <= MAX_SHIFT; shift += 7) {
            if (position == end) {
                throw malformed("a number is cut off");
            }
            byte b = bytes[position++];
            value |= (b & 0x7fL) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw malformed("a number is too long");
    }

    private static MalformedBodyException malformed(String what) {
        return new MalformedBodyException("the body is not a gRPC message: " + what);
    }
}
