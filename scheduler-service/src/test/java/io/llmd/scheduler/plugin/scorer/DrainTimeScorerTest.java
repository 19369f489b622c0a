package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.score;
import static io.llmd.scheduler.scheduling.EndpointFixture.stale;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DrainTimeScorerTest {

    private static final Endpoint X = endpoint("x", 0, 24, 0.6);
    private static final Endpoint Y = endpoint("y", 0, 10, 0.2);
    private static final Endpoint Z = endpoint("z", 0, 5, 0.92);

    private final AtomicLong clock = new AtomicLong(1);
    private final OutputRates rates = new OutputRates(clock::get);
    private final DrainTimeScorer scorer = new DrainTimeScorer(new DrainTimeScorer.Params(2, 0, 0.1), rates);

    @Test
    @Tag("scheduling-84")
    void secondsGrowWithWorkAndWithAFullCache() {
        assertThat(DrainTimeScorer.seconds(24, 4800, 0.6, 2)).isCloseTo(0.0086, within(1e-9));
        assertThat(DrainTimeScorer.seconds(10, 1500, 0.2, 2)).isCloseTo(0.0072, within(1e-9));
    }

    @Test
    @Tag("scheduling-84")
    void theEndpointThatIsDoneSoonestWinsAndANearlyFullOneIsOut() {
        learn("x", 4800);
        learn("y", 1500);
        learn("z", 2000);
        assertThat(score(scorer, Candidates.of(List.of(X, Y, Z)))).containsExactly(0, 1, 0);
    }

    @Test
    @Tag("scheduling-84")
    void anIdleEndpointWins() {
        learn("x", 4800);
        learn("y", 1500);
        assertThat(score(scorer, Candidates.of(List.of(X, Y, endpoint("i", 0, 0, 0.5)))))
                .endsWith(1);
    }

    @Test
    @Tag("scheduling-84")
    void whenAllAreNearlyFullTheEmptiestWins() {
        Candidates candidates = Candidates.of(List.of(Z, endpoint("y", 0, 1, 0.97), endpoint("x", 0, 9, 0.91)));
        assertThat(score(scorer, candidates)).satisfies(scores -> {
            assertThat(scores[2]).isEqualTo(1);
            assertThat(scores[1]).isZero();
        });
    }

    @Test
    void anEndpointWithoutARateHasTheMeanOfTheOthers() {
        learn("x", 4800);
        learn("y", 1600);
        assertThat(rates.mean(Candidates.of(List.of(X, Y, Z)))).isCloseTo(3200, within(1.0));
        // x: 12 / 4800, y: 12 / 1600, new: 12 / 3200
        Candidates candidates =
                Candidates.of(List.of(endpoint("x", 0, 12, 0), endpoint("y", 0, 12, 0), endpoint("new", 0, 12, 0)));
        assertThat(score(scorer, candidates)).containsExactly(new double[] {1, 0, 0.75}, within(1e-3));
    }

    @Test
    void withoutAnyRateTheWorkIsCompared() {
        Candidates candidates = Candidates.of(List.of(endpoint("a", 0, 2, 0), endpoint("b", 0, 6, 0)));
        assertThat(score(scorer, candidates)).containsExactly(1, 0);
    }

    @Test
    void aRateIsKeptWhileTheEndpointIsIdle() {
        learn("x", 4800);
        clock.addAndGet(3_600_000_000_000L);
        assertThat(rates.of("ns/x")).isCloseTo(4800, within(1.0));
        learn("x", 4800);
        assertThat(rates.of("ns/x")).isCloseTo(4800, within(1.0));
    }

    @Test
    void withoutFreshReadingsAllScoreOne() {
        assertThat(score(scorer, Candidates.of(List.of(stale(X), stale(Y))))).containsExactly(1, 1);
    }

    @Test
    void answersWithoutTokensTeachNothing() {
        rates.ended(report("x", 0, 1_000_000));
        rates.ended(report("x", 100, 0));
        assertThat(rates.of("ns/x")).isNaN();
    }

    @Test
    void sharesOutsideTheirRangeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new DrainTimeScorer.Params(2, 0, 1.1))
                .withMessage("minFreeKvCache: 1.1 (expected: 0 to 1)");
    }

    /** Ten answers at a time of 200 ms each, so that each answer ends 20 ms after the one before. */
    private void learn(String name, int tokensPerSecond) {
        for (int i = 0; i < 200; i++) {
            clock.addAndGet(20_000_000);
            rates.ended(report(name, tokensPerSecond / 50, i == 0 ? 20_000 : 200_000));
        }
    }

    private static OutcomeReport report(String name, int tokens, long durationMicros) {
        return new OutcomeReport(
                "r",
                1,
                "ns/" + name,
                OutcomeReport.Phase.ENDED,
                OutcomeReport.Cause.NATURAL,
                200,
                new TokenUsage(10, tokens, 0),
                1,
                durationMicros);
    }
}
