package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.EndpointNumbers;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class EndpointAttributeScorerTest {

    private static final double NONE = Double.NaN;
    private static final String FIXED =
            "{type: linear_lower_is_better, normalization: {fixedRange: {min: 0, max: 100}}}";

    @Test
    @Tag("scheduling-27")
    void theLowestIsBestOverTheRangeOfTheCandidates() {
        assertThat(score("{type: linear_lower_is_better}", 10, 20, 30, NONE)).containsExactly(1, 0.5, 0, 0);
        assertThat(score("{type: linear_lower_is_better, normalization: {adaptiveRange: {}}}", 10, 20))
                .containsExactly(1, 0);
    }

    @Test
    void theHighestIsBestWhenToldSo() {
        assertThat(score("{type: linear_higher_is_better}", 10, 20, 30, NONE)).containsExactly(0, 0.5, 1, 0);
    }

    @Test
    @Tag("scheduling-27")
    void equalNumbersScoreOneAndMissingOnesZero() {
        assertThat(score("{type: linear_lower_is_better}", 10, 10, 10)).containsExactly(1, 1, 1);
        assertThat(score("{type: linear_lower_is_better}", 10, NONE)).containsExactly(1, 0);
        assertThat(score("{type: linear_lower_is_better}", NONE, NONE)).containsExactly(0, 0);
    }

    @Test
    @Tag("scheduling-28")
    void aFixedRangeClamps() {
        assertThat(score(FIXED, 25, 150, -20, NONE)).containsExactly(0.75, 0, 1, 0);
    }

    @Test
    void dataThatOthersProduceIsNamed() {
        assertThat(scorer("{type: linear_lower_is_better}").reads()).containsExactly(DataKeys.numbers("load", "mine"));
    }

    @Test
    void impossibleParametersAreRefused() {
        assertThatThrownBy(() -> scorer("{type: linear}"))
                .hasMessageContaining("expected: one of linear_lower_is_better, linear_higher_is_better");
        assertThatThrownBy(
                        () -> scorer("{type: linear_lower_is_better, normalization: {fixedRange: {min: 1, max: 1}}}"))
                .hasMessageContaining("max: 1.0 (expected: > min, which is 1.0)");
        assertThatThrownBy(() -> scorer("{type: linear_lower_is_better,"
                        + " normalization: {fixedRange: {min: 0, max: 1}, adaptiveRange: {}}}"))
                .hasMessageContaining("expected: either fixedRange or adaptiveRange");
        assertThatThrownBy(() -> ParameterBinder.bind(
                        EndpointAttributeScorer.Params.class,
                        "{attributeKey: a/b, algorithm: {type: linear_lower_is_better}}"))
                .hasMessageContaining("attributeKey: a/b (expected: no slash, or a producer beside it)");
    }

    private static double[] score(String algorithm, double... numbers) {
        Candidates candidates = idle("a", "b", "c", "d").where(i -> i < numbers.length);
        EndpointNumbers column = new EndpointNumbers(4);
        for (int i = 0; i < numbers.length; i++) {
            column.set(i, numbers[i]);
        }
        candidates.put(DataKeys.numbers("load", "mine"), column);
        return EndpointFixture.score(scorer(algorithm), candidates);
    }

    private static EndpointAttributeScorer scorer(String algorithm) {
        return new EndpointAttributeScorer(ParameterBinder.bind(
                EndpointAttributeScorer.Params.class,
                "{attributeKey: load, producer: mine, algorithm: " + algorithm + "}"));
    }
}
