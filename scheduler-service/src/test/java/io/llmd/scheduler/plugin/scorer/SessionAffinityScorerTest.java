package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static io.llmd.scheduler.scheduling.EndpointFixture.score;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ConfigException;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
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

class SessionAffinityScorerTest {

    private static final SessionTokenSigner SIGNER = SessionTokenSigner.withKey(new byte[32]);

    @Test
    void theTokenOfAnAnswerPinsTheNextRequest() {
        SessionAffinityScorer scorer = scorer("");
        Candidates candidates = idle("a", "b", "c");
        Dispatch dispatch = new Dispatch(1);
        scorer.scheduled(request(), candidates, chosen(candidates, 1), dispatch);
        String token = dispatch.responseHeaders().get("x-session-token");
        assertThat(score(scorer, request(Map.of("x-session-token", token), 0), candidates))
                .containsExactly(0, 1, 0);
    }

    @Test
    void withoutATokenAllScoreZero() {
        assertThat(score(scorer(""), idle("a", "b"))).containsExactly(0, 0);
    }

    @Test
    void anUnsignedTokenCountsAsAbsent() {
        String unsigned = Base64.getEncoder().encodeToString("ns/a".getBytes(StandardCharsets.UTF_8));
        assertThat(scoreToken(unsigned)).containsExactly(0, 0);
    }

    @Test
    void aTokenOfAnotherKeyCountsAsAbsent() {
        assertThat(scoreToken(SessionTokenSigner.withRandomKey().sign("ns/a"))).containsExactly(0, 0);
    }

    @Test
    void aTokenWhoseEndpointWasChangedCountsAsAbsent() {
        String token = SIGNER.sign("ns/b");
        String forged = Base64.getUrlEncoder().withoutPadding().encodeToString("ns/a".getBytes(StandardCharsets.UTF_8))
                + token.substring(token.indexOf('.'));
        assertThat(scoreToken(forged)).containsExactly(0, 0);
    }

    @Test
    void garbageCountsAsAbsent() {
        assertThat(scoreToken("%%%.***")).containsExactly(0, 0);
        assertThat(scoreToken("x".repeat(5000) + ".y")).containsExactly(0, 0);
    }

    @Test
    void aTokenForAnEndpointThatIsGoneScoresZeroForAll() {
        assertThat(scoreToken(SIGNER.sign("ns/gone"))).containsExactly(0, 0);
    }

    @Test
    void aSessionIdStaysWithTheEndpointThatServedItFirst() {
        SessionAffinityScorer scorer = scorer("strategy: session_id");
        Candidates candidates = idle("a", "b");
        serve(scorer, session("s", 0), candidates, 1);
        assertThat(score(scorer, session("s", 1), idle("a", "b"))).containsExactly(0, 1);
        assertThat(score(scorer, session("other", 1), idle("a", "b"))).containsExactly(0, 0);
    }

    @Test
    void oneDetourDoesNotMoveASession() {
        SessionAffinityScorer scorer = scorer("strategy: session_id");
        serve(scorer, session("s", 0), idle("a", "b"), 0);
        serve(scorer, session("s", 1), idle("a", "b"), 1);
        assertThat(score(scorer, session("s", 2), idle("a", "b"))).containsExactly(1, 0);
    }

    @Test
    void aSessionMovesWhenItsEndpointIsNoCandidate() {
        SessionAffinityScorer scorer = scorer("strategy: session_id");
        serve(scorer, session("s", 0), idle("a", "b"), 0);
        serve(scorer, session("s", 1), idle("b"), 0);
        assertThat(score(scorer, session("s", 2), idle("a", "b"))).containsExactly(0, 1);
    }

    @Test
    void aSessionIsForgottenAfterItsTimeToLive() {
        SessionAffinityScorer scorer = scorer("{strategy: session_id, sessionIdConfig: {evictionTtlSeconds: 2}}");
        serve(scorer, session("s", 0), idle("a", "b"), 0);
        long after = Duration.ofMillis(2001).toNanos();
        assertThat(score(scorer, session("s", after - 2_000_000), idle("a", "b")))
                .containsExactly(1, 0);
        assertThat(score(scorer, session("s", after), idle("a", "b"))).containsExactly(0, 0);
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
        SessionAffinityScorer scorer =
                scorer("{strategy: session_id, sessionIdConfig: {sources: [{header: X-First}, {header: x-second}]}}");
        serve(scorer, request(Map.of("x-first", "s", "x-second", "t"), 0), idle("a", "b"), 1);
        assertThat(score(scorer, request(Map.of("x-second", "s"), 1), idle("a", "b")))
                .containsExactly(0, 1);
    }

    @Test
    void aSourceThatIsNoHeaderIsRefused() {
        assertThatThrownBy(() -> scorer("sessionIdConfig: {sources: [{attribute: agent-identity}]}"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("sessionIdConfig.sources[0].attribute")
                .hasMessageContaining("not available in this version");
    }

    @Test
    void unknownStrategyNamesTheAcceptedOnes() {
        assertThatThrownBy(() -> scorer("strategy: cookie"))
                .hasMessageContaining("cookie (expected: one of encoded_endpoint_header, session_id)");
    }

    private static double[] scoreToken(String token) {
        return score(scorer(""), request(Map.of("x-session-token", token), 0), idle("a", "b"));
    }

    private static InferenceRequest session(String id, long nanos) {
        return request(Map.of("x-session-id", id), nanos);
    }

    private static void serve(SessionAffinityScorer scorer, InferenceRequest request, Candidates candidates, int slot) {
        score(scorer, request, candidates);
        scorer.scheduled(request, candidates, chosen(candidates, slot), new Dispatch(1));
    }

    private static SchedulingOutcome.Scheduled chosen(Candidates candidates, int slot) {
        ProfileOutcome.Picked picked = new ProfileOutcome.Picked(List.of(candidates.atSlot(slot)), List.of(slot));
        return new SchedulingOutcome.Scheduled("default", Map.of("default", picked));
    }

    private static SessionAffinityScorer scorer(String parameters) {
        return new SessionAffinityScorer(
                "sticky", ParameterBinder.bind(SessionAffinityScorer.Params.class, parameters), SIGNER);
    }
}
