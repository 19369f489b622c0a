package io.llmd.simulator.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PatternTextTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "^[A-Z]{2}-\\d+$",
                "(yes|no)( please)?",
                "^(\\w+)=\\1$",
                "^(?!forbidden)[a-z]{3,9}$",
                "[^a]{5000}",
                "a{0,9999}",
                "(([a-z]+ )+\\.)+",
                "^(a+)+$"
            })
    void textsMatchForEachKey(String expression) {
        PatternText pattern = PatternText.of(expression);
        for (int key = 0; key < 100; key++) {
            assertThat(pattern.text(key)).containsPattern(expression);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"^(a|b\\b.)$", "^(ab?|[c&&d])$", "^(?!..b)(?!.b)(?!b)[ab]{3}$"})
    void keyWhoseDrawsLeadNowhereGetsTheTextOfAnother(String expression) {
        PatternText pattern = PatternText.of(expression);
        for (int key = 0; key < 300; key++) {
            assertThat(pattern.text(key)).matches(Pattern.compile(expression));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "((a{9999}){9999}){9999}",
                "((){9999}){9999}",
                "a{2000000000}",
                "a{99999999999}",
                "(a{9999})\\1{9999}",
                "^(a+)+b(?<!b)$",
                "^(([a-z])+.)+[A-Z](?<![A-Z])([a-z])+$",
                "(",
                "[b-a]"
            })
    void expressionWithoutTextsOfAReasonableSizeIsRefused(String expression) {
        assertThatExceptionOfType(UnsupportedSchemaException.class).isThrownBy(() -> PatternText.of(expression));
    }

    @ParameterizedTest
    @ValueSource(ints = {101, 5_000, 90_000})
    void deepNestingIsRefused(int depth) {
        String expression = "(".repeat(depth) + "a" + ")".repeat(depth);
        assertThatExceptionOfType(UnsupportedSchemaException.class).isThrownBy(() -> PatternText.of(expression));
    }
}
