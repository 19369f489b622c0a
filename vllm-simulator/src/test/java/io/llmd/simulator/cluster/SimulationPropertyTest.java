package io.llmd.simulator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.workload.ClosedLoopWorkload;
import io.llmd.simulator.workload.RequestSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

class SimulationPropertyTest {
    private static final long SECOND = 1_000_000_000;

    /** Clients, requests, endpoints, think time in microseconds, seed. */
    private record Case(int clients, int requests, int endpoints, int thinkMicros, long seed) {}

    @Provide
    Arbitrary<Case> cases() {
        return Combinators.combine(
                        Arbitraries.integers().between(1, 12),
                        Arbitraries.integers().between(1, 60),
                        Arbitraries.integers().between(1, 5),
                        Arbitraries.of(0, 0, 700, 30_000),
                        Arbitraries.longs())
                .as(Case::new);
    }

    @Property(tries = 150, seed = "20270")
    void clientsThatWaitForAnswersGetTheTimesOfEnginesMovedTogether(@ForAll("cases") Case script) {
        assertThat(simulated(script)).isEqualTo(new Lockstep(script).run());
    }

    @Property(tries = 50, seed = "20271")
    void heapOfEnginesNamesTheEarliestTwo(@ForAll long seed) {
        EngineTimes times = new EngineTimes(7);
        long[] expected = new long[7];
        Arrays.fill(expected, Long.MAX_VALUE);
        for (int i = 0; i < 200; i++) {
            int engine = (int) Math.floorMod(CounterRandom.bits(seed, i, 1), 7L);
            long time = Math.floorMod(CounterRandom.bits(seed, i, 2), 50L);
            times.update(engine, time);
            expected[engine] = time;
            long[] sorted = expected.clone();
            Arrays.sort(sorted);
            assertThat(times.firstTime()).isEqualTo(sorted[0]);
            assertThat(times.secondTime()).isEqualTo(sorted[1]);
            assertThat(expected[times.first()]).isEqualTo(sorted[0]);
        }
    }

    @Property(tries = 50, seed = "20272")
    void actionsRunByTimeAndThenInTheOrderOfTheirComing(@ForAll long seed) {
        EventQueue queue = new EventQueue();
        List<Tuple.Tuple2<Long, Integer>> expected = new ArrayList<>();
        List<Tuple.Tuple2<Long, Integer>> ran = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            int number = i;
            long time = Math.floorMod(CounterRandom.bits(seed, i, 1), 40L);
            queue.add(time, () -> ran.add(Tuple.of(time, number)));
            expected.add(Tuple.of(time, number));
        }
        expected.sort(Comparator.comparingLong(Tuple.Tuple2::get1));
        while (!queue.isEmpty()) {
            queue.take().run();
        }
        assertThat(ran).isEqualTo(expected);
    }

    private static List<String> simulated(Case script) {
        List<String> lines = new ArrayList<>();
        new Simulation(
                        SimulationSettings.DEFAULTS,
                        Collections.nCopies(script.endpoints(), settings()),
                        (request, now, endpoints) -> Target.endpoint(endpoint(script, request.id())),
                        workload(script),
                        result -> lines.add(line(
                                result.request().id(),
                                result.arrival(),
                                result.firstToken(),
                                result.ended(),
                                result.cachedTokens())))
                .run();
        return lines;
    }

    private static String line(long id, long arrival, long firstToken, long ended, int cached) {
        return id + " " + arrival + " " + firstToken + " " + ended + " " + cached;
    }

    private static ClosedLoopWorkload workload(Case script) {
        return new ClosedLoopWorkload(
                script.clients(), script.requests(), script.thinkMicros() * 1000L, source(script.seed()));
    }

    private static RequestSource source(long seed) {
        return (id, client) -> {
            int family = (int) Math.floorMod(CounterRandom.bits(seed, id, 1), 4L);
            int length = 1 + (int) Math.floorMod(CounterRandom.bits(seed, id, 2), 150L);
            int outputs = 1 + (int) Math.floorMod(CounterRandom.bits(seed, id, 3), 80L);
            return ClientRequest.text(id, SimulationFixture.prompt(length, family + 1), outputs);
        };
    }

    private static int endpoint(Case script, long id) {
        return (int) Math.floorMod(CounterRandom.bits(script.seed(), id, 4), (long) script.endpoints());
    }

    private static EngineSettings settings() {
        return EngineSettings.builder()
                .maxNumSeqs(4)
                .maxNumBatchedTokens(64)
                .blocks(24)
                .maxModelLen(300)
                .latency(new LatencyModel.Compact("varied", 1, 20, 1, 5, 100, 900, 0.3))
                .build();
    }

    /** The obvious way: all engines are moved to each time at which anything happens anywhere, and tell everything. */
    private static final class Lockstep {
        private final Case script;
        private final ClosedLoopWorkload workload;
        private final List<Engine> engines = new ArrayList<>();
        private final Map<Long, Long> arrivals = new HashMap<>();
        private final List<String> lines = new ArrayList<>();
        private final List<EngineEvent.Finished> finished = new ArrayList<>();

        Lockstep(Case script) {
            this.script = script;
            workload = workload(script);
            for (int i = 0; i < script.endpoints(); i++) {
                engines.add(new Engine(settings()));
            }
        }

        List<String> run() {
            for (long now = next(); now < Long.MAX_VALUE; now = next()) {
                assertThat(now).isLessThan(3600 * SECOND);
                moveTo(now);
            }
            return lines;
        }

        private long next() {
            return Math.min(
                    workload.nextTime(),
                    engines.stream().mapToLong(Engine::nextEventTime).min().orElseThrow());
        }

        private void moveTo(long now) {
            for (Engine engine : engines) {
                finished.clear();
                engine.advance(now, event -> {
                    if (event instanceof EngineEvent.Finished end) {
                        finished.add(end);
                    }
                });
                finished.forEach(end -> end(end, now));
            }
            if (workload.nextTime() == now) {
                ClientRequest request = workload.next();
                arrivals.put(request.id(), now);
                EngineRequest engineRequest =
                        EngineRequest.text(request.id(), request.prompt(), request.outputLength(), request.output());
                engines.get(endpoint(script, request.id())).submit(engineRequest, now);
            }
        }

        private void end(EngineEvent.Finished end, long now) {
            ClientRequest request =
                    ClientRequest.text(end.request().id(), end.request().prompt(), end.outputTokens());
            long arrival = arrivals.get(request.id());
            lines.add(line(request.id(), arrival, end.times().firstToken(), now, end.cachedTokens()));
            workload.ended(new RequestResult(
                    request, Outcome.FINISHED, null, 0, -1, arrival, 0, 0, 0, 0, now, 0, 0, end.outputTokens()));
        }
    }
}
