package io.llmd.kv.wire;

import java.nio.charset.StandardCharsets;

/** MessagePack with the shortest form of every value, as msgspec writes it. For one thread at a time. */
public final class MessagePackWriter {

    private static final int NIL = 0xC0;
    private static final int BIN_8 = 0xC4;
    private static final int FLOAT_64 = 0xCB;
    private static final int UINT_8 = 0xCC;
    private static final int INT_8 = 0xD0;
    private static final int FIX_TEXT = 0xA0;
    private static final int TEXT_8 = 0xD9;
    private static final int FIX_ARRAY = 0x90;
    private static final int ARRAY_16 = 0xDC;
    private static final int FIX_MAP = 0x80;
    private static final int MAP_16 = 0xDE;
    private static final int MAX_INTEGER_BYTES = 1 + Integer.BYTES;

    private final ByteBuilder out;

    public MessagePackWriter(ByteBuilder out) {
        this.out = out;
    }

    /** One value in its shortest form, to be written often with {@link #encoded}. */
    public static byte[] encode(String text) {
        ByteBuilder bytes = new ByteBuilder(text.length() + 1);
        new MessagePackWriter(bytes).text(text);
        return bytes.toByteArray();
    }

    public void encoded(byte[] value) {
        out.put(value);
    }

    public void nil() {
        out.put(NIL);
    }

    public void float64(double value) {
        out.put(FLOAT_64);
        out.putLong(Double.doubleToRawLongBits(value));
    }

    /** Writes a signed integer. */
    public void integer(long value) {
        if (value >= 0) {
            unsigned(value);
        } else if (value >= -32) {
            out.put((int) value);
        } else if (value >= Byte.MIN_VALUE) {
            out.put(INT_8);
            out.put((int) value);
        } else if (value >= Short.MIN_VALUE) {
            out.put(INT_8 + 1);
            out.putShort((int) value);
        } else if (value >= Integer.MIN_VALUE) {
            out.put(INT_8 + 2);
            out.putInt((int) value);
        } else {
            out.put(INT_8 + 3);
            out.putLong(value);
        }
    }

    /** Writes 64 bits as an unsigned integer. */
    public void unsigned(long value) {
        if (value < 0) {
            out.put(UINT_8 + 3);
            out.putLong(value);
        } else if (value < 1 << 7) {
            out.put((int) value);
        } else if (value < 1 << 8) {
            out.put(UINT_8);
            out.put((int) value);
        } else if (value < 1 << 16) {
            out.put(UINT_8 + 1);
            out.putShort((int) value);
        } else if (value < 1L << 32) {
            out.put(UINT_8 + 2);
            out.putInt((int) value);
        } else {
            out.put(UINT_8 + 3);
            out.putLong(value);
        }
    }

    /** Writes an array of signed integers. */
    public void integers(int[] source) {
        arrayHead(source.length);
        out.reserve(Math.multiplyExact(source.length, MAX_INTEGER_BYTES));
        byte[] target = out.array();
        int at = out.length();
        for (int value : source) {
            if (value < 0) {
                out.written(at);
                integer(value);
                at = out.length();
            } else if (value < 1 << 7) {
                target[at++] = (byte) value;
            } else if (value < 1 << 8) {
                target[at] = (byte) UINT_8;
                target[at + 1] = (byte) value;
                at += 2;
            } else if (value < 1 << 16) {
                target[at] = (byte) (UINT_8 + 1);
                ByteBuilder.setShort(target, at + 1, value);
                at += 3;
            } else {
                target[at] = (byte) (UINT_8 + 2);
                ByteBuilder.setInt(target, at + 1, value);
                at += MAX_INTEGER_BYTES;
            }
        }
        out.written(at);
    }

    public void text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (utf8.length < 32) {
            out.put(FIX_TEXT | utf8.length);
        } else {
            sizedHead(TEXT_8, utf8.length);
        }
        out.put(utf8);
    }

    public void bytes(byte[] source, int from, int count) {
        sizedHead(BIN_8, count);
        out.put(source, from, count);
    }

    public void arrayHead(int size) {
        collectionHead(FIX_ARRAY, ARRAY_16, size);
    }

    public void mapHead(int entries) {
        collectionHead(FIX_MAP, MAP_16, entries);
    }

    /** A map head with a 16-bit count, whatever the number of entries. */
    public void wideMapHead(int entries) {
        out.put(MAP_16);
        out.putShort(entries);
    }

    private void sizedHead(int code8, int size) {
        if (size < 1 << 8) {
            out.put(code8);
            out.put(size);
        } else if (size < 1 << 16) {
            out.put(code8 + 1);
            out.putShort(size);
        } else {
            out.put(code8 + 2);
            out.putInt(size);
        }
    }

    private void collectionHead(int fix, int code16, int size) {
        if (size < 16) {
            out.put(fix | size);
        } else if (size < 1 << 16) {
            out.put(code16);
            out.putShort(size);
        } else {
            out.put(code16 + 1);
            out.putInt(size);
        }
    }
}
