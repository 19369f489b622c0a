package io.llmd.simulator.fault;

import io.llmd.simulator.config.DurationText;
import io.llmd.simulator.config.FailureType;
import io.llmd.simulator.config.FakeMetrics;
import io.llmd.simulator.config.FaultSettings;
import io.llmd.simulator.kvevents.KvEventFaults;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a simulated endpoint does wrong on purpose. A request keeps the faults that were set when it came in.
 *
 * @param injections what goes wrong with requests
 * @param dead {@code /health} answers 503
 * @param slowFactor factor on the duration of engine steps
 * @param withheldShare share of the KV blocks that nobody gets, in [0, 1]
 * @param metrics what goes wrong with {@code /metrics}
 * @param kvEvents what goes wrong with the published events; setting them anew counts their batches from the start
 * @param handoff what goes wrong between endpoints that share the work for a request
 * @param fakeMetrics what {@code /metrics} tells instead of the meters; absent for the meters
 * @param times step times that are not those from the start
 * @param down how long the endpoint is not there, from now on; absent if it is there
 */
public record Faults(
        Map<FaultKind, Injection> injections,
        boolean dead,
        double slowFactor,
        double withheldShare,
        MetricsFault metrics,
        KvEventFaults kvEvents,
        HandoffFaults handoff,
        @Nullable FakeMetrics fakeMetrics,
        TimeChanges times,
        @Nullable Duration down) {
    /** Everything works. */
    public static final Faults NONE = new Faults(
            Map.of(),
            false,
            1,
            0,
            MetricsFault.NONE,
            KvEventFaults.NONE,
            HandoffFaults.NONE,
            null,
            TimeChanges.NONE,
            null);

    public Faults {
        injections = injections.isEmpty() ? Map.of() : Collections.unmodifiableMap(new EnumMap<>(injections));
        if (!(slowFactor > 0) || slowFactor > 1e6) {
            throw new IllegalArgumentException("slow_factor: " + slowFactor + " (expected: > 0 to 1000000)");
        }
        if (!(withheldShare >= 0) || withheldShare > 1) {
            throw new IllegalArgumentException("withheld_share: " + withheldShare + " (expected: 0 to 1)");
        }
        if (down != null && !down.isPositive()) {
            throw new IllegalArgumentException("die: " + DurationText.of(down) + " (expected: > 0)");
        }
    }

    /** The faults that an endpoint starts with. */
    public static Faults of(FaultSettings settings) {
        return NONE.withFailures(settings.failurePercent(), settings.failureTypes());
    }

    /** With errors for a share of the requests. */
    Faults withFailures(int percent, List<FailureType> types) {
        return percent == 0
                ? without(FaultKind.FAILURE)
                : with(new Injection(new RequestFault.Failure(types), Trigger.withProbability(percent / 100.0)));
    }

    /** With a fault of requests, in the place of one of the same kind. */
    public Faults with(Injection injection) {
        return withInjection(injection.fault().kind(), injection);
    }

    /** Without faults of requests of a kind. */
    public Faults without(FaultKind kind) {
        return withInjection(kind, null);
    }

    /** With another health. */
    public Faults withDead(boolean next) {
        return new Faults(
                injections, next, slowFactor, withheldShare, metrics, kvEvents, handoff, fakeMetrics, times, down);
    }

    /** With another factor on the duration of engine steps. */
    public Faults withSlowFactor(double next) {
        return new Faults(injections, dead, next, withheldShare, metrics, kvEvents, handoff, fakeMetrics, times, down);
    }

    /** With another share of the KV blocks that nobody gets. */
    public Faults withWithheldShare(double next) {
        return new Faults(injections, dead, slowFactor, next, metrics, kvEvents, handoff, fakeMetrics, times, down);
    }

    /** With another fault of {@code /metrics}. */
    public Faults withMetrics(MetricsFault next) {
        return new Faults(
                injections, dead, slowFactor, withheldShare, next, kvEvents, handoff, fakeMetrics, times, down);
    }

    /** With other faults of the published events. */
    public Faults withKvEvents(KvEventFaults next) {
        return new Faults(
                injections, dead, slowFactor, withheldShare, metrics, next, handoff, fakeMetrics, times, down);
    }

    /** With other faults between endpoints. */
    public Faults withHandoff(HandoffFaults next) {
        return new Faults(
                injections, dead, slowFactor, withheldShare, metrics, kvEvents, next, fakeMetrics, times, down);
    }

    /** With other made-up metrics; null for the meters. */
    public Faults withFakeMetrics(@Nullable FakeMetrics next) {
        return new Faults(injections, dead, slowFactor, withheldShare, metrics, kvEvents, handoff, next, times, down);
    }

    /** With other step times. */
    public Faults withTimes(TimeChanges next) {
        return new Faults(
                injections, dead, slowFactor, withheldShare, metrics, kvEvents, handoff, fakeMetrics, next, down);
    }

    /** Dies and starts again so much later, with another engine and an empty cache; null to be there. */
    public Faults withDown(@Nullable Duration next) {
        return new Faults(
                injections, dead, slowFactor, withheldShare, metrics, kvEvents, handoff, fakeMetrics, times, next);
    }

    Faults withInjection(FaultKind kind, @Nullable Injection injection) {
        Map<FaultKind, Injection> next = new EnumMap<>(FaultKind.class);
        next.putAll(injections);
        if (injection == null) {
            next.remove(kind);
        } else {
            next.put(kind, injection);
        }
        return new Faults(next, dead, slowFactor, withheldShare, metrics, kvEvents, handoff, fakeMetrics, times, down);
    }
}
