package io.llmd.scheduler.plugin.screener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabelExpressionTest {

    private static final Map<String, String> LABELS = Map.of("app", "x", "tier", "gold", "ds.io/name", "set-1");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "app=x",
                "app==x, tier!=silver",
                "ds.io/name = set-1",
                "tier in (silver, gold)",
                "tier notin (silver)",
                "zone notin (a),zone!=a",
                "app,!zone",
                " app "
            })
    void partsThatHoldMatch(String text) {
        assertThat(new LabelExpression(text).matches(LABELS)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "app=y",
                "app=x,tier=silver",
                "tier in (silver)",
                "tier notin (gold)",
                "zone",
                "!app",
                "zone in (a)"
            })
    void onePartThatDoesNotHoldIsEnough(String text) {
        assertThat(new LabelExpression(text).matches(LABELS)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"!app=x", "!app in (x)", "", ",", "app=x,", "app=x tier=gold", "app in gold", "=x", "app in (a"})
    void whatIsNoSelectorIsRefused(String text) {
        assertThatThrownBy(() -> new LabelExpression(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("labelSelector: " + text);
    }

    @Test
    void anEmptyValueIsAValue() {
        assertThat(new LabelExpression("app=").matches(Map.of("app", ""))).isTrue();
        assertThat(new LabelExpression("app=").matches(LABELS)).isFalse();
    }
}
