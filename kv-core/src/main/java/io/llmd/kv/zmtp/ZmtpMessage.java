package io.llmd.kv.zmtp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The frames of one message where they arrived; valid during the call that hands it over. */
public final class ZmtpMessage {

    /** Frames whose place is kept; no engine sends more than 4. */
    public static final int MAX_FRAMES = 8;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private byte[] bytes = new byte[0];
    private int base;
    private int count;
    private final int[] starts = new int[MAX_FRAMES];
    private final int[] ends = new int[MAX_FRAMES];

    ZmtpMessage() {}

    /** Holds the frames. */
    public byte[] array() {
        return bytes;
    }

    /** The number of frames; above {@link #MAX_FRAMES}, only the first ones have a place. */
    public int frames() {
        return count;
    }

    /** Where a frame begins in {@link #array()}. */
    public int start(int frame) {
        return base + starts[frame];
    }

    /** Where a frame ends in {@link #array()}. */
    public int end(int frame) {
        return base + ends[frame];
    }

    public int length(int frame) {
        return ends[frame] - starts[frame];
    }

    /** The 8 bytes of a frame as a number. */
    public long number(int frame) {
        return (long) LONG.get(bytes, start(frame));
    }

    void clear() {
        count = 0;
    }

    /** Adds a frame by its place behind the beginning of the message. */
    void add(int start, int end) {
        if (count < MAX_FRAMES) {
            starts[count] = start;
            ends[count] = end;
        }
        count++;
    }

    void at(byte[] array, int messageStart) {
        bytes = array;
        base = messageStart;
    }
}
