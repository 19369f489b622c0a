package io.llmd.scheduler.plugin.screener;

import static io.llmd.scheduler.scheduling.EndpointFixture.labelled;
import static io.llmd.scheduler.scheduling.EndpointFixture.names;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.llmd.scheduler.plugin.HeardEvents;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.ProfileOutcome.Picked;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DisaggregatedsetRolloutScreenerTest {

    private final HeardEvents events = new HeardEvents();

    private static final int REQUESTS = 10_000;
    private static final String REVISION = "disaggregatedset.x-k8s.io/revision";

    private List<Endpoint> pool = new ArrayList<>();

    @Test
    void revisionsAreDrawnByTheRoleThatHasTheMostEndpoints() {
        pool(2, 9, 1, 1);
        assertThat(shareOfNew("max-role")).isCloseTo(0.1, within(0.015));
    }

    @Test
    void orByAllEndpoints() {
        pool(2, 9, 1, 1);
        assertThat(shareOfNew("sum")).isCloseTo(2.0 / 13, within(0.015));
    }

    @Test
    void aRevisionThatLacksARoleServesNobody() {
        pool(2, 9, 0, 3);
        assertThat(shareOfNew("sum")).isZero();
    }

    @Test
    void allCandidatesThatStayAreOfOneRevision() {
        pool(1, 1, 1, 1);
        assertThat(names(screen("sum", Map.of()))).isIn(List.of("old-p0", "old-d0"), List.of("new-p0", "new-d0"));
    }

    @Test
    void whenNoRevisionIsCompleteNobodyStays() {
        pool(2, 0, 0, 3);
        assertThat(screen("sum", Map.of()).isEmpty()).isTrue();
    }

    @Test
    void endpointsOfOtherDeploymentsDoNotCount() {
        pool(1, 1, 1, 0);
        pool.add(labelled(
                "stranger", Map.of(REVISION, "new", "disaggregatedset.x-k8s.io/role", "decode", "set", "other")));
        assertThat(shareOfNew("sum")).isZero();
    }

    @Test
    void aHeaderAsksForOneRevisionAndGetsNoOther() {
        pool(1, 1, 1, 1);
        assertThat(names(screen("max-role", Map.of("x-disagg-revision", "new"))))
                .containsExactly("new-p0", "new-d0");
        assertThat(screen("max-role", Map.of("x-disagg-revision", "gone")).isEmpty())
                .isTrue();
        pool(1, 1, 1, 0);
        assertThat(screen("max-role", Map.of("x-disagg-revision", "new")).isEmpty())
                .isTrue();
    }

    @Test
    void headersWithoutAMatchAndTheSharesOfRevisionsAreTold() {
        pool(1, 1, 1, 2);
        screen("sum", Map.of("x-disagg-revision", "gone"));
        assertThat(events.heard).containsExactly("no match rollout revision", "shares rollout sum {new=0.6, old=0.4}");
        events.heard.clear();
        screen("max-role", Map.of("x-disagg-revision", "new"));
        assertThat(events.heard).hasSize(1).first().asString().startsWith("shares rollout max-role {new=0.66");
    }

    @Test
    void aPreferredLabelNarrowsNothing() {
        pool(1, 1, 0, 0);
        assertThat(names(screen("sum", Map.of("x-disagg-slice", "elsewhere")))).containsExactly("old-p0", "old-d0");
    }

    @Test
    void withoutGatingOnlyHeadersNarrow() {
        pool(1, 0, 0, 1);
        assertThat(names(screen("disabled", Map.of()))).containsExactly("old-p0", "new-d0");
        assertThat(names(screen("disabled", Map.of("x-disagg-revision", "new"))))
                .containsExactly("new-d0");
    }

    @Test
    void theAnswerSaysWhichLabelsServed() {
        pool(1, 1, 0, 0);
        Candidates candidates = Candidates.of(pool);
        Dispatch dispatch = new Dispatch(1);
        Scheduled outcome = new Scheduled("p", Map.of("p", new Picked(List.of(candidates.get(1)), List.of(1))));
        screener("disabled").scheduled(EndpointFixture.request(), candidates, outcome, dispatch);
        assertThat(dispatch.responseHeaders()).isEqualTo(Map.of("x-disagg-revision", "old", "x-disagg-slice", "s1"));
    }

    @Test
    void theCoverageFollowsThePool() {
        pool(1, 1, 0, 0);
        DisaggregatedsetRolloutScreener screener = screener("sum");
        assertThat(names(screener.screen(EndpointFixture.request(), Candidates.of(pool))))
                .containsExactly("old-p0", "old-d0");
        pool = new ArrayList<>();
        pool(0, 0, 1, 1);
        assertThat(names(screener.screen(EndpointFixture.request(), Candidates.of(pool))))
                .containsExactly("new-p0", "new-d0");
    }

    @Test
    void incompleteParametersAreRefused() {
        assertThatThrownBy(() ->
                        bind("{scope: {labelSelector: ''}, revisionGating: {mode: sum, requireRoles: {values: [p]}}}"))
                .hasMessageContaining("scope.labelSelector");
        assertThatThrownBy(() -> bind("{scope: {labelSelector: a}, revisionGating: {mode: sum}}"))
                .hasMessageContaining("expected: at least one role");
        assertThatThrownBy(() -> bind("{scope: {labelSelector: a}, revisionGating: {mode: most}}"))
                .hasMessageContaining("sum, max-role, disabled");
        assertThatThrownBy(() -> bind("{scope: {labelSelector: a}}")).hasMessageContaining("revisionGating");
    }

    private void pool(int oldPrefill, int oldDecode, int newPrefill, int newDecode) {
        pool = new ArrayList<>();
        add("old", "prefill", oldPrefill);
        add("old", "decode", oldDecode);
        add("new", "prefill", newPrefill);
        add("new", "decode", newDecode);
    }

    private void add(String revision, String role, int count) {
        for (int i = 0; i < count; i++) {
            pool.add(labelled(
                    revision + "-" + role.charAt(0) + i,
                    Map.of(
                            REVISION,
                            revision,
                            "disaggregatedset.x-k8s.io/role",
                            role,
                            "disaggregatedset.x-k8s.io/slice",
                            "s1",
                            "set",
                            "mine")));
        }
    }

    private double shareOfNew(String mode) {
        DisaggregatedsetRolloutScreener screener = screener(mode);
        Candidates candidates = Candidates.of(pool);
        SplittableRandom random = new SplittableRandom(11);
        int drawn = 0;
        for (int i = 0; i < REQUESTS; i++) {
            Candidates kept = screener.screen(EndpointFixture.request(random), candidates);
            drawn += kept.get(0).metadata().name().startsWith("new") ? 1 : 0;
        }
        return drawn / (double) REQUESTS;
    }

    private Candidates screen(String mode, Map<String, String> headers) {
        return screener(mode).screen(EndpointFixture.request(headers, 0), Candidates.of(pool));
    }

    private DisaggregatedsetRolloutScreener screener(String mode) {
        DisaggregatedsetRolloutScreener.Params params = bind("""
                scope: {labelSelector: set=mine}
                headerSelectors:
                  - {name: revision, headerName: X-Disagg-Revision, labelKey: disaggregatedset.x-k8s.io/revision, mode: strict}
                  - {name: slice, headerName: x-disagg-slice, labelKey: disaggregatedset.x-k8s.io/slice, mode: prefer}
                revisionGating: {mode: %s, requireRoles: {values: [prefill, decode]}}
                """.formatted(mode));
        return new DisaggregatedsetRolloutScreener("rollout", params, () -> pool.toArray(Endpoint[]::new), events);
    }

    private static DisaggregatedsetRolloutScreener.Params bind(String text) {
        return ParameterBinder.bind(DisaggregatedsetRolloutScreener.Params.class, text);
    }
}
