package io.llmd.simulator.metrics;

import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.metrics.Exposition.Labels;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The series of {@code lora_requests_info}: one for each state of the adapters that was seen, with the time when it was
 * seen last. Those seen longest ago give way. Not thread-safe.
 */
final class AdapterSeries {
    private static final int MOST = 1000;

    private final String maxAdapters;
    private final Map<State, Double> seen = new LinkedHashMap<>(16, 0.75f, true);

    AdapterSeries(int maxAdapters) {
        this.maxAdapters = Integer.toString(maxAdapters);
    }

    void observe(EngineSnapshot engine, Instant now) {
        seen.put(
                new State(String.join(",", engine.runningAdapters()), String.join(",", engine.waitingAdapters())),
                now.getEpochSecond() + now.getNano() / 1e9);
        if (seen.size() > MOST) {
            seen.remove(seen.keySet().iterator().next());
        }
    }

    void write(Exposition out) {
        open(out);
        seen.forEach((state, time) -> out.value(labels(maxAdapters, state.running(), state.waiting()), time));
    }

    static void open(Exposition out) {
        out.gauge("vllm:lora_requests_info", "Running stats on lora requests.");
    }

    static Labels labels(String maxAdapters, String running, String waiting) {
        return Labels.of(
                Map.of("max_lora", maxAdapters, "running_lora_adapters", running, "waiting_lora_adapters", waiting));
    }

    private record State(String running, String waiting) {}
}
