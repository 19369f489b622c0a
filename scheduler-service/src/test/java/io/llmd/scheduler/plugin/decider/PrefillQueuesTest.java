package io.llmd.scheduler.plugin.decider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.plugin.decider.PrefillQueues.Prompt;
import org.junit.jupiter.api.Test;

class PrefillQueuesTest {

    private final PrefillQueues queues = new PrefillQueues(id -> true);

    @Test
    void thePromptBehindACancelledOneBeginsWhenThatIsGivenUp() {
        queues.of("p").add(new Prompt(1, 10, 0, true));
        queues.of("p").add(new Prompt(2, 4, 1, true));

        queues.of("p").drop(1, 6);

        assertThat(queues.waiting("p", 6)).isEqualTo(4);
        assertThat(queues.waiting("p", 8)).isEqualTo(2);
    }

    @Test
    void aCancelledPromptTeachesNoPaceOfTheOneBehindIt() {
        queues.of("p").add(new Prompt(1, 10, 0, true));
        queues.of("p").add(new Prompt(2, 4, 0, true));

        queues.of("p").drop(1, 6);
        queues.of("p").done(2, 10);

        assertThat(queues.pace("p", 10)).isEqualTo(1);
    }

    @Test
    void aCancelledPromptThatHasNotBegunChangesNothingOfTheFirst() {
        queues.of("p").add(new Prompt(1, 10, 0, true));
        queues.of("p").add(new Prompt(2, 4, 0, true));

        queues.of("p").drop(2, 3);

        assertThat(queues.waiting("p", 4)).isEqualTo(6);
    }

    /** Nobody asked for the queue before the whole answer was there; the prompt was computed long before all the same. */
    @Test
    void aPromptThatNobodyWatchesDelaysTheOneBehindItOnlyForAsLongAsItTakes() {
        queues.of("p").add(new Prompt(1, 1, 0, false));
        queues.of("p").add(new Prompt(2, 10, 1, true));

        queues.of("p").done(1, 6);

        assertThat(queues.waiting("p", 6)).isEqualTo(5);
    }

    @Test
    void aForgottenEndpointIsIdleAndItsOldAttemptsBringNothingBack() {
        PrefillQueues.Queue old = queues.of("p");
        old.add(new Prompt(1, 10, 0, true));
        old.charge(500);

        queues.forget("p");
        queues.forget("nobody");

        assertThat(queues.endpoints()).isZero();
        assertThat(queues.waiting("p", 1)).isZero();
        old.charge(-500);
        old.done(1, 40);
        assertThat(queues.endpoints()).isZero();
        assertThat(queues.charged("p")).isZero();
        assertThat(queues.pace("p", 40)).isCloseTo(1, within(0.0));
    }
}
