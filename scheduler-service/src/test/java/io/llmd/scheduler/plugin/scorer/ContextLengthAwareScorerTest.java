package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.labelled;
import static io.llmd.scheduler.scheduling.EndpointFixture.names;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContextLengthAwareScorerTest {

    private final Candidates candidates = Candidates.of(
            range("a", "0-2048"),
            range("b", "0-8192"),
            range("c", "4096-8192"),
            labelled("d", Map.of()),
            range("e", "abc"));

    @Test
    @Tag("scheduling-21")
    void aShortPromptPrefersANarrowRangeThatHoldsIt() {
        assertThat(score(1000, candidates))
                .containsExactly(new double[] {0.8142, 0.7537, 0.0732, 0.5, 0}, within(1e-4));
    }

    @Test
    @Tag("scheduling-22")
    void aLongPromptPrefersTheRangeOfLongOnes() {
        assertThat(score(5000, candidates))
                .containsExactly(new double[] {0.0759, 0.6512, 0.8113, 0.5, 0}, within(1e-4));
    }

    @Test
    @Tag("scheduling-23")
    void theOnlyLengthOfARangeScoresOne() {
        assertThat(score(4096, Candidates.of(range("a", "4096-4096")))).containsExactly(1);
    }

    @Test
    void aPromptThatCannotBeReadCountsAsNoTokens() {
        assertThat(EndpointFixture.score(scorer(""), candidates.where(i -> i == 2)))
                .containsExactly(new double[] {0.3 / 5.096}, within(1e-9));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "5", "5-", "-5", "8-4", "1-2-3", "+1-2", " 1-2", "1-99999999999999999999"})
    void textThatIsNoRangeScoresZeroAndIsFilteredOut(String text) {
        Candidates one = Candidates.of(range("a", text));
        assertThat(score(2, one)).containsExactly(0);
        assertThat(scorer("enableFiltering: true").filter(request("m", 2), one).size())
                .isZero();
    }

    @Test
    @Tag("scheduling-24")
    void filteringKeepsRangesThatHoldThePromptAndUnlabelledEndpoints() {
        assertThat(names(scorer("enableFiltering: true").filter(request("m", 5000), candidates.where(i -> i != 2))))
                .containsExactly("b", "d");
    }

    @Test
    void itFiltersOnlyWhenToldTo() {
        assertThat(scorer("").filter(request("m", 5000), candidates)).isSameAs(candidates);
    }

    @Test
    void theLabelCanBeNamed() {
        Candidates candidates = Candidates.of(labelled("a", Map.of("len", "0-10")));
        assertThat(EndpointFixture.score(scorer("label: len"), request("m", 10), candidates))
                .containsExactly(new double[] {0.3 + 0.7 * 0.7 / 1.001}, within(1e-9));
    }

    private static Endpoint range(String name, String range) {
        return labelled(name, Map.of("llm-d.ai/context-length-range", range));
    }

    private static double[] score(int promptTokens, Candidates candidates) {
        return EndpointFixture.score(scorer(""), request("m", promptTokens), candidates);
    }

    private static ContextLengthAwareScorer scorer(String parameters) {
        return new ContextLengthAwareScorer(ParameterBinder.bind(ContextLengthAwareScorer.Params.class, parameters));
    }
}
