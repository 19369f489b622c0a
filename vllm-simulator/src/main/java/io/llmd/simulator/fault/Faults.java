package io.llmd.simulator.fault;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a simulated endpoint does wrong on purpose. A request keeps the faults that were set when it came in.
 *
 * @param injections what goes wrong with requests
 * @param dead {@code /health} answers 503
 * @param slowFactor factor on the duration of engine steps
 */
public record Faults(Map<FaultKind, Injection> injections, boolean dead, double slowFactor) {
    /** Everything works. */
    public static final Faults NONE = new Faults(Map.of(), false, 1);

    public Faults {
        injections = injections.isEmpty() ? Map.of() : Collections.unmodifiableMap(new EnumMap<>(injections));
        if (!(slowFactor > 0) || slowFactor > 1e6) {
            throw new IllegalArgumentException("slow_factor: " + slowFactor + " (expected: > 0 to 1000000)");
        }
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
        return new Faults(injections, next, slowFactor);
    }

    /** With another factor on the duration of engine steps. */
    public Faults withSlowFactor(double next) {
        return new Faults(injections, dead, next);
    }

    Faults withInjection(FaultKind kind, @Nullable Injection injection) {
        Map<FaultKind, Injection> next = new EnumMap<>(FaultKind.class);
        next.putAll(injections);
        if (injection == null) {
            next.remove(kind);
        } else {
            next.put(kind, injection);
        }
        return new Faults(next, dead, slowFactor);
    }
}
