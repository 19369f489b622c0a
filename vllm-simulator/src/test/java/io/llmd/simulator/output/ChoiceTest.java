package io.llmd.simulator.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.token.WordTokenizer;
import org.junit.jupiter.api.Test;

class ChoiceTest {
    private final Choice choice = new Choice(1, 0, new int[0], OutputPlan.none(new WordTokenizer()), () -> {});

    @Test
    void tokensThatWaitKeepTheirOwnTimes() {
        choice.produced(1, 100);
        choice.produced(2, 200);
        choice.produced(3, 300);

        assertThat(choice.producedAt(0)).isEqualTo(100);
        assertThat(choice.producedAt(1)).isEqualTo(200);
        assertThat(choice.producedAt(2)).isEqualTo(300);
    }

    @Test
    void oldestTimesAreGivenUp() {
        for (int token = 0; token < 40; token++) {
            choice.produced(token + 1, token);
        }

        assertThat(choice.producedAt(0)).isEqualTo(25);
        assertThat(choice.producedAt(39)).isEqualTo(39);
    }
}
