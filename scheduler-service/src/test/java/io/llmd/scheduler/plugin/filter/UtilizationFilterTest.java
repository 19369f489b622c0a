package io.llmd.scheduler.plugin.filter;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.names;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static io.llmd.scheduler.scheduling.EndpointFixture.unscraped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.InFlightLoads;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class UtilizationFilterTest {

    private static final String FULL =
            "conditions: [{metric: active-requests, maxValue: 4}," + " {metric: kv-cache-utilization, maxValue: 0.8}]";

    private final Candidates candidates =
            Candidates.of(endpoint("a", 2, 6, 0.8), endpoint("b", 3, 5, 0.1), unscraped("c"));

    UtilizationFilterTest() {
        InFlightLoads loads = new InFlightLoads(3);
        loads.set(0, 4, 0);
        loads.set(1, 5, 0);
        candidates.put(DataKeys.inFlightLoads(""), loads);
    }

    @Test
    @Tag("scheduling-30")
    void allConditionsMustHoldAndMissingValuesPass() {
        assertThat(keeps(FULL, candidates)).containsExactly("a", "c");
    }

    @Test
    @Tag("scheduling-30")
    void nobodyLeftIsNobodyUnlessAFallbackIsWanted() {
        Candidates onlyB = candidates.where(i -> i == 1);
        assertThat(keeps(FULL, onlyB)).isEmpty();
        assertThat(keeps("{" + FULL + ", fallbackOnEmpty: true}", onlyB)).containsExactly("b");
    }

    @Test
    void engineReadingsCanBeLimited() {
        assertThat(keeps("conditions: [{metric: waiting-queue, maxValue: 2}]", candidates))
                .containsExactly("a", "c");
        assertThat(keeps("conditions: [{metric: running-requests, maxValue: 5}]", candidates))
                .containsExactly("b", "c");
    }

    @Test
    void withoutLoadsNobodyIsActive() {
        assertThat(keeps("conditions: [{metric: active-requests, maxValue: 0}]", Candidates.of(endpoint("a", 0, 0, 0))))
                .containsExactly("a");
    }

    @Test
    void loadsAreRequiredOnlyForActiveRequests() {
        assertThat(filter(FULL).requires()).containsExactly(DataKeys.inFlightLoads(""));
        assertThat(filter("conditions: [{metric: waiting-queue, maxValue: 2}]").requires())
                .isEmpty();
    }

    @Test
    void impossibleLimitsAreRefused() {
        assertThatThrownBy(() -> filter("")).hasMessageContaining("conditions: [] (expected: at least one)");
        assertThatThrownBy(() -> filter("conditions: [{metric: waiting-queue, maxValue: -1}]"))
                .hasMessageContaining("-1.0 (expected: >= 0)");
        assertThatThrownBy(() -> filter("conditions: [{metric: kv-cache-utilization, maxValue: 80}]"))
                .hasMessageContaining("80.0 (expected: in [0, 1] for kv-cache-utilization)");
        assertThatThrownBy(() -> filter("conditions: [{metric: gpu, maxValue: 1}]"))
                .hasMessageContaining("expected: one of active-requests, running-requests, waiting-queue");
    }

    private static List<String> keeps(String parameters, Candidates candidates) {
        return names(filter(parameters).filter(request(), candidates));
    }

    private static UtilizationFilter filter(String parameters) {
        return new UtilizationFilter(ParameterBinder.bind(UtilizationFilter.Params.class, parameters));
    }
}
