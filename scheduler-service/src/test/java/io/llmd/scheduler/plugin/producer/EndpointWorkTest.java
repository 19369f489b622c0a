package io.llmd.scheduler.plugin.producer;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.plugin.producer.EndpointWork.Asked;
import io.llmd.scheduler.plugin.producer.EndpointWork.Attempt;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.LatencyObjectives;
import org.junit.jupiter.api.Test;

class EndpointWorkTest {

    private static final Misses MISSES = new Misses(1000, 0.1, 0.1);

    private final Endpoint endpoint = endpoint("a", 0, 0, 0);
    private final FleetTimes fleet = new FleetTimes();
    private final EndpointWork work = new EndpointWork(fleet);

    @Test
    void whatIsNotWatchedTeachesNothingAlsoAtTheHeadOfTheQueue() {
        double untaught = compute(work, 0);
        Attempt unwatched = work.addForAnother(100_000, 0, false, 0);
        Attempt behind = work.addForAnother(4000, 0, true, 0);
        work.started(unwatched, 100);
        work.started(behind, 1_000);

        Attempt last = work.addForAnother(4000, 0, true, 2_000);
        work.started(last, 2_500);

        assertThat(compute(work, 3_000)).isEqualTo(untaught);
        assertThat(compute(new EndpointWork(fleet), 3_000)).isEqualTo(untaught);
        assertThat(view(work, 3_000).queueMillis()).isZero();
    }

    @Test
    void thePromptBehindACancelledOneBeginsThenAndTeachesNothing() {
        double untaught = compute(work, 0);
        Attempt cancelled = work.addForAnother(4000, 0, true, 0);
        Attempt behind = work.addForAnother(4000, 0, true, 0);

        work.ended(cancelled, 0, 0, false, 5_000);

        assertThat(view(work, 5_000).queueMillis()).isCloseTo(untaught, within(1e-6));
        work.started(behind, 5_200);
        Attempt last = work.addForAnother(4000, 0, true, 6_000);
        work.started(last, 6_500);
        assertThat(compute(work, 7_000)).isEqualTo(untaught);
    }

    @Test
    void aPromptThatOvertakesDoesNotCountForThoseBefore() {
        EndpointWork other = new EndpointWork(new FleetTimes());
        learnOne(other);
        learnOne(work);
        Attempt first = work.addForAnother(4000, 0, true, 1_000);
        Attempt overtaking = work.addForAnother(4000, 0, true, 1_000);
        work.started(overtaking, 1_100);
        work.started(first, 1_500);
        Attempt alone = other.addForAnother(4000, 0, true, 1_000);
        other.started(alone, 1_500);

        assertThat(compute(work, 2_000)).isEqualTo(compute(other, 2_000));
    }

    private static void learnOne(EndpointWork to) {
        Attempt attempt = to.addForAnother(4000, 0, true, 0);
        to.started(attempt, 600);
    }

    @Test
    void theFleetKeepsWhatItLearntWhenAQuietEndpointIsHeardOfAgain() {
        EndpointWork quiet = new EndpointWork(fleet);
        answer(quiet, 0);
        for (int i = 0; i <= 60; i++) {
            answer(work, i * 10_000);
        }

        answer(quiet, 601_000);
        answer(work, 602_000);
        answer(work, 603_000);

        assertThat(compute(new EndpointWork(fleet), 604_000)).isCloseTo(800, within(120.0));
    }

    @Test
    void answersToPromptsOfAnotherEndpointTeachAsMuchAsThoseToItsOwn() {
        EndpointWork own = new EndpointWork(new FleetTimes());
        double untaught = view(work, 0).answersMillis();
        for (int i = 0; i < 60; i++) {
            teach(work, work.await(4000, 0, true, 1, Asked.NOTHING, 20_000 * i), 20_000 * i);
            teach(own, own.add(4000, 0, true, 1, Asked.NOTHING, 20_000 * i), 20_000 * i);
        }

        assertThat(view(work, 1_200_000).answersMillis())
                .isGreaterThan(2 * untaught)
                .isCloseTo(view(own, 1_200_000).answersMillis(), within(1.0));
    }

