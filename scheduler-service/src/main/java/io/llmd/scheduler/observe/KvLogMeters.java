package io.llmd.scheduler.observe;

import io.llmd.kv.ingest.kafka.LaneDescription;
import io.llmd.kv.ingest.kafka.ReplicaListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Counts what indexes that follow a log of lanes meet there. Safe from any thread. */
public final class KvLogMeters implements ReplicaListener {

    private final Map<Event, Counter> events = new EnumMap<>(Event.class);
    private final Timer lag;

    public KvLogMeters(MeterRegistry registry) {
        for (Event event : Event.values()) {
            events.put(
                    event,
                    Counter.builder(SchedulerMeters.KV_LOG_EVENTS.getName())
                            .tag("event", event.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
        lag = Timer.builder(SchedulerMeters.KV_LOG_LAG.getName()).register(registry);
    }

    @Override
    public void happened(Event event) {
        Counter counter = events.get(event);
        if (counter != null) {
            counter.increment();
        }
    }

    @Override
    public void latency(long millis) {
        lag.record(Math.max(0, millis), TimeUnit.MILLISECONDS);
    }

    /** The replica asks for no snapshot: owners write them regularly. */
    @Override
    public void snapshotNeeded(LaneDescription lane) {}
}
