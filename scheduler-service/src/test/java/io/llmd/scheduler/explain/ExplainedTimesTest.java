package io.llmd.scheduler.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.scheduling.AskedTimes;
import io.llmd.scheduler.scheduling.LatencyObjectives;
import io.llmd.scheduler.scheduling.TimeCosts;
import io.llmd.scheduler.scheduling.TimeCosts.Part;
import org.junit.jupiter.api.Test;

class ExplainedTimesTest {

    private static final LatencyObjectives OBJECTIVES = new LatencyObjectives(1200, 50);

    @Test
    void anAnswerInTimeIsMet() {
        assertThat(text(new AskedTimes(OBJECTIVES, true, 1), ended(300_000, 11, 700_000), true))
                .isEqualTo(
                        "first token within 1,200 ms, 50.0 ms a token, as the request asks; expected 160 ms and 17.0 ms;"
                                + " took 300 ms and 40.0 ms: met");
    }

    @Test
    void whatIsLateIsSaid() {
        AskedTimes usual = new AskedTimes(OBJECTIVES, false, 1);

        assertThat(text(usual, ended(1_300_000, 11, 1_700_000), true))
                .contains("as the configuration asks where a request does not")
                .endsWith("took 1,300 ms and 40.0 ms: missed, the first token too late");
        assertThat(text(usual, ended(300_000, 11, 900_000), true)).endsWith("missed, the tokens too slow");
        assertThat(text(usual, ended(1_300_000, 11, 1_900_000), true)).endsWith("missed, both too late");
        assertThat(text(new AskedTimes(OBJECTIVES, false, 2), ended(300_000, 22, 700_000), true))
                .as("two answers at the same time")
                .endsWith("took 300 ms and 40.0 ms: met");
    }

    @Test
    void whatIsNotCountedSaysWhy() {
        AskedTimes usual = new AskedTimes(OBJECTIVES, false, 1);

        assertThat(text(usual, ended(300_000, 11, 700_000), false))
                .endsWith("not counted, for the answer is not streamed");
        assertThat(text(usual, ended(300_000, 1, 300_000), true)).contains("fewer than two tokens");
        assertThat(text(usual, ended(300_000, -1, 300_000), true)).contains("does not say how many tokens");
        assertThat(text(usual, Attempt.PLACED, true)).endsWith("the answer has not ended");
        assertThat(text(usual, new Attempt(DecisionOutcome.ERROR, 500, 0, 1_000, TokenUsage.UNKNOWN, null), true))
                .endsWith("not counted, for the answer is not complete");
        assertThat(text(AskedTimes.NOTHING, ended(300_000, 11, 700_000), true)).isNull();
    }

    private static Attempt ended(long firstTokenMicros, int tokens, long durationMicros) {
        return new Attempt(
                DecisionOutcome.NATURAL, 200, firstTokenMicros, durationMicros, new TokenUsage(100, tokens, 0), null);
    }

    private static String text(AskedTimes asked, Attempt attempt, boolean isStreamed) {
        TimeCosts costs = new TimeCosts(2);
        costs.setAsked(asked);
        costs.set(1, Part.QUEUE, 120);
        costs.set(1, Part.PREFILL, 40);
        costs.setTokenMillis(1, 17);
        return new ExplainedTimes(costs, 1).text(attempt, isStreamed);
    }
}
