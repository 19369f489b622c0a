package io.llmd.scheduler.plugin.filter;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.names;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static io.llmd.scheduler.scheduling.EndpointFixture.unscraped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointAttributeFilterTest {

    private final Candidates candidates =
            Candidates.of(endpoint("a", 0, 0, 0.5), endpoint("b", 0, 0, 0.9), unscraped("c"));

    @Test
    @Tag("scheduling-29")
    void endpointsWithoutTheNumberPassUnlessToldToFail() {
        assertThat(keeps("LessThan", 0.9, "")).containsExactly("a", "c");
        assertThat(keeps("LessThan", 0.9, "onMissing: Pass,")).containsExactly("a", "c");
        assertThat(keeps("LessThan", 0.9, "onMissing: Fail,")).containsExactly("a");
    }

    @ParameterizedTest
    @CsvSource({
        "LessThan, 0.9, a",
        "LessThanOrEqual, 0.5, a",
        "GreaterThan, 0.5, b",
        "GreaterThanOrEqual, 0.9, b",
        "Equal, 0.5, a",
        "NotEqual, 0.5, b"
    })
    void theNumberIsComparedWithTheThreshold(String operator, double value, String kept) {
        assertThat(keeps(operator, value, "onMissing: Fail,")).containsExactly(kept);
    }

    @Test
    void nobodyLeftIsNobodyUnlessAFallbackIsWanted() {
        assertThat(keeps("LessThan", 0.1, "onMissing: Fail,")).isEmpty();
        assertThat(keeps("LessThan", 0.1, "onMissing: Fail, fallbackOnEmpty: true,"))
                .containsExactly("a", "b", "c");
    }

    @Test
    void impossibleParametersAreRefused() {
        assertThatThrownBy(() -> keeps("Below", 1, "")).hasMessageContaining("Below (expected: one of LessThan");
        assertThatThrownBy(() -> filter("attribute: WaitingQueueSize"))
                .hasMessageContaining("algorithm.type: is missing")
                .hasMessageContaining("algorithm.threshold.value: is missing");
        assertThatThrownBy(() -> filter(
                        "{attribute: a/b, algorithm: {type: threshold, threshold: {operator: Equal, value: 1}}}"))
                .hasMessageContaining("a/b (expected: no slash, or a producer beside it)");
    }

    private List<String> keeps(String operator, double value, String more) {
        return names(filter("{attribute: KVCacheUsagePercent, " + more
                        + " algorithm: {type: threshold, threshold: {operator: " + operator + ", value: " + value
                        + "}}}")
                .filter(request(), candidates));
    }

    private static EndpointAttributeFilter filter(String parameters) {
        return new EndpointAttributeFilter(ParameterBinder.bind(EndpointAttributeFilter.Params.class, parameters));
    }
}
