package io.llmd.autoscaler.analyzer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TailsTest {

    @Test
    @DisplayName("row 12: bursts, not means, decide how long prompts wait")
    @Tag("autoscaling-12")
    void waitingTimes() {
        assertThat(Tails.wait(0.25, 0.7, 1, 0.25, 0.95)).isCloseTo(1.375, within(1e-3));
        assertThat(Tails.wait(0.25, 0.7, 4, 0.25, 0.95)).isCloseTo(4.673, within(1e-3));
        assertThat(Tails.wait(0.25, 0.03, 1, 0.25, 0.95)).isZero();
        assertThat(Tails.wait(0.25, 1, 1, 0.25, 0.95)).isInfinite();
    }

    @Test
    @DisplayName("row 13: how busy prefill may be under a target")
    @Tag("autoscaling-13")
    void maxPrefillUse() {
        assertThat(Tails.maxPrefillUse(2, 0.35, 0.25, 1, 0.25, 0.95)).isCloseTo(0.744, within(1e-3));
        assertThat(Tails.maxPrefillUse(1, 0.35, 0.25, 1, 0.25, 0.95)).isCloseTo(0.464, within(1e-3));
        assertThat(Tails.maxPrefillUse(0.5, 0.35, 0.25, 1, 0.25, 0.95)).isCloseTo(0.117, within(1e-3));
        assertThat(Tails.maxPrefillUse(2, 0.35, 0.25, 4, 0.25, 0.95)).isCloseTo(0.362, within(1e-3));
        assertThat(Tails.maxPrefillUse(0.3, 0.35, 0.25, 1, 0.25, 0.95)).isZero();
        assertThat(Tails.maxPrefillUse(Double.POSITIVE_INFINITY, 0.35, 0.25, 1, 0.25, 0.95))
                .isInfinite();
    }

    @Test
    void shortAnswersSpreadMore() {
        assertThat(Tails.interToken95(0.02, 400)).isCloseTo(0.022, within(1e-9));
        assertThat(Tails.interToken95(0.02, 4)).isEqualTo(Tails.interToken95(0.02, 16));
    }
}
