package io.llmd.scheduler.api.http;

import io.llmd.contracts.schedule.Eviction;
import io.llmd.scheduler.api.Evictions;
import io.llmd.scheduler.api.ScheduleDoor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.FluxSink.OverflowStrategy;

/**
 * Requests that have to end as server-sent events. To a reader that does not keep up nothing more is sent, and what it
 * misses is lost: flow control asks for others when a request does not end.
 */
final class EvictionStream {

    private static final Duration HEARTBEAT = Duration.ofSeconds(5);
    private static final String COMMENT = ": here\n\n";

    private final ScheduleDoor door;
    private final Wire wire;

    EvictionStream(ScheduleDoor door, Wire wire) {
        this.door = door;
        this.wire = wire;
    }

    Flux<DataBuffer> events() {
        Flux<String> evictions = Flux.create(this::follow, OverflowStrategy.DROP);
        Flux<String> heartbeats =
                Flux.interval(Duration.ZERO, HEARTBEAT).map(number -> COMMENT).onBackpressureDrop();
        return Flux.merge(evictions.materialize(), heartbeats.materialize())
                .<String>dematerialize()
                .map(EvictionStream::buffer);
    }

    private void follow(FluxSink<String> sink) {
        Runnable stop = door.evictions(new Evictions.Follower() {
            @Override
            public void evicted(Eviction eviction) {
                sink.next("data: " + new String(wire.write(eviction), StandardCharsets.UTF_8) + "\n\n");
            }

            @Override
            public void ended() {
                sink.complete();
            }
        });
        sink.onDispose(stop::run);
    }

    private static DataBuffer buffer(String event) {
        return DefaultDataBufferFactory.sharedInstance.wrap(event.getBytes(StandardCharsets.UTF_8));
    }
}
