package io.llmd.gateway.dispatch;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The scheduler's stream of evictions, kept open: whenever it ends, breaks or falls silent it is asked for again after a
 * while. All on one event loop.
 */
final class EvictionFeed {

    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(20);
    private static final int MAX_LINE_BYTES = 4 << 10;
    private static final String DATA = "data:";
    private static final HttpHeaders ACCEPT = new DefaultHttpHeaders().add("accept", "text/event-stream");

    private final UpstreamClient client;
    private final Transport transport;
    private final TargetEndpoint scheduler;
    private final String path;
    private final Duration pause;
    private final Consumer<String> data;
    private @Nullable Reading reading;
    private boolean stopped;

    /**
     * @param pause time until a stream that is over is asked for again
     * @param data told the data of each event
     */
    EvictionFeed(
            UpstreamClient client,
            Transport transport,
            TargetEndpoint scheduler,
            String path,
            Duration pause,
            Consumer<String> data) {
        this.client = client;
        this.transport = transport;
        this.scheduler = scheduler;
        this.path = path;
        this.pause = pause;
        this.data = data;
    }

    /** Begins to read. Safe from any thread. */
    void start() {
        transport.loop().execute(this::open);
    }

    /** Reads no more. Safe from any thread. */
    void stop() {
        transport.loop().execute(() -> {
            stopped = true;
            Reading current = reading;
            if (current != null) {
                current.close();
            }
        });
    }

    private void open() {
        if (!stopped) {
            Reading next = new Reading();
            reading = next;
            next.begin();
        }
    }

    /** One answer of the scheduler. */
    private final class Reading implements UpstreamListener {
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();
        private @Nullable UpstreamCall call;
        private @Nullable ScheduledFuture<?> silence;
        private boolean over;

        void begin() {
            watch();
            call = client.send(transport, scheduler, UpstreamRequest.get(path, ACCEPT), this);
        }

        private void watch() {
            ScheduledFuture<?> before = silence;
            if (before != null) {
                before.cancel(false);
            }
            silence = transport.loop().schedule(this::close, LONGEST_SILENCE.toNanos(), TimeUnit.NANOSECONDS);
        }

        void close() {
            UpstreamCall running = call;
            if (!over && running != null) {
                running.cancel();
            }
            over();
        }

        private void over() {
            if (over) {
                return;
            }
            over = true;
            ScheduledFuture<?> watching = silence;
            if (watching != null) {
                watching.cancel(false);
            }
            if (!stopped) {
                transport.loop().schedule(EvictionFeed.this::open, pause.toNanos(), TimeUnit.NANOSECONDS);
            }
        }

        @Override
        public void onHead(int status, HttpHeaders headers) {
            if (status != 200) {
                close();
            }
        }

        @Override
        public void onBody(ByteBuf bytes) {
            try {
                watch();
                while (bytes.isReadable() && !over) {
                    take(bytes.readByte());
                }
            } finally {
                bytes.release();
            }
        }

        private void take(byte b) {
            if (b != '\n' && b != '\r') {
                if (line.size() < MAX_LINE_BYTES) {
                    line.write(b);
                }
                return;
            }
            String text = line.toString(StandardCharsets.UTF_8);
            line.reset();
            if (text.startsWith(DATA)) {
                data.accept(text.substring(DATA.length()).strip());
            }
        }

        @Override
        public void onPause() {}

        @Override
        public void onEnd() {
            over();
        }

        @Override
        public void onFailure(AttemptFailure failure) {
            over();
        }
    }
}
