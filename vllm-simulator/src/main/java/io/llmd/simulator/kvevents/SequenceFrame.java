package io.llmd.simulator.kvevents;

import java.math.BigInteger;
import java.nio.ByteBuffer;

/** A sequence number as a frame: 8 bytes, big endian. */
final class SequenceFrame {

    private static final long ALL_ONES = -1L;

    private SequenceFrame() {}

    static byte[] of(long sequence) {
        return ByteBuffer.allocate(Long.BYTES).putLong(sequence).array();
    }

    /** The sequence number of an end marker. */
    static byte[] end() {
        return of(ALL_ONES);
    }

    /** Reads a number of any length; one above 64 bits counts as the highest. */
    static long read(byte[] frame) {
        BigInteger number = new BigInteger(1, frame);
        return number.bitLength() > Long.SIZE ? ALL_ONES : number.longValue();
    }
}
