package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.output.Generation;
import io.llmd.simulator.output.SequenceEnd;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One core under two clocks: what the wall clock saw, virtual time gives again to the nanosecond. */
class TwoClocksIT {
    private static EngineSettings settings(double timeScale) {
        return EngineSettings.builder()
                .maxNumSeqs(24)
                .maxNumBatchedTokens(1024)
                .blocks(1200)
                .maxModelLen(4096)
                .timeScale(timeScale)
                .noiseCv(0.03)
                .build();
    }

    private static final Generation NOBODY = new Generation() {
        @Override
        public void produced(int tokens, long time) {
            // only the engine's log counts
        }

        @Override
        public void ended(SequenceEnd end) {
            // only the engine's log counts
        }
    };

    /** A burst, and ten minutes of the engine's time in a fiftieth of them. */
    @ParameterizedTest
    @CsvSource({"0.2, 300, 2000", "0.02, 1500, 12000"})
    void virtualTimeRepeatsTheLogOfTheWallClock(double timeScale, int requests, int spreadMillis) {
        EngineSettings settings = settings(timeScale);
        List<EngineEvent> real = Collections.synchronizedList(new ArrayList<>());
        try (EngineDriver driver = new EngineDriver();
                ScheduledExecutorService arrivals = Executors.newSingleThreadScheduledExecutor()) {
            RunningEngine engine = new RunningEngine("two-clocks", settings, driver, List.of(real::add));
            RandomGenerator random =
                    RandomGeneratorFactory.of("L64X128MixRandom").create(7);
            for (int i = 1; i <= requests; i++) {
                EngineRequest request = request(i, random);
                arrivals.schedule(
                        () -> engine.submitLater(request, NOBODY), random.nextInt(spreadMillis), TimeUnit.MILLISECONDS);
            }
            Awaitility.await("all requests have ended")
                    .atMost(60, TimeUnit.SECONDS)
                    .until(() -> engine.snapshot().finished() == requests);
        }
        List<EngineEvent.Finished> ends = ends(real);
        assertThat(ends).hasSize(requests);

        List<EngineEvent> again = new ArrayList<>();
        Engine virtual = new Engine(settings);
        List<EngineEvent.Finished> byArrival = new ArrayList<>(ends);
        byArrival.sort(Comparator.<EngineEvent.Finished>comparingLong(
                        end -> end.times().arrival())
                .thenComparingLong(end -> real.indexOf(end)));
        for (EngineEvent.Finished end : byArrival) {
            virtual.advance(end.times().arrival(), again::add);
            virtual.submit(end.request(), end.times().arrival());
        }
        while (virtual.nextEventTime() != Long.MAX_VALUE) {
            virtual.advance(virtual.nextEventTime(), again::add);
        }
        assertThat(lines(again)).isEqualTo(lines(real));
    }

    private static EngineRequest request(int id, RandomGenerator random) {
        int[] prompt = new int[1 + random.nextInt(1500)];
        int family = random.nextInt(5);
        for (int i = 0; i < prompt.length; i++) {
            prompt[i] = family * 10_000 + i;
        }
        return EngineRequest.text(id, prompt, 1 + random.nextInt(60), index -> id * 1000 + index);
    }

    private static List<EngineEvent.Finished> ends(List<EngineEvent> events) {
        return events.stream()
                .filter(EngineEvent.Finished.class::isInstance)
                .map(EngineEvent.Finished.class::cast)
                .toList();
    }

    private static List<String> lines(List<EngineEvent> events) {
        return events.stream()
                .map(event -> event instanceof EngineEvent.Finished end
                        ? end.request().id() + " " + end.reason() + " " + end.cachedTokens() + " " + end.times()
                        : event.toString())
                .toList();
    }
}
