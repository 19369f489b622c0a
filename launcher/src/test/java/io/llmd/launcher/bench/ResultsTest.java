package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResultsTest {

    private final Results results = new Results();

    @Test
    void ratiosAreTakenInsideARoundAndThenSummarised() {
        // The machine is twice as slow in round 1 and four times in round 2: the ratio of medians would be 3.
        cpu(0, "llmd", 30);
        cpu(0, "nginx", 20);
        cpu(1, "llmd", 60);
        cpu(1, "nginx", 20);
        cpu(2, "llmd", 80);
        cpu(2, "nginx", 40);
        assertThat(results.ratio("llmd", "nginx", Workload.SHORT, Sample::cpuMicros))
                .contains(new Figure(2.0, 1.5, 3.0));
    }

    @Test
    void roundsWithoutTheBaselineDoNotCount() {
        cpu(0, "llmd", 30);
        cpu(1, "llmd", 40);
        cpu(1, "nginx", 20);
        assertThat(results.ratio("llmd", "nginx", Workload.SHORT, Sample::cpuMicros))
                .contains(new Figure(2.0, 2.0, 2.0));
        assertThat(results.ratio("llmd", "relay", Workload.SHORT, Sample::cpuMicros))
                .isEmpty();
    }

    @Test
    void addedLatencyIsTheDifferenceInsideARound() {
        results.add(single(0, "llmd", 180_000));
        results.add(single(0, GatewayBench.DIRECT, 80_000));
        assertThat(results.added("llmd", GatewayBench.DIRECT, Workload.SINGLE, s -> s.p50Nanos() / 1e3))
                .contains(new Figure(100.0, 100.0, 100.0));
    }

    @Test
    void goalsAreMetUpToTheirTargetAndMissedBeyond() {
        cpu(0, "llmd", 40);
        cpu(0, "nginx", 20);
        cpu(0, "relay", 39);
        List<GoalLine> lines = Goals.of(results, List.of("nginx", "relay", "llmd"));
        assertThat(lines)
                .filteredOn(line -> line.target() != null)
                .extracting(GoalLine::goal, GoalLine::name, GoalLine::baseline, GoalLine::value, GoalLine::pass)
                .containsExactly(
                        tuple("P6", "llmd.short-cpu", "nginx", 2.0, true),
                        tuple("P6", "llmd.short-cpu", "relay", 1.026, false));
    }

    @Test
    void withoutTheGatewayNothingIsJudged() {
        cpu(0, "nginx", 20);
        cpu(0, "relay", 39);
        assertThat(Goals.of(results, List.of("nginx", "relay")))
                .extracting(GoalLine::target)
                .containsOnlyNulls();
    }

    @Test
    void cpuTimeAndRateAreDividedByTheWorkDone() {
        Sample sample = sample(0, "nginx", Workload.SHORT, 1_000_000_000L, 50_000, Duration.ofSeconds(2), 0.1);
        assertThat(sample.cpuMicros()).isCloseTo(20.0, within(1e-9));
        assertThat(sample.rate()).isCloseTo(25_000.0, within(1e-6));
    }

    @Test
    void ofTwoTriesTheQuieterOneIsKept() {
        Sample loud = sample(0, "nginx", Workload.SHORT, 1, 1, Duration.ofSeconds(1), 0.5);
        Sample lessLoud = sample(0, "nginx", Workload.SHORT, 1, 1, Duration.ofSeconds(1), 0.21);
        assertThat(Sample.quieter(loud, lessLoud)).isSameAs(lessLoud);
        assertThat(lessLoud.isQuiet()).isFalse();
        assertThat(sample(0, "nginx", Workload.SHORT, 1, 1, Duration.ofSeconds(1), 0.2)
                        .isQuiet())
                .isTrue();
    }

    private void cpu(int round, String contender, long micros) {
        results.add(sample(round, contender, Workload.SHORT, micros * 1_000_000, 1_000, Duration.ofSeconds(1), 0));
    }

    private static Sample single(int round, String contender, long p50Nanos) {
        return new Sample(
                round, contender, Workload.SINGLE, 1, 1, Duration.ofSeconds(1), p50Nanos, p50Nanos, 0, Duration.ZERO);
    }

    private static Sample sample(
            int round, String contender, Workload workload, long cpuNanos, long work, Duration window, double foreign) {
        return new Sample(round, contender, workload, work, cpuNanos, window, 0, 0, foreign, Duration.ZERO);
    }
}
