package io.llmd.scheduler.observe;

import io.llmd.scheduler.replica.ReplicaListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Meters of the exchange of load between schedulers. */
public final class ReplicaMeters implements ReplicaListener {

    private final AtomicInteger others = new AtomicInteger();
    private final Map<Event, Counter> counters = new EnumMap<>(Event.class);

    /** Registers the meters. */
    public ReplicaMeters(MeterRegistry registry) {
        Gauge.builder(SchedulerMeters.REPLICAS.getName(), others, AtomicInteger::get)
                .register(registry);
        for (Event event : Event.values()) {
            counters.put(
                    event,
                    registry.counter(
                            SchedulerMeters.REPLICA_SHARES.getName(),
                            "outcome",
                            event.name().toLowerCase(Locale.ROOT)));
        }
    }

    @Override
    public void happened(Event event, int count) {
        Counter counter = counters.get(event);
        if (counter != null) {
            counter.increment(count);
        }
    }

    @Override
    public void others(int count) {
        others.set(count);
    }
}
