package io.llmd.simulator.cluster;

import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSettingsBuilder;
import io.llmd.simulator.engine.LatencyModel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Endpoints with simple times, requests at given times, and what became of them. */
final class SimulationFixture {
    static final long MILLI = 1_000_000;

    final List<RequestResult> results = new ArrayList<>();

    /** Of each request, the time before each of its tokens but the first. */
    final Map<Long, List<Long>> gaps = new TreeMap<>();

    boolean watchesTokens;
    SimulationSettings settings = SimulationSettings.DEFAULTS;
    List<EngineSettings> engines = Collections.nCopies(1, engine().build());
    Router router = (request, now, endpoints) -> Target.endpoint(0);
    private final List<Timed> requests = new ArrayList<>();

    private record Timed(long time, ClientRequest request) {}

    /** Ten milliseconds for a prompt, one for a step that decodes. */
    static EngineSettingsBuilder engine() {
        return EngineSettings.builder()
                .latency(new LatencyModel.Constant(10 * MILLI, MILLI, 0, 0))
                .blocks(512)
                .maxModelLen(4096);
    }

    static int[] prompt(int length, int first) {
        int[] tokens = new int[length];
        for (int i = 0; i < length; i++) {
            tokens[i] = first * 100_000 + i;
        }
        return tokens;
    }

    SimulationFixture endpoints(int count, EngineSettings settings) {
        engines = Collections.nCopies(count, settings);
        return this;
    }

    SimulationFixture settings(SimulationSettings value) {
        settings = value;
        return this;
    }

    SimulationFixture router(Router value) {
        router = value;
        return this;
    }

    /** A request of the next id whose prompt is like no other. */
    SimulationFixture request(long time, int promptTokens, int outputs) {
        int id = requests.size();
        return request(time, ClientRequest.text(id, prompt(promptTokens, id + 1), outputs));
    }

    SimulationFixture request(long time, ClientRequest request) {
        requests.add(new Timed(time, request));
        return this;
    }

    SimulationTotals run() {
        return new Simulation(settings, engines, router, new Listed(), results::add).run();
    }

    RequestResult result(long id) {
        return results.stream()
                .filter(result -> result.request().id() == id)
                .findFirst()
                .orElseThrow();
    }

    private final class Listed implements Workload {
        private int next;

        @Override
        public long nextTime() {
            return next < requests.size() ? requests.get(next).time() : NEVER;
        }

        @Override
        public ClientRequest next() {
            return requests.get(next++).request();
        }

        @Override
        public boolean wantsTokens() {
            return watchesTokens;
        }

        @Override
        public void token(long requestId, long sinceNanos) {
            gaps.computeIfAbsent(requestId, any -> new ArrayList<>()).add(sinceNanos);
        }
    }
}
