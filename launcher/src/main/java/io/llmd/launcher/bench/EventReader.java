package io.llmd.launcher.bench;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the stamped events of one stream after the other, compares each byte with what the endpoint sent, and tells how long
 * after its time an event came. Allocates nothing per event. One per connection, used by one thread.
 */
final class EventReader implements ResponseScanner.BodySink {

    private static final byte[] EVENT = Payloads.event(false);
    private static final byte[] LAST = Payloads.event(true);
    private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

    private final LongConsumer late;
    private int event;
    private int at;
    private long number;
    private long dueNanos;
    private @Nullable String altered;

    /** @param late takes nanoseconds from when an event was due until it was here */
    EventReader(LongConsumer late) {
        this.late = late;
    }

    /** Gets ready for the next stream. */
    void reset() {
        event = 0;
        altered = null;
        begin();
    }

    private void begin() {
        at = 0;
        number = 0;
        dueNanos = 0;
    }

    /** What was not as it was sent, in one line; null if all events of a whole stream came, and its end. */
    @Nullable
    String wrong() {
        if (altered != null) {
            return altered;
        }
        return event == Payloads.EVENTS + 1 ? null : event + " events of " + Payloads.EVENTS + ", or no [DONE]";
    }

    @Override
    public void body(ByteBuf in, int from, int length) {
        long now = System.nanoTime();
        for (int i = from; i < from + length && altered == null; i++) {
            read(in.getByte(i), now);
        }
    }

    private void read(byte b, long now) {
        if (event > Payloads.EVENTS) {
            altered = "bytes after the end of a stream";
            return;
        }
        byte[] expected = event == Payloads.EVENTS ? DONE : event == Payloads.EVENTS - 1 ? LAST : EVENT;
        if (event < Payloads.EVENTS && at >= EventStamp.BEGIN && at < EventStamp.END) {
            stamp(digit(b));
        } else if (b != expected[at]) {
            altered = "event " + event + " was altered at byte " + at;
        }
        at++;
        if (at == expected.length) {
            end(now);
        }
    }

    /** As {@link EventStamp} writes them, so lower case only; -1 if it is none. */
    private static int digit(byte b) {
        if (b >= '0' && b <= '9') {
            return b - '0';
        }
        return b >= 'a' && b <= 'f' ? b - 'a' + 10 : -1;
    }

    private void stamp(int digit) {
        if (digit < 0) {
            altered = "event " + event + " was altered at byte " + at;
        } else if (at < EventStamp.BEGIN + EventStamp.NUMBER_DIGITS) {
            number = number << 4 | digit;
        } else {
            dueNanos = dueNanos << 4 | digit;
        }
    }

    private void end(long now) {
        if (event < Payloads.EVENTS) {
            if (number != event) {
                altered = "event " + number + " came in place of event " + event;
                return;
            }
            if (now - dueNanos < 0) {
                altered = "event " + event + " came before it was due";
                return;
            }
            late.accept(now - dueNanos);
        }
        event++;
        begin();
    }
}
