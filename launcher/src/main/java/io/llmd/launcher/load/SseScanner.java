package io.llmd.launcher.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.Arrays;

/**
 * Cuts a stream of server-sent events into the payloads of its {@code data} lines, whatever the sizes of the pieces it
 * arrives in. Other lines are skipped. Not thread-safe.
 */
final class SseScanner {

    /** Longer lines end the stream. */
    static final int MAX_LINE_BYTES = 4 << 20;

    /** Receives payloads; the bytes are only valid during the call. */
    interface Sink {
        void data(byte[] bytes, int from, int to);
    }

    private final Sink sink;
    private byte[] line = new byte[512];
    private int length;

    SseScanner(Sink sink) {
        this.sink = sink;
    }

    /**
     * Takes the readable bytes; the reader index is left alone.
     *
     * @throws IllegalStateException when a line is longer than {@link #MAX_LINE_BYTES}
     */
    void accept(ByteBuf buffer) {
        int from = buffer.readerIndex();
        int end = buffer.writerIndex();
        while (from < end) {
            int newline = ByteBufUtil.indexOf(buffer, from, end, (byte) '\n');
            int to = newline < 0 ? end : newline;
            append(buffer, from, to - from);
            if (newline < 0) {
                return;
            }
            lineEnded();
            from = newline + 1;
        }
    }

    private void append(ByteBuf buffer, int from, int count) {
        if (length + count > MAX_LINE_BYTES) {
            throw new IllegalStateException("event line: over " + MAX_LINE_BYTES + " bytes");
        }
        if (length + count > line.length) {
            line = Arrays.copyOf(line, Math.max(length + count, 2 * line.length));
        }
        buffer.getBytes(from, line, length, count);
        length += count;
    }

    private void lineEnded() {
        int to = length;
        length = 0;
        if (to > 0 && line[to - 1] == '\r') {
            to--;
        }
        if (to < 5 || line[0] != 'd' || line[1] != 'a' || line[2] != 't' || line[3] != 'a' || line[4] != ':') {
            return;
        }
        int from = to > 5 && line[5] == ' ' ? 6 : 5;
        sink.data(line, from, to);
    }
}
