package io.llmd.scheduler.plugin.producer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AnswerObjectivesTest {

    private final AnswerObjectives objectives = new AnswerObjectives();

    @Test
    void answersAreCountedByWhatTheyAskFor() {
        objectives.change(1, 200);
        objectives.change(1, 50);
        objectives.change(2, 50);
        objectives.change(1, 20);

        assertThat(objectives.size()).isEqualTo(3);
        assertThat(objectives.tokenMillis(0)).isEqualTo(20);
        assertThat(objectives.tokenMillis(1)).isEqualTo(50);
        assertThat(objectives.answers(1)).isEqualTo(3);
        assertThat(objectives.tokenMillis(2)).isEqualTo(200);
    }

    @Test
    void whatHardlyDiffersCountsAsOne() {
        objectives.change(1, 50);
        objectives.change(1, 51);

        assertThat(objectives.size()).isOne();
        assertThat(objectives.tokenMillis(0)).isEqualTo(50.5);
    }

    @Test
    void whatIsOverIsForgotten() {
        objectives.change(1, 20);
        objectives.change(1, 50);
        objectives.change(1, 200);
        objectives.change(-1, 50);

        assertThat(objectives.size()).isEqualTo(2);
        assertThat(objectives.tokenMillis(1)).isEqualTo(200);
        objectives.change(-1, 20);
        objectives.change(-1, 200);
        assertThat(objectives.size()).isZero();
    }

    @Test
    void whatNobodyMeansCountsAsTheBound() {
        objectives.change(1, 1e-9);
        objectives.change(1, 1e12);

        assertThat(objectives.tokenMillis(0)).isEqualTo(1);
        assertThat(objectives.tokenMillis(1)).isEqualTo(10_000);
        objectives.change(-1, 1e-9);
        objectives.change(-1, 1e12);
        assertThat(objectives.size()).isZero();
    }

    @Test
    void whoAsksForNothingDoesNotCount() {
        objectives.change(5, 0);

        assertThat(objectives.size()).isZero();
    }
}
