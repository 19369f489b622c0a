package io.llmd.simulator.metrics;

import io.llmd.simulator.metrics.Exposition.Labels;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/** How often and how long an endpoint falls asleep and wakes up. Thread-safe. */
public final class SleepMeters {
    private static final String DURATION = "vllm:sleep_mode_operation_duration_seconds";
    private static final String IN_FLIGHT = "vllm:sleep_mode_operations_in_flight";
    private static final double[] BOUNDS = {.01, .1, 1, 10, 30, 60, 120, 300, 600};
    private static final double NANOS = 1e9;

    private final InstantSource clock;
    private final Map<String, Operation> operations = new LinkedHashMap<>();

    SleepMeters(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * Begins an operation.
     *
     * @return ends it
     */
    public Runnable begin(String name) {
        long start = System.nanoTime();
        Operation operation = operation(name);
        operation.begin();
        return () -> operation.end((System.nanoTime() - start) / NANOS);
    }

    private synchronized Operation operation(String name) {
        return operations.computeIfAbsent(name, ignored -> new Operation(clock.millis() / 1e3));
    }

    synchronized void write(Exposition out) {
        operations.forEach((name, operation) -> operation.write(out, Labels.of(Map.of("operation", name))));
    }

    private static final class Operation {
        private final double since;
        private final Histogram durations = new Histogram(BOUNDS);
        private int inFlight;

        Operation(double since) {
            this.since = since;
        }

        synchronized void begin() {
            inFlight++;
        }

        synchronized void end(double seconds) {
            inFlight--;
            durations.observe(seconds);
        }

        synchronized void write(Exposition out, Labels labels) {
            out.meter(DURATION, "histogram", "Duration of one sleep-mode operation.")
                    .histogram(DURATION, labels, durations.copy())
                    .created(labels, since);
            out.gauge(IN_FLIGHT, "Sleep-mode operations currently awaited.").value(labels, inFlight);
        }
    }
}
