package io.llmd.launcher.bench;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Finds the end of HTTP/1.1 responses in a byte stream, counting body bytes and server-sent events on the way. Keeps no
 * body and allocates nothing per response but its head. One per connection, used by one thread.
 */
final class ResponseScanner {

    /** Where the scanner stands after the bytes it was given. */
    enum Progress {
        MORE,
        COMPLETE,
        BROKEN
    }

    private enum State {
        HEAD,
        FIXED_BODY,
        CHUNK_SIZE,
        CHUNK_BODY,
        CHUNK_END,
        TRAILER
    }

    /** Takes the bodies of responses as they come. */
    @FunctionalInterface
    interface BodySink {

        /** @param from index of the first of the bytes, which are not to be kept */
        void body(ByteBuf in, int from, int length);
    }

    private static final int MAX_HEAD = 16 * 1024;
    private static final byte[] EVENT_PREFIX = "data: ".getBytes(StandardCharsets.US_ASCII);

    private final BodySink sink;
    private final byte[] head = new byte[MAX_HEAD];
    private State state = State.HEAD;
    private int headLength;
    private int lineLength;
    private long left;
    private int status;
    private boolean keepAlive = true;
    private long bodyBytes;
    private int events;
    private int newEvents;
    private boolean done;
    private int column;
    private boolean prefixMatches;

    ResponseScanner() {
        this((in, from, length) -> {});
    }

    ResponseScanner(BodySink sink) {
        this.sink = sink;
    }

    int status() {
        return status;
    }

    long bodyBytes() {
        return bodyBytes;
    }

    /** Events of the current response, {@code [DONE]} not counted. */
    int events() {
        return events;
    }

    /** Whether {@code data: [DONE]} was seen. */
    boolean isDone() {
        return done;
    }

    boolean isKeepAlive() {
        return keepAlive;
    }

    /** Events since the last call. */
    int takeNewEvents() {
        int taken = newEvents;
        newEvents = 0;
        return taken;
    }

    /** Gets ready for the next response on the connection. */
    void reset() {
        state = State.HEAD;
        headLength = 0;
        lineLength = 0;
        status = 0;
        keepAlive = true;
        bodyBytes = 0;
        events = 0;
        done = false;
        column = 0;
        prefixMatches = true;
    }

    /** Reads up to the end of the current response; what follows stays in the buffer. */
    Progress feed(ByteBuf in) {
        while (in.isReadable()) {
            Progress progress = switch (state) {
                case HEAD -> readHead(in);
                case FIXED_BODY -> readBody(in, Progress.COMPLETE);
                case CHUNK_SIZE -> readChunkSize(in.readByte());
                case CHUNK_BODY -> readBody(in, Progress.MORE);
                case CHUNK_END -> readChunkEnd(in.readByte());
                case TRAILER -> readTrailer(in.readByte());
            };
            if (progress != Progress.MORE) {
                return progress;
            }
        }
        return Progress.MORE;
    }

    private Progress readHead(ByteBuf in) {
        while (in.isReadable()) {
            if (headLength == MAX_HEAD) {
                return Progress.BROKEN;
            }
            byte b = in.readByte();
            head[headLength++] = b;
            if (b == '\n') {
                if (lineLength == 0) {
                    return parseHead();
                }
                lineLength = 0;
            } else if (b != '\r') {
                lineLength++;
            }
        }
        return Progress.MORE;
    }

    private Progress parseHead() {
        String text = new String(head, 0, headLength, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
        if (!text.startsWith("http/1.1 ") || text.length() < 12) {
            return Progress.BROKEN;
        }
        try {
            status = Integer.parseInt(text, 9, 12, 10);
            keepAlive = !"close".equals(header(text, "connection"));
            if ("chunked".equals(header(text, "transfer-encoding"))) {
                left = 0;
                state = State.CHUNK_SIZE;
                return Progress.MORE;
            }
            left = Long.parseLong(header(text, "content-length"));
        } catch (NumberFormatException neitherChunkedNorCounted) {
            return Progress.BROKEN;
        }
        state = State.FIXED_BODY;
        return left == 0 ? Progress.COMPLETE : Progress.MORE;
    }

    private static String header(String head, String name) {
        int start = head.indexOf("\n" + name + ":");
        if (start < 0) {
            return "";
        }
        int from = start + name.length() + 2;
        return head.substring(from, head.indexOf('\n', from)).trim();
    }

    private Progress readBody(ByteBuf in, Progress atEnd) {
        int length = (int) Math.min(left, in.readableBytes());
        countEvents(in, length);
        sink.body(in, in.readerIndex(), length);
        in.skipBytes(length);
        bodyBytes += length;
        left -= length;
        if (left > 0) {
            return Progress.MORE;
        }
        if (state == State.CHUNK_BODY) {
            state = State.CHUNK_END;
        }
        return atEnd;
    }

    private void countEvents(ByteBuf in, int length) {
        int end = in.readerIndex() + length;
        for (int i = in.readerIndex(); i < end; i++) {
            byte b = in.getByte(i);
            if (b == '\n') {
                column = 0;
                prefixMatches = true;
            } else if (prefixMatches) {
                matchPrefix(b);
            }
        }
    }

    private void matchPrefix(byte b) {
        if (column < EVENT_PREFIX.length) {
            prefixMatches = b == EVENT_PREFIX[column++];
            return;
        }
        if (b == '{') {
            events++;
            newEvents++;
        } else if (b == '[') {
            done = true;
        }
        prefixMatches = false;
    }

    private Progress readChunkSize(byte b) {
        int digit = Character.digit(b, 16);
        if (digit >= 0 && lineLength >= 0) {
            left = left * 16 + digit;
            return left > Integer.MAX_VALUE ? Progress.BROKEN : Progress.MORE;
        }
        if (b == '\n') {
            state = left == 0 ? State.TRAILER : State.CHUNK_BODY;
            lineLength = 0;
            return Progress.MORE;
        }
        // From the first other byte on, the line is an extension or its end.
        lineLength = -1;
        return b == '\r' || b == ';' || b == ' ' || b >= ' ' ? Progress.MORE : Progress.BROKEN;
    }

    private Progress readChunkEnd(byte b) {
        if (b == '\n') {
            state = State.CHUNK_SIZE;
            lineLength = 0;
            return Progress.MORE;
        }
        return b == '\r' ? Progress.MORE : Progress.BROKEN;
    }

    private Progress readTrailer(byte b) {
        if (b == '\n') {
            if (lineLength == 0) {
                return Progress.COMPLETE;
            }
            lineLength = 0;
        } else if (b != '\r') {
            lineLength++;
        }
        return Progress.MORE;
    }
}
