package io.llmd.kvindex.observe;

import io.llmd.kv.ingest.kafka.LaneDescription;
import io.llmd.kv.ingest.kafka.PublisherListener;
import io.llmd.kv.ingest.kafka.ReplicaListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what goes into the log and what comes out of it. Safe from any thread. */
public final class LogMeters implements PublisherListener, ReplicaListener {

    private static final Logger LOG = LoggerFactory.getLogger(LogMeters.class);

    private final Counter sent;
    private final Counter sentBytes;
    private final Counter acknowledged;
    private final Counter written;
    private final Counter failed;
    private final Counter lostTerms;
    private final Counter needed;
    private final Timer lag;
    private final Map<Event, Counter> events = new EnumMap<>(Event.class);

    public LogMeters(MeterRegistry registry) {
        sent = registry.counter(KvIndexMeters.LOG_RECORDS.getName(), "outcome", "sent");
        acknowledged = registry.counter(KvIndexMeters.LOG_RECORDS.getName(), "outcome", "acknowledged");
        sentBytes = registry.counter(KvIndexMeters.LOG_SENT.getName());
        written = registry.counter(KvIndexMeters.SNAPSHOTS.getName(), "outcome", "written");
        failed = registry.counter(KvIndexMeters.SNAPSHOTS.getName(), "outcome", "failed");
        lostTerms = registry.counter(KvIndexMeters.LOST_TERMS.getName());
        needed = registry.counter(KvIndexMeters.SNAPSHOTS_NEEDED.getName());
        lag = Timer.builder(KvIndexMeters.EVENT_LAG.getName())
                .serviceLevelObjectives(
                        Duration.ofMillis(5),
                        Duration.ofMillis(10),
                        Duration.ofMillis(20),
                        Duration.ofMillis(40),
                        Duration.ofMillis(100),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5))
                .register(registry);
        for (Event event : Event.values()) {
            events.put(
                    event,
                    registry.counter(
                            KvIndexMeters.LOG_EVENTS.getName(),
                            "event",
                            event.name().toLowerCase(Locale.ROOT)));
        }
    }

    @Override
    public void sent(int bytes) {
        sent.increment();
        sentBytes.increment(bytes);
    }

    @Override
    public void acknowledged() {
        acknowledged.increment();
    }

    @Override
    public void broken(LaneDescription lane, int term, String reason) {
        lostTerms.increment();
        LOG.atWarn()
                .addKeyValue("lane", lane.id())
                .addKeyValue("reason", reason)
                .log("a record of a lane was lost");
    }

    @Override
    public void snapshotWritten(LaneDescription lane, long blocks, long bytes) {
        written.increment();
    }

    @Override
    public void snapshotFailed(LaneDescription lane, String reason) {
        failed.increment();
        LOG.atWarn()
                .addKeyValue("lane", lane.id())
                .addKeyValue("reason", reason)
                .log("a snapshot was given up");
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

    @Override
    public void snapshotNeeded(LaneDescription lane) {
        needed.increment();
    }
}
