package io.llmd.kv.zmtp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the bytes of one connection into greeting, commands and messages, where they lie: a message is handed over in the
 * buffer in which its bytes arrived. The buffer grows with the bytes that did arrive, not with what a head claims, and
 * becomes small again when a large message is through. For one thread.
 */
public final class ZmtpParser {

    /** Takes what was parsed. */
    public interface Output {

        /** The peer's greeting is one of ZMTP 3. */
        void greeted();

        void command(byte[] bytes, int from, int to);

        void message(ZmtpMessage message);
    }

    static final int INITIAL_BYTES = 8 << 10;

    /** A larger buffer is given back when it is empty. */
    private static final int MAX_IDLE_BYTES = 256 << 10;

    private static final int MAX_COMMAND_BYTES = 64 << 10;
    private static final int SHORT_HEAD = 2;
    private static final int LONG_HEAD = 1 + Long.BYTES;

    private static final VarHandle NUMBER = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final byte[] NO_BYTES = {};

    private final int maxMessageBytes;
    private final BufferBudget budget;
    private final Output output;
    private final ZmtpMessage message = new ZmtpMessage();

    private byte[] buffer = NO_BYTES;
    /** Where the current message begins, with the head of its first frame. */
    private int start;
    /** Where the next frame begins. */
    private int next;
    /** Behind the last byte that arrived. */
    private int end;

    private boolean isGreeted;
    private boolean isStopped;

    public ZmtpParser(int maxMessageBytes, BufferBudget budget, Output output) {
        this.maxMessageBytes = maxMessageBytes;
        this.budget = budget;
        this.output = output;
    }

    /**
     * Takes all bytes of a buffer and hands over what is complete.
     *
     * @return why the connection cannot go on; null when it can
     */
    public @Nullable LinkEnd put(ByteBuffer source) {
        if (!makeRoom(source.remaining())) {
            return LinkEnd.TOO_LARGE;
        }
        int count = source.remaining();
        source.get(buffer, end, count);
        end += count;
        LinkEnd failure = isGreeted ? null : greeting();
        while (failure == null && isGreeted && !isStopped) {
            int before = next;
            failure = frame();
            if (next == before) {
                break;
            }
        }
        if (failure == null && !isStopped) {
            forget();
        }
        return failure;
    }

    /** Ends parsing, from within a call of the output too, and gives the buffer back. */
    public void stop() {
        isStopped = true;
        release();
    }

    private @Nullable LinkEnd greeting() {
        if (!ZmtpWire.canBeGreeting(buffer, 0, end)) {
            return LinkEnd.NOT_A_PEER;
        }
        if (end >= ZmtpWire.GREETING_BYTES) {
            isGreeted = true;
            start = ZmtpWire.GREETING_BYTES;
            next = start;
            output.greeted();
        }
        return null;
    }

    /** Goes on by one frame, or not at all when it has not arrived in full. */
    private @Nullable LinkEnd frame() {
        if (end - next < SHORT_HEAD) {
            return null;
        }
        int flags = buffer[next];
        boolean isCommand = (flags & ZmtpWire.COMMAND) != 0;
        if ((flags & ~ZmtpWire.FLAGS) != 0 || isCommand && (flags & ZmtpWire.MORE) != 0) {
            return LinkEnd.MALFORMED;
        }
        boolean isLong = (flags & ZmtpWire.LONG) != 0;
        if (isLong && end - next < LONG_HEAD) {
            return null;
        }
        long size = isLong ? (long) NUMBER.get(buffer, next + 1) : buffer[next + 1] & 0xFF;
        int body = next + (isLong ? LONG_HEAD : SHORT_HEAD);
        if (size < 0 || size > (isCommand ? MAX_COMMAND_BYTES : maxMessageBytes - (body - start))) {
            return LinkEnd.TOO_LARGE;
        }
        if (size > end - body) {
            return null;
        }
        next = body + (int) size;
        if (isCommand) {
            output.command(buffer, body, next);
        } else {
            message.add(body - start, next - start);
            if ((flags & ZmtpWire.MORE) == 0) {
                handOver();
            }
        }
        return null;
    }

    private void handOver() {
        message.at(buffer, start);
        start = next;
        output.message(message);
        message.clear();
    }

    /** Makes the places of all that was handed over free. */
    private void forget() {
        if (message.frames() == 0) {
            start = next;
        }
        if (start == end) {
            start = 0;
            next = 0;
            end = 0;
            if (buffer.length > MAX_IDLE_BYTES) {
                release();
            }
        }
    }

    private boolean makeRoom(int count) {
        if (buffer.length - end >= count) {
            return true;
        }
        int kept = end - start;
        int needed = kept + count;
        byte[] target = buffer;
        if (needed > buffer.length) {
            int size = Math.max(INITIAL_BYTES, Integer.highestOneBit(needed - 1) << 1);
            if (!budget.take(size - buffer.length)) {
                return false;
            }
            target = new byte[size];
        }
        System.arraycopy(buffer, start, target, 0, kept);
        buffer = target;
        next -= start;
        end = kept;
        start = 0;
        return true;
    }

    private void release() {
        budget.give(buffer.length);
        buffer = NO_BYTES;
    }
}