    /** An answer of 101 tokens, 100 ms each. */
    private static void teach(EndpointWork to, Attempt attempt, double at) {
        to.started(attempt, at + 250);
        to.ended(attempt, 101, 10_000, false, at + 10_250);
    }

    @Test
    void whatIsComputedForAnotherEndpointIsNoAnswerHere() {
        double idle = view(work, 0).answersMillis();
        Attempt attempt = work.addForAnother(4000, 0, false, 0);

        assertThat(view(work, 0).answersMillis()).isEqualTo(idle);
        assertThat(view(work, 0).queueMillis()).isPositive();
        // Nobody sees when it is done: it is when it should be.
        assertThat(view(work, 60_000).queueMillis()).isZero();
        assertThat(view(work, 60_000).answersMillis()).isEqualTo(idle);
        work.ended(attempt, 0, 0, false, 61_000);
        assertThat(view(work, 61_000).answersMillis()).isEqualTo(idle);
    }

    @Test
    void requestsOfOtherSchedulersCountOnceThoughTwoSourcesTellOfThem() {
        Endpoint waiting = endpoint("b", 4, 0, 0);
        EndpointWork idle = new EndpointWork(fleet);
        double told = view(idle, endpoint, 16_000, 0).queueMillis();
        double seen = view(new EndpointWork(fleet), waiting, 0, 0).queueMillis();

        assertThat(told).isPositive();
        assertThat(seen).isPositive();
        assertThat(view(new EndpointWork(fleet), waiting, 16_000, 0).queueMillis())
                .isEqualTo(Math.max(told, seen));
    }

    @Test
    void tokensOfSeveralAnswersCameAtTheSameTime() {
        EndpointWork several = new EndpointWork(new FleetTimes());
        for (int i = 0; i < 40; i++) {
            decode(work, 1, 101, 10_000 * i);
            decode(several, 4, 404, 10_000 * i);
        }

        double alone = view(work, 500_000).answersMillis();
        assertThat(view(several, 500_000).answersMillis()).isBetween(0.7 * alone, 1.05 * alone);
    }

    /** Answers that cannot be in time any more have nothing to lose, and those that have time to spare lose nothing. */
    @Test
    void answersCountThatArePutInDangerAndNotThoseThatAreLostOrSafe() {
        double expected = view(work, 0).tokenMillis();

        double near = otherMisses(expected + 1);
        assertThat(near).isBetween(5.0, 1000.0);
        assertThat(otherMisses(expected / 5)).isLessThan(near / 20);
        assertThat(otherMisses(5 * expected)).isLessThan(near / 20);
        assertThat(otherMisses(0)).isZero();
    }

    /** Of one answer that asks for so much. */
    private static double otherMisses(double asked) {
        EndpointWork own = new EndpointWork(new FleetTimes());
        Attempt attempt = own.add(4000, 0, true, 1, new Asked(new LatencyObjectives(0, asked), 300), 0);
        own.started(attempt, 250);
        double misses = view(own, endpoint("a", 0, 0, 0), 0, 300).otherMissesMillis();
        own.ended(attempt, 101, 2_000, false, 2_250);
        assertThat(view(own, endpoint("a", 0, 0, 0), 0, 2_300).otherMissesMillis())
                .as("after its end")
                .isZero();
        return misses;
    }

    private static void decode(EndpointWork on, int answers, int tokens, double at) {
        Attempt attempt = on.add(4000, 0, true, answers, Asked.NOTHING, at);
        on.started(attempt, at + 200);
        on.ended(attempt, tokens, 3_000, false, at + 3_200);
    }

    private static void answer(EndpointWork to, double at) {
        Attempt attempt = to.addForAnother(4000, 0, true, at);
        to.started(attempt, at + 800);
        to.ended(attempt, 0, 0, false, at + 801);
    }

    private double compute(EndpointWork of, double now) {
        return view(of, now).prefillMillis();
    }

    private EndpointWork.View view(EndpointWork of, double now) {
        return view(of, endpoint, 0, now);
    }

    private static EndpointWork.View view(EndpointWork of, Endpoint at, long foreignTokens, double now) {
        EndpointWork.View view = new EndpointWork.View();
        of.view(at, new EndpointWork.Question(4000, 0, 100, 1, MISSES, now), 0, foreignTokens, view);
        return view;
    }
}
