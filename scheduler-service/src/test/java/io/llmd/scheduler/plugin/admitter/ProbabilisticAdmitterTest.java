package io.llmd.scheduler.plugin.admitter;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static io.llmd.scheduler.scheduling.EndpointFixture.stale;
import static io.llmd.scheduler.scheduling.EndpointFixture.unscraped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProbabilisticAdmitterTest {

    private static final Candidates FULL = Candidates.of(endpoint("a", 10, 1, 1));

    @ParameterizedTest
    @CsvSource({"0.1, 0.003", "0.2, 0.096", "0.3, 0.729", "0.5, 1"})
    @Tag("scheduling-62")
    void denialSetsInWithSaturation(double saturation, double probability) {
        Candidates candidates = Candidates.of(endpoint("a", 0, 0, 0.8 * saturation));
        assertThat(admitter("").denialProbability(candidates)).isCloseTo(probability, within(1e-6));
    }

    @Test
    void theWorseOfQueueAndCacheCountsAndEndpointsAreAveraged() {
        Candidates candidates =
                Candidates.of(endpoint("a", 1, 0, 0), endpoint("b", 0, 0, 0.16), endpoint("c", 0, 0, 0));
        assertThat(admitter("{power: 1, k: 1}").denialProbability(candidates)).isCloseTo(0.4 / 3, within(1e-9));
    }

    @Test
    void anEndpointWithoutARecentReadingIsFull() {
        Candidates candidates = Candidates.of(unscraped("a"), stale(endpoint("b", 0, 0, 0)), endpoint("c", 0, 0, 0));
        assertThat(admitter("{power: 1, k: 1}").denialProbability(candidates)).isCloseTo(2.0 / 3, within(1e-9));
    }

    @Test
    @Tag("scheduling-62")
    void onlyNegativePrioritiesAreDenied() {
        assertThat(admitter("").denial(prioritised(-1, new SplittableRandom(1)), FULL))
                .isEqualTo("requests of negative priority are shed while the pool is full");
        assertThat(admitter("").denial(prioritised(0, new SplittableRandom(1)), FULL))
                .isNull();
    }

    @Test
    void theShareOfDenialsIsTheProbability() {
        Candidates candidates = Candidates.of(endpoint("a", 0, 0, 0.24));
        SplittableRandom random = new SplittableRandom(5);
        int denied = 0;
        for (int i = 0; i < 10_000; i++) {
            denied += admitter("").denial(prioritised(-1, random), candidates) == null ? 0 : 1;
        }
        assertThat(denied).isBetween(7100, 7500);
    }

    @ParameterizedTest
    @CsvSource({"0.02, -1, true", "0.03, -1, false", "0.02, 0, false"})
    @Tag("flow-control-F50")
    void aRequestIsDeniedWhenItsRandomNumberIsBelowTheProbability(double number, int priority, boolean isDenied) {
        Candidates candidates = Candidates.of(endpoint("a", 0, 0, 0.8 * 0.15));
        RandomGenerator fixed = new RandomGenerator() {
            @Override
            public long nextLong() {
                return 0;
            }

            @Override
            public double nextDouble() {
                return number;
            }
        };
        assertThat(admitter("").denial(prioritised(priority, fixed), candidates) != null)
                .isEqualTo(isDenied);
    }

    @Test
    void parametersMustBePositive() {
        for (String name : new String[] {"queueDepthThreshold", "kvCacheUtilThreshold", "power", "k"}) {
            assertThatThrownBy(() -> admitter(name + ": 0")).hasMessageContaining(name + ": 0.0 (expected: > 0)");
        }
    }

    private static InferenceRequest prioritised(int priority, RandomGenerator random) {
        InferenceRequest plain = request(random);
        return new InferenceRequest(
                plain.requestId(),
                plain.targetModel(),
                plain.body(),
                plain.headers(),
                priority,
                plain.fairnessId(),
                plain.receivedNanos(),
                plain.random());
    }

    private static ProbabilisticAdmitter admitter(String parameters) {
        return new ProbabilisticAdmitter(ParameterBinder.bind(ProbabilisticAdmitter.Params.class, parameters));
    }
}
