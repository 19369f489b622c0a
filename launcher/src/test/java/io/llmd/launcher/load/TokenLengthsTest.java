package io.llmd.launcher.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenLengthsTest {

    @Test
    void plainNumberIsFixed() {
        assertThat(TokenLengths.parse("512")).isEqualTo(new TokenLengths.Fixed(512));
    }

    @Test
    void rangeIsUniformWithBothEnds() {
        TokenLengths lengths = TokenLengths.parse("3-5");
        SplittableRandom random = new SplittableRandom(1);

        assertThat(IntStream.range(0, 200).map(i -> lengths.next(random)).boxed())
                .containsOnly(3, 4, 5)
                .contains(3, 4, 5);
    }

    @Test
    void exponentialHasItsMeanAndIsNeverBelowOne() {
        TokenLengths lengths = TokenLengths.parse("exp:300");
        SplittableRandom random = new SplittableRandom(1);

        int[] drawn = IntStream.range(0, 20_000).map(i -> lengths.next(random)).toArray();

        assertThat(IntStream.of(drawn).average().orElseThrow()).isBetween(290.0, 310.0);
        assertThat(IntStream.of(drawn).min().orElseThrow()).isGreaterThanOrEqualTo(1);
        assertThat(IntStream.of(drawn).max().orElseThrow()).isLessThanOrEqualTo(3000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-5", "5-3", "a", "exp:", "exp:0", "1000001", "1-x"})
    void anythingElseIsRefusedWithTheExpectedForm(String text) {
        assertThatThrownBy(() -> TokenLengths.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected");
    }
}
