package io.llmd.simulator.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;

/** Text as one chunk of a chunked HTTP body, framing included, in one buffer. */
final class ChunkedText {
    private static final int FRAMING = 12;
    private static final int CRLF = '\r' << 8 | '\n';

    private ChunkedText() {}

    /** The chunk; the caller releases it. */
    static ByteBuf of(ByteBufAllocator allocator, CharSequence text) {
        int length = ByteBufUtil.utf8Bytes(text);
        ByteBuf chunk = allocator.ioBuffer(length + FRAMING);
        for (int shift = Math.max(0, 28 - (Integer.numberOfLeadingZeros(length) & ~3)); shift >= 0; shift -= 4) {
            chunk.writeByte(Character.forDigit(length >>> shift & 0xF, 16));
        }
        chunk.writeShort(CRLF);
        ByteBufUtil.reserveAndWriteUtf8(chunk, text, length);
        return chunk.writeShort(CRLF);
    }
}
