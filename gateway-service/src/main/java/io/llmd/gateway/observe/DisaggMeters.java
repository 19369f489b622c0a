package io.llmd.gateway.observe;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/** Counts what becomes of disaggregated requests. Thread-safe; meters are looked up once per combination of tags. */
public final class DisaggMeters {

    private record LegKey(String phase, String result) {}

    private static final Duration[] BUCKETS = {
        Duration.ofMillis(5),
        Duration.ofMillis(20),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2_500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofSeconds(120)
    };

    private final MeterRegistry registry;
    private final ConcurrentHashMap<LegKey, Timer> legs = new ConcurrentHashMap<>();
    private final Counter split;

    public DisaggMeters(MeterRegistry registry) {
        this.registry = registry;
        split = registry.counter(GatewayMeters.DISAGG_SPLITS.getName());
        for (String event : new String[] {"issued", "reused", "failed", "orphaned", "embeddings-missing"}) {
            registry.counter(GatewayMeters.DISAGG_HANDOFFS.getName(), "event", event);
        }
    }

    /** Registers gauges of the handoffs under way. */
    public void watch(IntSupplier handoffs, LongSupplier tokens) {
        Gauge.builder(GatewayMeters.DISAGG_HELD_HANDOFFS.getName(), handoffs, IntSupplier::getAsInt)
                .strongReference(true)
                .register(registry);
        Gauge.builder(GatewayMeters.DISAGG_HELD_TOKENS.getName(), tokens, LongSupplier::getAsLong)
                .baseUnit("tokens")
                .strongReference(true)
                .register(registry);
    }

    /** A decode leg with another endpoint's blocks begins. */
    public void split() {
        split.increment();
    }

    /** An attempt is decode-only although the decision named a prefill endpoint. */
    public void fellBack(String reason) {
        registry.counter(GatewayMeters.DISAGG_FALLBACKS.getName(), "reason", reason)
                .increment();
    }

    /**
     * A decode endpoint was asked whether it has a prompt cached.
     *
     * @param result {@code hit} when it answered, {@code miss} when it had nothing
     */
    public void conditional(String result) {
        registry.counter(GatewayMeters.DISAGG_CONDITIONAL.getName(), "result", result)
                .increment();
    }

    /** Something happened to a handoff. */
    public void handoff(String event) {
        registry.counter(GatewayMeters.DISAGG_HANDOFFS.getName(), "event", event)
                .increment();
    }

    /** A leg is over. */
    public void leg(String phase, String result, long nanos) {
        legs.computeIfAbsent(new LegKey(phase, result), this::timer).record(nanos, TimeUnit.NANOSECONDS);
    }

    private Timer timer(LegKey key) {
        return Timer.builder(GatewayMeters.DISAGG_LEG_DURATION.getName())
                .tags("phase", key.phase(), "result", key.result())
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }
}
