package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class GoalTableTest {

    private final StringWriter text = new StringWriter();
    private final PrintWriter out = new PrintWriter(text);

    @Test
    void valueAboveTheLastBucketIsNoNumber() {
        List<GoalLine> lines = List.of(line(Double.POSITIVE_INFINITY));
        GoalTable.print(out, lines);
        assertThat(text.toString()).contains("above the last bucket", "goal 1.00000: missed");

        text.getBuffer().setLength(0);
        GoalTable.json(out, lines);
        JsonNode json = JsonMapper.shared().readTree(text.toString());
        assertThat(json.get("value").isNull()).isTrue();
        assertThat(json.get("high").isNull()).isTrue();
        assertThat(json.get("target").asDouble()).isEqualTo(1.0);
        assertThat(json.get("pass").asBoolean()).isFalse();
    }

    @Test
    void otherValuesHaveThreeDigits() {
        GoalTable.json(out, List.of(line(0.123_456)));
        assertThat(JsonMapper.shared().readTree(text.toString()).get("value").asDouble())
                .isEqualTo(0.123);
    }

    private static GoalLine line(double value) {
        return GoalLine.judged("L7", "L7.cycle-p99", Figure.of(List.of(value)), "ms", 1.0, null, 0);
    }
}
