package io.llmd.scheduler.plugin.producer;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.plugin.producer.EndpointWork.Attempt;
import io.llmd.scheduler.scheduling.Endpoint;
import org.junit.jupiter.api.Test;

class EndpointWorkTest {

    private final Endpoint endpoint = endpoint("a", 0, 0, 0);
    private final FleetTimes fleet = new FleetTimes();
    private final EndpointWork work = new EndpointWork(fleet);

    @Test
    void whatIsNotWatchedTeachesNothingAlsoAtTheHeadOfTheQueue() {
        double untaught = compute(work, 0);
        Attempt unwatched = work.add(100_000, 0, false, 0);
        Attempt behind = work.add(4000, 0, true, 0);
        work.started(unwatched, false, 100);
        work.started(behind, false, 1_000);

        Attempt last = work.add(4000, 0, true, 2_000);
        work.started(last, false, 2_500);

        assertThat(compute(work, 3_000)).isEqualTo(untaught);
        assertThat(compute(new EndpointWork(fleet), 3_000)).isEqualTo(untaught);
        assertThat(view(work, 3_000).queueMillis()).isZero();
    }

    @Test
    void thePromptBehindACancelledOneBeginsThenAndTeachesNothing() {
        double untaught = compute(work, 0);
        Attempt cancelled = work.add(4000, 0, true, 0);
        Attempt behind = work.add(4000, 0, true, 0);

        work.ended(cancelled, 0, 0, false, 5_000);

        assertThat(view(work, 5_000).queueMillis()).isCloseTo(untaught, within(1e-6));
        work.started(behind, false, 5_200);
        Attempt last = work.add(4000, 0, true, 6_000);
        work.started(last, false, 6_500);
        assertThat(compute(work, 7_000)).isEqualTo(untaught);
    }

    @Test
    void aPromptThatOvertakesDoesNotCountForThoseBefore() {
        EndpointWork other = new EndpointWork(new FleetTimes());
        learnOne(other);
        learnOne(work);
        Attempt first = work.add(4000, 0, true, 1_000);
        Attempt overtaking = work.add(4000, 0, true, 1_000);
        work.started(overtaking, false, 1_100);
        work.started(first, false, 1_500);
        Attempt alone = other.add(4000, 0, true, 1_000);
        other.started(alone, false, 1_500);

        assertThat(compute(work, 2_000)).isEqualTo(compute(other, 2_000));
    }

    private static void learnOne(EndpointWork to) {
        Attempt attempt = to.add(4000, 0, true, 0);
        to.started(attempt, false, 600);
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

    private static void answer(EndpointWork to, double at) {
        Attempt attempt = to.add(4000, 0, true, at);
        to.started(attempt, false, at + 800);
        to.ended(attempt, 0, 0, false, at + 801);
    }

    private double compute(EndpointWork of, double now) {
        return view(of, now).prefillMillis();
    }

    private EndpointWork.View view(EndpointWork of, double now) {
        return of.view(endpoint, 4000, 0, 0, 0, 100, 5_000, now);
    }
}
