package io.llmd.kv.delta;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Little-endian numbers at any place of a byte array. */
final class LittleEndian {

    private static final VarHandle SHORT = view(short[].class);
    private static final VarHandle INT = view(int[].class);
    private static final VarHandle LONG = view(long[].class);

    private LittleEndian() {}

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
    }

    static int unsignedByte(byte[] bytes, int at) {
        return bytes[at] & 0xFF;
    }

    static int unsignedShort(byte[] bytes, int at) {
        return (short) SHORT.get(bytes, at) & 0xFFFF;
    }

    static int getInt(byte[] bytes, int at) {
        return (int) INT.get(bytes, at);
    }

    static long getLong(byte[] bytes, int at) {
        return (long) LONG.get(bytes, at);
    }

    static void getLongs(byte[] bytes, int at, long[] target, int count) {
        for (int i = 0; i < count; i++) {
            target[i] = (long) LONG.get(bytes, at + i * Long.BYTES);
        }
    }

    static void setShort(byte[] bytes, int at, int value) {
        SHORT.set(bytes, at, (short) value);
    }

    static void setInt(byte[] bytes, int at, int value) {
        INT.set(bytes, at, value);
    }

    static void setLong(byte[] bytes, int at, long value) {
        LONG.set(bytes, at, value);
    }
}
