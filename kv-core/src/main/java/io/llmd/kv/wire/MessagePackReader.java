package io.llmd.kv.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads MessagePack of any producer: all widths, minimal or not. A cursor over a part of an array; for one thread at a
 * time, allocates nothing and throws nothing.
 *
 * <p>The first mistake is kept in {@link #problem()}. From then on the cursor stands at the end and all methods answer
 * nothing, so that a caller asks once, behind the last value that it needs. A size is compared with the bytes that are
 * left before anybody can allocate for it.
 */
public final class MessagePackReader {

    /** The first mistake. */
    public enum Problem {
        NONE,
        /** Ends too early, or a size is larger than what follows. */
        TRUNCATED,
        /** Another type than the one asked for, or a byte that begins no value. */
        TYPE,
        /** More elements than {@link #MAX_ELEMENTS}. */
        TOO_LARGE,
        /** Nested deeper than allowed. */
        TOO_DEEP
    }

    /** What a value's first byte says. */
    public enum Type {
        NIL,
        BOOLEAN,
        INTEGER,
        FLOAT,
        TEXT,
        BYTES,
        ARRAY,
        MAP,
        EXTENSION,
        /** No first byte of any value, or no value left. */
        NONE
    }

    /** Elements of an array, entries of a map. */
    public static final int MAX_ELEMENTS = 1 << 20;

    private static final int MAX_LEVELS = 8;

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private static final int UINT_8 = 0xCC;
    private static final int UINT_16 = 0xCD;
    private static final int UINT_32 = 0xCE;
    private static final int UINT_64 = 0xCF;
    private static final int INT_8 = 0xD0;
    private static final int INT_16 = 0xD1;
    private static final int INT_32 = 0xD2;
    private static final int INT_64 = 0xD3;

    /** Longest integer with its first byte. */
    private static final int MAX_INTEGER_BYTES = 1 + Long.BYTES;

    private static final Type[] TYPES = types();

    /** Bytes of a value by its first byte, where that byte alone decides; 0 otherwise. */
    private static final byte[] FIXED_BYTES = fixedBytes();

    private byte[] bytes = new byte[0];
    private int at;
    private int end;
    private Problem problem = Problem.NONE;
    private final int[] open = new int[MAX_LEVELS];

    /** Begins with bytes {@code from} to {@code to - 1} of an array, which is not copied. */
    public void reset(byte[] source, int from, int to) {
        bytes = source;
        at = from;
        end = to;
        problem = Problem.NONE;
    }

    /** The first mistake since {@link #reset} or {@link #resume}. */
    public Problem problem() {
        return problem;
    }

    public boolean isFailing() {
        return problem != Problem.NONE;
    }

    /** Where the next value begins in the array. */
    public int position() {
        return at;
    }

    /** Forgets a mistake, and goes to another place and to another end. */
    public void resume(int position, int newEnd) {
        at = position;
        end = newEnd;
        problem = Problem.NONE;
    }

    public int end() {
        return end;
    }

    /** Bytes that are left. */
    public int remaining() {
        return end - at;
    }

    /** The array that is read. */
    public byte[] array() {
        return bytes;
    }

    /** Type of the next value. */
    public Type type() {
        return at < end ? TYPES[bytes[at] & 0xFF] : Type.NONE;
    }

    /** Whether the next value is nil, which is then behind the cursor. */
    public boolean skipNil() {
        if (at < end && bytes[at] == (byte) 0xC0) {
            at++;
            return true;
        }
        return false;
    }

    /** Notes a mistake, if it is the first. */
    public void fail(Problem mistake) {
        if (problem == Problem.NONE) {
            problem = mistake;
        }
        at = end;
    }

    /** An integer of any width, as 64 bits; unsigned ones above 2^63 keep their bits. */
    public long integer() {
        if (at >= end) {
            fail(Problem.TRUNCATED);
            return 0;
        }
        byte lead = bytes[at];
        if (lead >= -32) {
            at++;
            return lead;
        }
        int size = FIXED_BYTES[lead & 0xFF];
        if (TYPES[lead & 0xFF] != Type.INTEGER) {
            fail(Problem.TYPE);
            return 0;
        }
        if (size > end - at) {
            fail(Problem.TRUNCATED);
            return 0;
        }
        int value = at + 1;
        at += size;
        return switch (lead & 0xFF) {
            case UINT_8 -> bytes[value] & 0xFF;
            case UINT_16 -> (short) SHORT.get(bytes, value) & 0xFFFF;
            case UINT_32 -> (int) INT.get(bytes, value) & 0xFFFFFFFFL;
            case INT_8 -> bytes[value];
            case INT_16 -> (short) SHORT.get(bytes, value);
            case INT_32 -> (int) INT.get(bytes, value);
            default -> (long) LONG.get(bytes, value);
        };
    }

    /** A float of either width. */
    public double floating() {
        int size = at < end ? FIXED_BYTES[bytes[at] & 0xFF] : 0;
        if (type() != Type.FLOAT) {
            fail(at < end ? Problem.TYPE : Problem.TRUNCATED);
            return Double.NaN;
        }
        if (size > end - at) {
            fail(Problem.TRUNCATED);
            return Double.NaN;
        }
        int value = at + 1;
        at += size;
        return size == 1 + Float.BYTES
                ? Float.intBitsToFloat((int) INT.get(bytes, value))
                : Double.longBitsToDouble((long) LONG.get(bytes, value));
    }

    /** The number of elements that follow, each at least one byte long. */
    public int arrayHead() {
        return head(Type.ARRAY, 0x90, 0xDC, 1);
    }

    /** The number of entries that follow, each a key and a value. */
    public int mapHead() {
        return head(Type.MAP, 0x80, 0xDE, 2);
    }

    private int head(Type expected, int fix, int code16, int valuesPerElement) {
        if (type() != expected) {
            fail(at < end ? Problem.TYPE : Problem.TRUNCATED);
            return 0;
        }
        int lead = bytes[at] & 0xFF;
        long size;
        if (lead < fix + 16) {
            size = lead - fix;
            at++;
        } else {
            size = sizeBehind(lead == code16 ? Short.BYTES : Integer.BYTES);
        }
        if (size * valuesPerElement > end - at) {
            fail(Problem.TRUNCATED);
            return 0;
        }
        if (size > MAX_ELEMENTS) {
            fail(Problem.TOO_LARGE);
            return 0;
        }
        return (int) size;
    }

    /** The length of a text or of bytes, which begin at {@link #position()} then; the caller goes on with {@link #advance}. */
    public int blobHead() {
        if (at < end && (bytes[at] & 0xE0) == 0xA0) {
            int size = bytes[at] & 0x1F;
            if (size < end - at) {
                at++;
                return size;
            }
        }
        Type type = type();
        if (type != Type.TEXT && type != Type.BYTES) {
            fail(at < end ? Problem.TYPE : Problem.TRUNCATED);
            return 0;
        }
        int lead = bytes[at] & 0xFF;
        long size;
        if (lead < 0xC0) {
            size = lead & 0x1F;
            at++;
        } else {
            size = sizeBehind(blobSizeBytes(lead));
        }
        if (size > end - at) {
            fail(Problem.TRUNCATED);
            return 0;
        }
        return (int) size;
    }

    /** Goes on behind bytes that {@link #blobHead} announced. */
    public void advance(int count) {
        at += count;
    }

    /** Reads a size behind the first byte; larger than all that is left when it is cut off. */
    private long sizeBehind(int sizeBytes) {
        if (1 + sizeBytes > end - at) {
            return Integer.MAX_VALUE;
        }
        int value = at + 1;
        at = value + sizeBytes;
        return switch (sizeBytes) {
            case 1 -> bytes[value] & 0xFF;
            case Short.BYTES -> (short) SHORT.get(bytes, value) & 0xFFFF;
            default -> (int) INT.get(bytes, value) & 0xFFFFFFFFL;
        };
    }

    private static int blobSizeBytes(int lead) {
        return switch (lead) {
            case 0xC4, 0xD9 -> 1;
            case 0xC5, 0xDA -> Short.BYTES;
            default -> Integer.BYTES;
        };
    }

    /**
     * Reads integers in [0, 2^31).
     *
     * @return how many were read; fewer when a value is something else, which is the next one then
     */
    public int naturals(int[] target, int from, int to) {
        byte[] source = bytes;
        int next = at;
        int last = end - MAX_INTEGER_BYTES;
        int i = from;
        while (i < to && next <= last) {
            int lead = source[next];
            int value;
            if ((lead - (byte) UINT_16 & ~1) == 0) {
                // 16 or 32 bits: which cannot be foretold, so no branch asks for it; bit 1 tells them apart
                int wide = lead & 2;
                value = (int) ((long) LONG.get(source, next + 1) >>> (Long.SIZE - Short.SIZE) - wide * Byte.SIZE);
                if (value < 0) {
                    break;
                }
                next += 1 + Short.BYTES + wide;
            } else if (lead >= 0) {
                value = lead;
                next++;
            } else if (lead == (byte) UINT_8) {
                value = source[next + 1] & 0xFF;
                next += 2;
            } else {
                break;
            }
            target[i++] = value;
        }
        at = next;
        return i - from + carefulNaturals(target, i, to);
    }

    /** Goes on near the end of the bytes, and with forms that few producers use. */
    private int carefulNaturals(int[] target, int from, int to) {
        int i = from;
        while (i < to && type() == Type.INTEGER) {
            int start = at;
            long value = integer();
            if (problem != Problem.NONE) {
                break;
            }
            if (value < 0 || value > Integer.MAX_VALUE) {
                at = start;
                break;
            }
            target[i++] = (int) value;
        }
        return i - from;
    }

    /**
     * Reads 64-bit identities: integers of any width as their bits, bytes as their last 8, big endian.
     *
     * @return how many were read; fewer when a value is something else
     */
    public int identities(long[] target, int from, int to) {
        int i = from;
        while (i < to) {
            int start = at;
            if (end - start >= MAX_INTEGER_BYTES && bytes[start] == (byte) UINT_64) {
                target[i++] = (long) LONG.get(bytes, start + 1);
                at = start + MAX_INTEGER_BYTES;
                continue;
            }
            Type type = type();
            if (type == Type.INTEGER) {
                target[i] = integer();
            } else if (type == Type.BYTES) {
                target[i] = lastBytes();
            } else {
                break;
            }
            if (problem != Problem.NONE) {
                break;
            }
            i++;
        }
        return i - from;
    }

    private long lastBytes() {
        int count = blobHead();
        if (problem != Problem.NONE) {
            return 0;
        }
        if (count < Long.BYTES) {
            fail(Problem.TYPE);
            return 0;
        }
        at += count;
        return (long) LONG.get(bytes, at - Long.BYTES);
    }

    /**
     * Goes on behind the next value, whatever it is.
     *
     * @param levels arrays and maps that may lie in one another, at most 8; a value that is deeper is a problem, but the
     *     cursor is behind it all the same
     * @implNote O(bytes) whatever the nesting: below the deepest level that is told apart, values are only counted
     */
    public void skip(int levels) {
        boolean isTooDeep = false;
        int depth = 0;
        int next = at;
        while (true) {
            if (next >= end) {
                fail(Problem.TRUNCATED);
                return;
            }
            int lead = bytes[next] & 0xFF;
            int size = FIXED_BYTES[lead];
            if (size == 0) {
                at = next;
                int children = headOf(lead);
                if (problem != Problem.NONE) {
                    return;
                }
                next = at;
                if (children > 0) {
                    if (depth < levels) {
                        open[depth++] = children;
                        continue;
                    }
                    isTooDeep = true;
                    int level = Math.max(0, depth - 1);
                    long pending = (depth == 0 ? 1L : open[level]) + children;
                    if (pending > end - next + 1L) {
                        fail(Problem.TRUNCATED);
                        return;
                    }
                    depth = level + 1;
                    open[level] = (int) pending;
                }
            }
            next += size;
            while (depth > 0 && --open[depth - 1] == 0) {
                depth--;
            }
            if (depth == 0) {
                break;
            }
        }
        if (next > end) {
            fail(Problem.TRUNCATED);
            return;
        }
        at = next;
        if (isTooDeep && problem == Problem.NONE) {
            problem = Problem.TOO_DEEP;
        }
    }

    /** Goes behind the head of an array or a map and tells how many values follow, or behind all of another value. */
    private int headOf(int lead) {
        switch (TYPES[lead]) {
            case ARRAY -> {
                long size = lead < 0xA0 ? lead & 0x0F : -1;
                return children(size, lead == 0xDC ? Short.BYTES : Integer.BYTES, 1);
            }
            case MAP -> {
                long size = lead < 0x90 ? lead & 0x0F : -1;
                return children(size, lead == 0xDE ? Short.BYTES : Integer.BYTES, 2);
            }
            case TEXT, BYTES -> advance(blobHead());
            case EXTENSION -> extension(lead);
            default -> fail(Problem.TYPE);
        }
        return 0;
    }

    private int children(long fixedSize, int sizeBytes, int valuesPerElement) {
        long size = fixedSize;
        if (size < 0) {
            size = sizeBehind(sizeBytes);
        } else {
            at++;
        }
        if (size * valuesPerElement > end - at) {
            fail(Problem.TRUNCATED);
            return 0;
        }
        return (int) size * valuesPerElement;
    }

    private void extension(int lead) {
        long size = 1 + sizeBehind(lead == 0xC7 ? 1 : lead == 0xC8 ? Short.BYTES : Integer.BYTES);
        if (size > end - at) {
            fail(Problem.TRUNCATED);
        } else {
            at += (int) size;
        }
    }

    private static Type[] types() {
        Type[] types = new Type[256];
        for (int lead = 0; lead < 256; lead++) {
            types[lead] = type(lead);
        }
        return types;
    }

    private static Type type(int lead) {
        if (lead < 0x80 || lead >= 0xE0) {
            return Type.INTEGER;
        }
        if (lead < 0xC0) {
            return lead < 0x90 ? Type.MAP : lead < 0xA0 ? Type.ARRAY : Type.TEXT;
        }
        return switch (lead) {
            case 0xC0 -> Type.NIL;
            case 0xC1 -> Type.NONE;
            case 0xC2, 0xC3 -> Type.BOOLEAN;
            case 0xC4, 0xC5, 0xC6 -> Type.BYTES;
            case 0xCA, 0xCB -> Type.FLOAT;
            case 0xD9, 0xDA, 0xDB -> Type.TEXT;
            case 0xDC, 0xDD -> Type.ARRAY;
            case 0xDE, 0xDF -> Type.MAP;
            default -> lead >= UINT_8 && lead <= INT_64 ? Type.INTEGER : Type.EXTENSION;
        };
    }

    private static byte[] fixedBytes() {
        byte[] sizes = new byte[256];
        for (int lead = 0; lead < 256; lead++) {
            sizes[lead] = (byte) fixedBytes(lead);
        }
        return sizes;
    }

    private static int fixedBytes(int lead) {
        if (lead < 0x80 || lead >= 0xE0) {
            return 1;
        }
        if (lead >= 0xA0 && lead < 0xC0) {
            return 1 + (lead & 0x1F);
        }
        return switch (lead) {
            case 0xC0, 0xC2, 0xC3 -> 1;
            case UINT_8, INT_8 -> 1 + Byte.BYTES;
            case UINT_16, INT_16 -> 1 + Short.BYTES;
            case 0xCA, UINT_32, INT_32 -> 1 + Integer.BYTES;
            case 0xCB, UINT_64, INT_64 -> 1 + Long.BYTES;
            // extensions of 1, 2, 4, 8 and 16 bytes, with a byte for their type
            case 0xD4 -> 3;
            case 0xD5 -> 4;
            case 0xD6 -> 6;
            case 0xD7 -> 10;
            case 0xD8 -> 18;
            default -> 0;
        };
    }
}
