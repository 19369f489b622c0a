package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventReaderTest {

    private final List<Long> late = new ArrayList<>();
    private final EventReader reader = new EventReader(late::add);

    @Test
    void wholeStreamIsRightHoweverItIsCut() {
        ByteBuf stream = stream(Payloads.EVENTS);
        for (int from = 0; from < stream.readableBytes(); from += 7) {
            reader.body(stream, from, Math.min(7, stream.readableBytes() - from));
        }

        assertThat(reader.wrong()).isNull();
        assertThat(late).hasSize(Payloads.EVENTS).allMatch(nanos -> nanos >= 1_000_000);
    }

    @Test
    void lostEventIsSeenByTheNumberOfTheNext() {
        ByteBuf stream = Unpooled.buffer();
        event(stream, 0, false);
        event(stream, 2, false);
        reader.body(stream, 0, stream.readableBytes());

        assertThat(reader.wrong()).isEqualTo("event 2 came in place of event 1");
    }

    @Test
    void eachByteIsCompared() {
        ByteBuf stream = stream(Payloads.EVENTS);
        int at = 3 * Payloads.EVENT_BYTES + EventStamp.END + 1;
        stream.setByte(at, stream.getByte(at) ^ 1);
        reader.body(stream, 0, stream.readableBytes());

        assertThat(reader.wrong()).isEqualTo("event 3 was altered at byte " + (EventStamp.END + 1));
    }

    @ParameterizedTest
    @ValueSource(chars = {'g', 'A', ' ', '\u00ff'})
    void stampIsOfDigitsAsTheyAreWritten(char other) {
        ByteBuf stream = stream(Payloads.EVENTS);
        stream.setByte(2 * Payloads.EVENT_BYTES + EventStamp.BEGIN + 7, other);
        reader.body(stream, 0, stream.readableBytes());

        assertThat(reader.wrong()).isEqualTo("event 2 was altered at byte " + (EventStamp.BEGIN + 7));
    }

    @Test
    void eventThatWasDueLaterIsWrong() {
        ByteBuf stream = Unpooled.buffer();
        event(stream, 0, false, System.nanoTime() + 60_000_000_000L);
        reader.body(stream, 0, stream.readableBytes());

        assertThat(reader.wrong()).isEqualTo("event 0 came before it was due");
        assertThat(late).isEmpty();
    }

    @Test
    void streamThatEndsEarlyIsNotWhole() {
        ByteBuf stream = stream(Payloads.EVENTS);
        reader.body(stream, 0, 10 * Payloads.EVENT_BYTES);

        assertThat(reader.wrong()).isEqualTo("10 events of " + Payloads.EVENTS + ", or no [DONE]");
        reader.reset();
        reader.body(stream, 0, stream.readableBytes());
        assertThat(reader.wrong()).isNull();
    }

    @Test
    void whatFollowsTheEndIsWrong() {
        ByteBuf stream = stream(Payloads.EVENTS).writeByte('x');
        reader.body(stream, 0, stream.readableBytes());

        assertThat(reader.wrong()).isEqualTo("bytes after the end of a stream");
    }

    private static ByteBuf stream(int events) {
        ByteBuf stream = Unpooled.buffer();
        for (int i = 0; i < events; i++) {
            event(stream, i, i == events - 1);
        }
        return stream.writeBytes("data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII));
    }

    private static void event(ByteBuf stream, int number, boolean last) {
        event(stream, number, last, System.nanoTime() - 1_000_000);
    }

    private static void event(ByteBuf stream, int number, boolean last, long dueNanos) {
        int begin = stream.writerIndex();
        stream.writeBytes(Payloads.event(last));
        EventStamp.write(stream, begin, number, dueNanos);
    }
}
