package io.llmd.scheduler.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TimeLearnerTest {

    private static final double NOISE = 0.1;

    private final SyntheticFleet fleet = new SyntheticFleet(1, NOISE);
    private final TimeLearner first = new TimeLearner(StepTerms.FIRST_TOKEN);
    private final TimeLearner output = new TimeLearner(StepTerms.OUTPUT_TOKEN);

    /** How far predictions were off, and how many measured times stayed within their bound. */
    private record Score(double error, double coverage) {}

    @Test
    void timesToTheFirstTokenAreLearnedToWithinTheirNoise() {
        firstTokens(600);
        Score score = firstTokens(2000);
        // The noise itself is 8 % in the mean.
        assertThat(score.error()).isLessThan(0.11);
        assertThat(score.coverage()).isCloseTo(0.9, within(0.03));
    }

    @Test
    void timesPerOutputTokenAreLearnedToWithinTheirNoise() {
        outputTokens(600);
        Score score = outputTokens(2000);
        assertThat(score.error()).isLessThan(0.11);
        assertThat(score.coverage()).isCloseTo(0.9, within(0.03));
    }

    @Test
    void aHundredTimesAreEnoughForAQuarter() {
        firstTokens(100);
        assertThat(firstTokens(200).error()).isLessThan(0.25);
    }

    @Test
    void anEndpointThatTakesTwiceAsLongIsKnownAsSuch() {
        firstTokens(3000);
        LatencyInputs in = new LatencyInputs().set(0.4, 307_200, 4000, 0, 20, 0.5, 8000);
        double usual = first.learned().millis("ns/e0", in);
        assertThat(first.learned().millis("ns/e3", in) / usual).isCloseTo(2, within(0.25));
        assertThat(first.learned().millis("ns/unknown", in)).isBetween(usual * 0.8, usual * 1.6);
    }

    @Test
    void moreWorkNeverTakesLessTime() {
        firstTokens(1000);
        LearnedTime learned = first.learned();
        LatencyInputs in = new LatencyInputs();
        double before = 0;
        for (int tokens = 0; tokens <= 60_000; tokens += 20_000) {
            // Within one situation of the grid beyond the first.
            double millis = learned.millis("ns/e0", in.set(0.4, 307_200, 30_000, 0, 20, 0.2, tokens));
            assertThat(millis).isGreaterThan(before);
            before = millis;
        }
    }

    @Test
    void whenTheWorldChangesItIsNoticedAndLearnedAnew() {
        firstTokens(2000);
        assertThat(first.drifts()).isZero();
        fleet.pace(3);
        assertThat(firstTokens(300).error()).isGreaterThan(0.1);
        assertThat(first.drifts()).isPositive();
        Score after = firstTokens(1000);
        assertThat(after.error()).isLessThan(0.12);
        assertThat(after.coverage()).isCloseTo(0.9, within(0.05));
    }

    @Test
    void whenTheWorldBecomesFasterItIsNoticedToo() {
        firstTokens(2000);
        fleet.pace(1.0 / 3);
        firstTokens(400);
        assertThat(first.drifts()).isPositive();
        assertThat(firstTokens(1000).error()).isLessThan(0.12);
    }

    @Test
    void whatPacesHaveInCommonIsKnownOfNewEndpointsToo() {
        for (int i = 1; i <= 3; i++) {
            fleet.pace(Math.pow(3, i));
            firstTokens(1000);
            outputTokens(1000);
            assertThat(commonPace(first.learned())).isCloseTo(1, within(0.02));
            assertThat(commonPace(output.learned())).isCloseTo(1, within(0.02));
        }
        assertThat(firstTokens(1000).error()).isLessThan(0.12);
        assertThat(outputTokens(1000).error()).isLessThan(0.12);
    }

    /** What known endpoints take in the mean, relative to one that nothing is known of. */
    private static double commonPace(LearnedTime learned) {
        double sum = 0;
        for (int i = 0; i < 4; i++) {
            sum += Math.log(learned.paces().get("ns/e" + i).scale());
        }
        return Math.exp(sum / 4);
    }

    @Test
    void whatIsKnownAtAMomentDoesNotChangeWithWhatFollows() {
        firstTokens(200);
        LearnedTime then = first.learned();
        LatencyInputs in = new LatencyInputs().set(0.4, 307_200, 4000, 0, 20, 0.5, 8000);
        double millis = then.millis("ns/nobody", in);
        fleet.pace(5);
        firstTokens(500);
        assertThat(then.millis("ns/nobody", in)).isEqualTo(millis);
        assertThat(first.learned().millis("ns/nobody", in)).isGreaterThan(2 * millis);
    }

    private Score firstTokens(int times) {
        double error = 0;
        int covered = 0;
        for (int i = 0; i < times; i++) {
            LatencyInputs in = fleet.next();
            LearnedTime known = first.learned();
            double predicted = known.millis(fleet.endpointId(), in);
            double bound = known.bound(in, predicted);
            double measured = fleet.firstTokenMillis();
            error += Math.abs(predicted - measured) / measured;
            covered += measured <= bound ? 1 : 0;
            first.learn(fleet.endpointId(), in, measured, predicted, bound);
        }
        return new Score(error / times, (double) covered / times);
    }

    private Score outputTokens(int times) {
        double error = 0;
        int covered = 0;
        for (int i = 0; i < times; i++) {
            LatencyInputs in = fleet.next();
            LearnedTime known = output.learned();
            double predicted = known.millis(fleet.endpointId(), in);
            double bound = known.bound(in, predicted);
            double measured = fleet.outputTokenMillis();
            error += Math.abs(predicted - measured) / measured;
            covered += measured <= bound ? 1 : 0;
            output.learn(fleet.endpointId(), in, measured, predicted, bound);
        }
        return new Score(error / times, (double) covered / times);
    }
}
