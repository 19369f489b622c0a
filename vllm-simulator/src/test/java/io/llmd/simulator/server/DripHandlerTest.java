package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.fault.RequestFault;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DripHandlerTest {
    private final DripHandler drip = new DripHandler(new RequestFault.Drip(3, Duration.ofMillis(10)));
    private final EmbeddedChannel channel = new EmbeddedChannel(drip);

    DripHandlerTest() {
        channel.freezeTime();
    }

    @AfterEach
    void nothingLeaks() {
        assertThat(channel.finishAndReleaseAll()).isIn(true, false);
    }

    @Test
    void bytesLeaveInPortionsAcrossBuffers() {
        write("ab");
        ChannelFuture last = write("cdefg");
        channel.flush();
        assertThat(left()).isEqualTo("abc");
        tick();
        assertThat(left()).isEqualTo("def");
        assertThat(last.isDone()).isFalse();
        tick();
        assertThat(left()).isEqualTo("g");
        assertThat(last.isSuccess()).isTrue();
    }

    @Test
    void laterBytesWaitForTheirTime() {
        write("abc");
        channel.flush();
        assertThat(left()).isEqualTo("abc");
        write("d");
        channel.flush();
        assertThat(left()).isEmpty();
        tick();
        assertThat(left()).isEqualTo("d");
    }

    @Test
    void emptyMessageWaitsForItsTurn() {
        write("abcd");
        ChannelFuture mark = channel.writeOneOutbound(Unpooled.EMPTY_BUFFER);
        channel.flush();
        assertThat(mark.isDone()).isFalse();
        tick();
        assertThat(mark.isSuccess()).isTrue();
    }

    @Test
    void fullQueueMakesTheChannelUnwritable() {
        write("x".repeat(16 << 10));
        assertThat(channel.isWritable()).isFalse();
        channel.flush();
        assertThat(channel.isWritable()).isTrue();
    }

    @Test
    void removedHandlerLetsTheRestGo() {
        write("abcdefgh");
        channel.flush();
        channel.pipeline().remove(drip);
        assertThat(left()).isEqualTo("abcdefgh");
    }

    @Test
    void closedChannelFailsWhatIsLeft() {
        ChannelFuture rest = write("abcdefgh");
        channel.flush();
        channel.close();
        channel.runPendingTasks();
        assertThat(rest.isDone()).isTrue();
        assertThat(rest.isSuccess()).isFalse();
    }

    private ChannelFuture write(String text) {
        return channel.writeOneOutbound(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    }

    private void tick() {
        channel.advanceTimeBy(10, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
    }

    private String left() {
        StringBuilder text = new StringBuilder();
        for (ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
            text.append(new String(ByteBufUtil.getBytes(next), StandardCharsets.UTF_8));
            next.release();
        }
        return text.toString();
    }
}
