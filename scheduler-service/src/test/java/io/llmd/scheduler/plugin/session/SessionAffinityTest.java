package io.llmd.scheduler.plugin.session;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ConfigException;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SessionAffinityTest {

    private static final SessionTokenSigner SIGNER = SessionTokenSigner.withKey(new byte[32]);

    @Test
    void theTokenOfAnAnswerPinsTheNextRequest() {
        SessionAffinity affinity = affinity("");
        Candidates candidates = idle("a", "b", "c");
        Dispatch dispatch = new Dispatch(1);
        affinity.scheduled(request(), candidates, chosen(candidates, 1), dispatch);
        String token = dispatch.responseHeaders().get("x-session-token");
        assertThat(affinity.pinned(request(Map.of("x-session-token", token), 0), candidates))
                .isEqualTo(1);
    }

    @Test
    void withoutATokenNobodyIsPinned() {
        assertThat(affinity("").pinned(request(), idle("a", "b"))).isEqualTo(-1);
    }

    @Test
    void anUnsignedTokenCountsAsAbsent() {
        String unsigned = Base64.getEncoder().encodeToString("ns/a".getBytes(StandardCharsets.UTF_8));
        assertThat(pinnedByToken(unsigned)).isEqualTo(-1);
    }

    @Test
    void aTokenOfAnotherKeyCountsAsAbsent() {
        assertThat(pinnedByToken(SessionTokenSigner.withRandomKey().sign("ns/a")))
                .isEqualTo(-1);
    }

    @Test
    void aTokenWhoseEndpointWasChangedCountsAsAbsent() {
        String token = SIGNER.sign("ns/b");
        String forged = Base64.getUrlEncoder().withoutPadding().encodeToString("ns/a".getBytes(StandardCharsets.UTF_8))
                + token.substring(token.indexOf('.'));
        assertThat(pinnedByToken(forged)).isEqualTo(-1);
    }

    @Test
    void garbageCountsAsAbsent() {
        assertThat(pinnedByToken("%%%.***")).isEqualTo(-1);
        assertThat(pinnedByToken("x".repeat(5000) + ".y")).isEqualTo(-1);
    }

    @Test
    void aTokenForAnEndpointThatIsGonePinsNobody() {
        assertThat(pinnedByToken(SIGNER.sign("ns/gone"))).isEqualTo(-1);
    }

    @Test
    void aSessionIdStaysWithTheEndpointThatServedItFirst() {
        SessionAffinity affinity = affinity("strategy: session_id");
        Candidates candidates = idle("a", "b");
        serve(affinity, session("s", 0), candidates, 1);
        assertThat(affinity.pinned(session("s", 1), idle("a", "b"))).isEqualTo(1);
        assertThat(affinity.pinned(session("other", 1), idle("a", "b"))).isEqualTo(-1);
    }

    @Test
    void oneDetourDoesNotMoveASession() {
        SessionAffinity affinity = affinity("strategy: session_id");
        serve(affinity, session("s", 0), idle("a", "b"), 0);
        serve(affinity, session("s", 1), idle("a", "b"), 1);
        assertThat(affinity.pinned(session("s", 2), idle("a", "b"))).isEqualTo(0);
    }

    @Test
    void aSessionMovesWhenItsEndpointIsNoCandidate() {
        SessionAffinity affinity = affinity("strategy: session_id");
        serve(affinity, session("s", 0), idle("a", "b"), 0);
        serve(affinity, session("s", 1), idle("b"), 0);
        assertThat(affinity.pinned(session("s", 2), idle("a", "b"))).isEqualTo(1);
    }

    @Test
    void aSessionIsForgottenAfterItsTimeToLive() {
        SessionAffinity affinity = affinity("{strategy: session_id, sessionIdConfig: {evictionTtlSeconds: 2}}");
        serve(affinity, session("s", 0), idle("a", "b"), 0);
        long after = Duration.ofMillis(2001).toNanos();
        assertThat(affinity.pinned(session("s", after - 2_000_000), idle("a", "b")))
                .isEqualTo(0);
        assertThat(affinity.pinned(session("s", after), idle("a", "b"))).isEqualTo(-1);
    }

    @Test
    void expiredBindingsAreRemovedOnceASweepIsDue() {
        SessionBindings bindings = new SessionBindings(100, 10);
        bindings.bind("old", "ns/a", 0);
        bindings.bind("new", "ns/a", 101);
        assertThat(bindings.size()).isEqualTo(1);
        assertThat(bindings.endpointOf("new", 101)).isEqualTo("ns/a");
    }

    @Test
    void theFirstSourceWithAValueWins() {
        SessionAffinity affinity =
                affinity("{strategy: session_id, sessionIdConfig: {sources: [{header: X-First}, {header: x-second}]}}");
        serve(affinity, request(Map.of("x-first", "s", "x-second", "t"), 0), idle("a", "b"), 1);
        assertThat(affinity.pinned(request(Map.of("x-second", "s"), 1), idle("a", "b")))
                .isEqualTo(1);
    }

    @Test
    void theIdCanComeFromAProducer() {
        SessionAffinity affinity =
                affinity("{strategy: session_id, sessionIdConfig: {sources: [{attribute: SessionIDDataKey}]}}");
        assertThat(affinity.requires()).containsExactly(DataKeys.sessionId("session-id-producer"));
        serve(affinity, request(), withSession("s"), 1);
        assertThat(affinity.pinned(request(), withSession("s"))).isEqualTo(1);
        assertThat(affinity.pinned(request(), withSession("t"))).isEqualTo(-1);
    }

    @Test
    void aProducerIsRequiredOnlyWhereItIsRead() {
        assertThat(affinity("strategy: session_id").requires()).isEmpty();
        assertThat(affinity("sessionIdConfig: {sources: [{attribute: SessionIDDataKey, producer: sid}]}")
                        .requires())
                .isEmpty();
    }

    @Test
    void aSourceIsEitherAHeaderOrTheSessionId() {
        assertThatThrownBy(() -> affinity("sessionIdConfig: {sources: [{attribute: agent-identity}]}"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("sessionIdConfig.sources[0].attribute: agent-identity")
                .hasMessageContaining("(expected: SessionIDDataKey)");
        assertThatThrownBy(() -> affinity("sessionIdConfig: {sources: [{}]}"))
                .hasMessageContaining("none (expected: either a header or an attribute)");
        assertThatThrownBy(() -> affinity("sessionIdConfig: {sources: [{header: x, attribute: SessionIDDataKey}]}"))
                .hasMessageContaining("x (expected: either a header or an attribute)");
        assertThatThrownBy(() -> affinity("sessionIdConfig: {sources: [{header: x, producer: y}]}"))
                .hasMessageContaining("y (expected: only with an attribute)");
    }

    @Test
    void unknownStrategyNamesTheAcceptedOnes() {
        assertThatThrownBy(() -> affinity("strategy: cookie"))
                .hasMessageContaining("cookie (expected: one of encoded_endpoint_header, session_id)");
    }

    private static int pinnedByToken(String token) {
        return affinity("").pinned(request(Map.of("x-session-token", token), 0), idle("a", "b"));
    }

    private static Candidates withSession(String id) {
        Candidates candidates = idle("a", "b");
        candidates.put(DataKeys.sessionId("session-id-producer"), id);
        return candidates;
    }

    private static InferenceRequest session(String id, long nanos) {
        return request(Map.of("x-session-id", id), nanos);
    }

    private static void serve(SessionAffinity affinity, InferenceRequest request, Candidates candidates, int slot) {
        affinity.pinned(request, candidates);
        affinity.scheduled(request, candidates, chosen(candidates, slot), new Dispatch(1));
    }

    private static SchedulingOutcome.Scheduled chosen(Candidates candidates, int slot) {
        ProfileOutcome.Picked picked = new ProfileOutcome.Picked(List.of(candidates.atSlot(slot)), List.of(slot));
        return new SchedulingOutcome.Scheduled("default", Map.of("default", picked));
    }

    private static SessionAffinity affinity(String parameters) {
        return new SessionAffinity("sticky", ParameterBinder.bind(SessionAffinity.Params.class, parameters), SIGNER);
    }
}
