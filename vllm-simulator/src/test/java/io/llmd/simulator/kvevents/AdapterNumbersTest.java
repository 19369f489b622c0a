package io.llmd.simulator.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AdapterNumbersTest {
    private final AdapterNumbers numbers = new AdapterNumbers();

    @Test
    void adapterKeepsItsNumber() {
        assertThat(numbers.of("a")).isEqualTo(1);
        assertThat(numbers.of("b")).isEqualTo(2);
        assertThat(numbers.of("a")).isEqualTo(1);
    }

    @Test
    void adapterThatIsUsedNoMoreIsForgottenAndItsNumberIsNotGivenAgain() {
        numbers.of("old");
        numbers.of("used");
        for (int i = 0; i < AdapterNumbers.MOST_KNOWN; i++) {
            numbers.of("adapter" + i);
            numbers.of("used");
        }
        assertThat(numbers.of("used")).isEqualTo(2);
        assertThat(numbers.of("old")).isEqualTo(AdapterNumbers.MOST_KNOWN + 3);
    }
}
