package io.llmd.metrics.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricSpecTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a:b_c{x=1,y=two}",
                "a:b_c{x=\"1\",y=\"two\"}",
                " a:b_c { x = 1 , y = \"two\" } ",
            })
    void labelsMayBeQuotedAndSpaced(String text) {
        assertThat(MetricSpec.parse(text)).isEqualTo(new MetricSpec("a:b_c", Map.of("x", "1", "y", "two")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "a{}", "a{ }"})
    void labelsMayBeLeftOut(String text) {
        assertThat(MetricSpec.parse(text)).isEqualTo(new MetricSpec("a", Map.of()));
    }

    @Test
    void aQuotedValueMayHoldCommasAndSpaces() {
        assertThat(MetricSpec.parse("a{x=\"1, 2\"}").labels()).containsExactly(Map.entry("x", "1, 2"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1a",
                "a b",
                "a{",
                "a}",
                "a{x}",
                "a{x=}",
                "a{=1}",
                "a{x=1,}",
                "a{x=1 y=2}",
                "a{1x=2}",
                "a{x=1}b"
            })
    void everythingElseIsRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MetricSpec.parse(text))
                .withMessage(text + " (expected: name or name{label=value,...})");
    }
}
