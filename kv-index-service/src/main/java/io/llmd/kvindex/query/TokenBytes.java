package io.llmd.kvindex.query;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Tokens of four bytes each, little-endian, in a body that arrives in pieces cut anywhere. They are not kept: blocks get their
 * keys right from the piece that they are in, those cut in two from a copy. For one thread at a time.
 */
final class TokenBytes {

    /** A block that is not whole yet, in memory of the same kind as pieces: hashing then knows one kind of buffer only. */
    private ByteBuffer begun = ByteBuffer.allocateDirect(0);

    private int length;
    private int firstNegative;

    /** Prepares for another body. @param blockBytes bytes of a block */
    void begin(int blockBytes) {
        if (begun.capacity() != blockBytes) {
            begun = ByteBuffer.allocateDirect(blockBytes).order(ByteOrder.LITTLE_ENDIAN);
        }
        begun.clear();
        length = 0;
        firstNegative = -1;
    }

    /** Computes keys of the blocks that are whole now, and keeps the bytes of the one that is not. */
    void add(ByteBuffer piece, PrefixQuery query, PrefixMatcher matcher) {
        piece.order(ByteOrder.LITTLE_ENDIAN);
        if (begun.position() > 0) {
            complete(piece);
            if (!begun.hasRemaining()) {
                addBlocks(begun, 0, 1, query, matcher);
                begun.clear();
            }
        }
        int blocks = piece.remaining() / begun.capacity();
        if (blocks > 0) {
            addBlocks(piece, piece.position(), blocks, query, matcher);
            piece.position(piece.position() + blocks * begun.capacity());
        }
        complete(piece);
    }

    private void complete(ByteBuffer piece) {
        int count = Math.min(begun.remaining(), piece.remaining());
        begun.put(begun.position(), piece, piece.position(), count);
        begun.position(begun.position() + count);
        piece.position(piece.position() + count);
        length += count;
    }

    private void addBlocks(ByteBuffer bytes, int from, int blocks, PrefixQuery query, PrefixMatcher matcher) {
        int firstToken = query.keyCount * begun.capacity() / Integer.BYTES;
        boolean isAnyNegative = matcher.addKeys(query, bytes, from, blocks) < 0;
        if (isAnyNegative && firstNegative < 0) {
            firstNegative = firstToken + firstNegative(bytes, from, blocks * begun.capacity());
        }
        length += bytes == begun ? 0 : blocks * begun.capacity();
    }

    /** Index of the first negative token; -1 without one. */
    private static int firstNegative(ByteBuffer bytes, int from, int count) {
        for (int at = 0; at < count / Integer.BYTES; at++) {
            if (bytes.getInt(from + at * Integer.BYTES) < 0) {
                return at;
            }
        }
        return -1;
    }

    /** Bytes so far. */
    int length() {
        return length;
    }

    /** Index of the first negative token so far, those of a block that is not whole included; -1 without one. */
    int firstNegative() {
        if (firstNegative >= 0) {
            return firstNegative;
        }
        int begunAt = firstNegative(begun, 0, begun.position());
        return begunAt < 0 ? -1 : (length - begun.position()) / Integer.BYTES + begunAt;
    }
}
