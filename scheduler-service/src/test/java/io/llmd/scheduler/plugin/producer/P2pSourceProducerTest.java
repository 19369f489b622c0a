package io.llmd.scheduler.plugin.producer;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileOutcome.Picked;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class P2pSourceProducerTest {

    private static final int A = 0;
    private static final int B = 1;
    private static final String DELTA_256 = "minCachedTokenDelta: 256";

    @Test
    @Tag("scheduling-56")
    void theEndpointWithMostTokensIsTheSourceWhenItHoldsEnoughMore() {
        assertThat(source(DELTA_256, candidates(16, 8), Map.of("p", B))).isEqualTo("127.0.0.1:1000");
    }

    @Test
    @Tag("scheduling-56")
    void aSmallDifferenceIsNotWorthATransfer() {
        assertThat(source(DELTA_256, candidates(16, 14), Map.of("p", B))).isNull();
        assertThat(source(DELTA_256, candidates(16, 12), Map.of("p", B))).isEqualTo("127.0.0.1:1000");
    }

    @Test
    @Tag("scheduling-56")
    void theComputingEndpointNeedsNoSource() {
        assertThat(source(DELTA_256, candidates(16, 8), Map.of("p", A))).isNull();
    }

    @Test
    void thePrefillEndpointComputes() {
        assertThat(source(DELTA_256, candidates(16, 8), Map.of("p", A, "prefill", B)))
                .isEqualTo("127.0.0.1:1000");
        assertThat(source("prefillProfileName: first", candidates(16, 8), Map.of("p", A, "prefill", B)))
                .isNull();
    }

    @Test
    void whenNobodyHoldsAnythingThereIsNoSource() {
        assertThat(source("", candidates(0, 0), Map.of("p", B))).isNull();
        assertThat(source("", idle("a", "b"), Map.of("p", B))).isNull();
    }

    @Test
    @Tag("scheduling-57")
    void sourcesWithinOneBlockAreDrawnByTheirQueuesAndTheRequestId() {
        int fromA = 0;
        for (int i = 0; i < 4000; i++) {
            String first = drawn("request-" + i);
            assertThat(drawn("request-" + i)).isEqualTo(first);
            fromA += first.equals("127.0.0.1:1000") ? 1 : 0;
        }
        assertThat(fromA).isBetween(3100, 3300);
    }

    @Test
    void onlyBlocksInTheMemoryOfTheHostCanBePulledWhereTiersAreKnown() {
        Candidates candidates = candidates(16, 8);
        PrefixMatches matches = new PrefixMatches(2);
        matches.setWeighted(A, 16, 16, 20, 64);
        matches.setTiers(A, 16, 3, 0, 0);
        matches.setWeighted(B, 9, 12, 20, 64);
        matches.setTiers(B, 0, 12, 0, 0);
        candidates.put(DataKeys.prefixMatches(""), matches);

        assertThat(source(DELTA_256, candidates, Map.of("p", A))).isNull();
        assertThat(source(DELTA_256, candidates, Map.of("p", B))).isNull();
        matches.setTiers(A, 0, 16, 0, 0);
        assertThat(source(DELTA_256, candidates, Map.of("p", B))).isEqualTo("127.0.0.1:1000");
    }

    @Test
    void theComputingEndpointCountsWithAllThatItHolds() {
        Candidates candidates = candidates(16, 8);
        PrefixMatches matches = new PrefixMatches(2);
        matches.setWeighted(A, 12, 16, 20, 64);
        matches.setTiers(A, 0, 16, 0, 0);
        matches.setWeighted(B, 6, 14, 20, 64);
        matches.setTiers(B, 6, 0, 8, 0);
        candidates.put(DataKeys.prefixMatches(""), matches);

        assertThat(source("minCachedTokenDelta: 128", candidates, Map.of("p", B)))
                .isEqualTo("127.0.0.1:1000");
        assertThat(source("minCachedTokenDelta: 129", candidates, Map.of("p", B)))
                .isNull();
    }

    @Test
    void theHostOfIpv6IsInBrackets() {
        assertThat(new EndpointMetadata("ns/a", "a", "fd00::1", 80, 80, Map.of(), 0).hostPort())
                .isEqualTo("[fd00::1]:80");
    }

    @Test
    void aDeltaBelowOneIsRefused() {
        assertThatThrownBy(() -> producer("minCachedTokenDelta: 0")).hasMessageContaining("0 (expected: >= 1)");
    }

    private static String drawn(String requestId) {
        Candidates candidates = Candidates.of(at(1000, 0), at(1001, 3), at(1002, 0));
        PrefixMatches matches = new PrefixMatches(3);
        matches.set(0, 16, 20, 64);
        matches.set(1, 15, 20, 64);
        matches.set(2, 0, 20, 64);
        candidates.put(DataKeys.prefixMatches(""), matches);
        InferenceRequest plain = request();
        InferenceRequest named =
                new InferenceRequest(requestId, "m", plain.body(), Map.of(), 0, plain.fairnessId(), 0, plain.random());
        String source = source("", named, candidates, Map.of("p", 2));
        return source == null ? "none" : source;
    }

    private static Candidates candidates(int blocksOfA, int blocksOfB) {
        Candidates candidates = Candidates.of(at(1000, 0), at(1001, 0));
        PrefixMatches matches = new PrefixMatches(2);
        matches.set(A, blocksOfA, 20, 64);
        matches.set(B, blocksOfB, 20, 64);
        candidates.put(DataKeys.prefixMatches(""), matches);
        return candidates;
    }

    private static Endpoint at(int port, int waiting) {
        EndpointMetadata metadata =
                new EndpointMetadata("ns/" + port, "e" + port, "127.0.0.1", port, port, Map.of(), 0);
        return new Endpoint(metadata, endpoint("e", waiting, 0, 0).metrics(), true);
    }

    private static @Nullable String source(String parameters, Candidates candidates, Map<String, Integer> slots) {
        return source(parameters, request(), candidates, slots);
    }

    private static @Nullable String source(
            String parameters, InferenceRequest request, Candidates candidates, Map<String, Integer> slots) {
        Map<String, Picked> profiles = new HashMap<>();
        slots.forEach(
                (profile, slot) -> profiles.put(profile, new Picked(List.of(candidates.atSlot(slot)), List.of(slot))));
        Dispatch dispatch = new Dispatch(1);
        producer(parameters).scheduled(request, candidates, new Scheduled("p", profiles), dispatch);
        return dispatch.requestHeaders().get("x-kv-cache-source-host-port");
    }

    private static P2pSourceProducer producer(String parameters) {
        return new P2pSourceProducer(ParameterBinder.bind(P2pSourceProducer.Params.class, parameters));
    }
}
