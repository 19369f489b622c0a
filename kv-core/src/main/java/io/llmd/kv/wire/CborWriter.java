package io.llmd.kv.wire;

import java.nio.charset.StandardCharsets;

/** Canonical CBOR (RFC 8949, 4.2.1): a tuple is an array, every head has its shortest form. For one thread at a time. */
public final class CborWriter implements TupleWriter {

    private static final int UNSIGNED = 0x00;
    private static final int NEGATIVE = 0x20;
    private static final int BYTES = 0x40;
    private static final int TEXT = 0x60;
    private static final int ARRAY = 0x80;
    private static final int NULL = 0xF6;
    private static final int MAX_INTEGER_BYTES = 1 + Integer.BYTES;

    private final ByteBuilder out;

    public CborWriter(ByteBuilder out) {
        this.out = out;
    }

    @Override
    public void begin() {}

    @Override
    public void end() {}

    @Override
    public void tupleStart(int size) {
        head(ARRAY, size);
    }

    @Override
    public void tupleEnd(int size) {}

    @Override
    public void none() {
        out.put(NULL);
    }

    @Override
    public void integer(int value) {
        if (value >= 0) {
            head(UNSIGNED, value);
        } else {
            head(NEGATIVE, ~value);
        }
    }

    @Override
    public void integers(int[] source, int from, int count) {
        head(ARRAY, count);
        out.reserve(Math.multiplyExact(count, MAX_INTEGER_BYTES));
        byte[] target = out.array();
        int at = out.length();
        for (int i = from; i < from + count; i++) {
            int value = source[i];
            int magnitude = value >= 0 ? value : ~value;
            int major = value >= 0 ? UNSIGNED : NEGATIVE;
            if (magnitude < 24) {
                target[at++] = (byte) (major | magnitude);
            } else if (magnitude < 1 << 8) {
                target[at] = (byte) (major | 24);
                target[at + 1] = (byte) magnitude;
                at += 2;
            } else if (magnitude < 1 << 16) {
                target[at] = (byte) (major | 25);
                ByteBuilder.setShort(target, at + 1, magnitude);
                at += 3;
            } else {
                target[at] = (byte) (major | 26);
                ByteBuilder.setInt(target, at + 1, magnitude);
                at += MAX_INTEGER_BYTES;
            }
        }
        out.written(at);
    }

    @Override
    public void bytes(byte[] source, int from, int count) {
        head(BYTES, count);
        out.put(source, from, count);
    }

    @Override
    public void text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        head(TEXT, utf8.length);
        out.put(utf8);
    }

    @Override
    public void tag(String text) {
        text(text);
    }

    private void head(int major, int value) {
        if (value < 24) {
            out.put(major | value);
        } else if (value < 1 << 8) {
            out.put(major | 24);
            out.put(value);
        } else if (value < 1 << 16) {
            out.put(major | 25);
            out.putShort(value);
        } else {
            out.put(major | 26);
            out.putInt(value);
        }
    }
}
