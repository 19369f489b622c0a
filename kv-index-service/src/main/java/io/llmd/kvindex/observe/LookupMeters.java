package io.llmd.kvindex.observe;

import io.llmd.kvindex.query.LookupListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Counts queries. Safe from any thread. */
public final class LookupMeters implements LookupListener {

    private final Counter lookups;
    private final Counter hits;
    private final Counter maxPodHits;
    private final Timer latency;

    public LookupMeters(MeterRegistry registry) {
        lookups = registry.counter(KvIndexMeters.LOOKUPS.getName());
        hits = registry.counter(KvIndexMeters.LOOKUP_HITS.getName());
        maxPodHits = registry.counter(KvIndexMeters.MAX_POD_HITS.getName());
        latency = Timer.builder(KvIndexMeters.LOOKUP_LATENCY.getName())
                .serviceLevelObjectives(
                        Duration.ofNanos(5_000),
                        Duration.ofNanos(25_000),
                        Duration.ofNanos(100_000),
                        Duration.ofMillis(1),
                        Duration.ofMillis(10),
                        Duration.ofMillis(100))
                .register(registry);
    }

    @Override
    public void answered(long nanos, int blocks, int longest) {
        lookups.increment();
        hits.increment(longest);
        maxPodHits.increment(longest);
        latency.record(nanos, TimeUnit.NANOSECONDS);
    }
}
