package io.llmd.kv.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Bytes written one after the other into an array that doubles when it is full and is kept by {@link #clear()}. Writing
 * allocates nothing while the array is large enough. For one thread at a time.
 */
public final class ByteBuilder {

    private static final VarHandle SHORT_BE = view(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT_BE = view(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG_BE = view(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle SHORT_LE = view(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT_LE = view(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG_LE = view(long[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] bytes;
    private int length;

    public ByteBuilder(int capacity) {
        bytes = new byte[capacity];
    }

    private static VarHandle view(Class<?> array, ByteOrder order) {
        return MethodHandles.byteArrayViewVarHandle(array, order);
    }

    public int length() {
        return length;
    }

    /** The array behind; valid up to {@link #length()} and until the next write. */
    public byte[] array() {
        return bytes;
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, length);
    }

    public void clear() {
        length = 0;
    }

    public void put(int value) {
        int at = advance(1);
        bytes[at] = (byte) value;
    }

    public void putShort(int value) {
        int at = advance(Short.BYTES);
        SHORT_BE.set(bytes, at, (short) value);
    }

    public void putInt(int value) {
        int at = advance(Integer.BYTES);
        INT_BE.set(bytes, at, value);
    }

    public void putLong(long value) {
        int at = advance(Long.BYTES);
        LONG_BE.set(bytes, at, value);
    }

    public void putShortLittleEndian(int value) {
        int at = advance(Short.BYTES);
        SHORT_LE.set(bytes, at, (short) value);
    }

    public void putIntLittleEndian(int value) {
        int at = advance(Integer.BYTES);
        INT_LE.set(bytes, at, value);
    }

    public void putLongLittleEndian(long value) {
        int at = advance(Long.BYTES);
        LONG_LE.set(bytes, at, value);
    }

    /** Overwrites eight bytes that were written before. */
    public void setLongLittleEndian(int at, long value) {
        LONG_LE.set(bytes, at, value);
    }

    public void put(byte[] source, int from, int count) {
        int at = advance(count);
        System.arraycopy(source, from, bytes, at, count);
    }

    public void put(byte[] source) {
        put(source, 0, source.length);
    }

    /** Takes {@code count} bytes out at {@code from}; what follows moves up. */
    public void remove(int from, int count) {
        System.arraycopy(bytes, from + count, bytes, from, length - from - count);
        length -= count;
    }

    /** Makes room for {@code count} more bytes, which the caller writes to {@link #array()} and then counts. */
    void reserve(int count) {
        int end = Math.addExact(length, count);
        if (end > bytes.length) {
            grow(end);
        }
    }

    /** Counts the bytes before {@code end}, which the caller wrote after {@link #reserve}. */
    void written(int end) {
        length = end;
    }

    static void setShort(byte[] target, int at, int value) {
        SHORT_BE.set(target, at, (short) value);
    }

    static void setInt(byte[] target, int at, int value) {
        INT_BE.set(target, at, value);
    }

    static void setShortLittleEndian(byte[] target, int at, int value) {
        SHORT_LE.set(target, at, (short) value);
    }

    static void setIntLittleEndian(byte[] target, int at, int value) {
        INT_LE.set(target, at, value);
    }

    private int advance(int count) {
        int at = length;
        int end = Math.addExact(at, count);
        if (end > bytes.length) {
            grow(end);
        }
        length = end;
        return at;
    }

    private void grow(int atLeast) {
        bytes = Arrays.copyOf(bytes, Math.max(atLeast, (int) Math.min(Integer.MAX_VALUE - 8L, 2L * bytes.length)));
    }
}
