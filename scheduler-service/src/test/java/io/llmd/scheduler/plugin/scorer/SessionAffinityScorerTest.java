package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static io.llmd.scheduler.scheduling.EndpointFixture.score;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.plugin.session.SessionAffinity;
import io.llmd.scheduler.plugin.session.SessionTokenSigner;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.ProfileOutcome.Picked;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SessionAffinityScorerTest {

    private final SessionAffinityScorer scorer = of("strategy: session_id");

    @Test
    void theEndpointOfTheSessionScoresOne() {
        serve(session("s"), idle("a", "b", "c"), 1);
        assertThat(score(scorer, session("s"), idle("a", "b", "c"))).containsExactly(0, 1, 0);
    }

    @Test
    void withoutASessionAllScoreZero() {
        serve(session("s"), idle("a", "b"), 1);
        assertThat(score(scorer, idle("a", "b"))).containsExactly(0, 0);
    }

    @Test
    void whenTheEndpointIsGoneAllScoreZero() {
        serve(session("s"), idle("a", "b"), 1);
        assertThat(score(scorer, session("s"), idle("a", "c"))).containsExactly(0, 0);
    }

    private static InferenceRequest session(String id) {
        return request(Map.of("x-session-id", id), 0);
    }

    private void serve(InferenceRequest request, Candidates candidates, int position) {
        score(scorer, request, candidates);
        Picked picked = new Picked(List.of(candidates.get(position)), List.of(candidates.slot(position)));
        scorer.scheduled(request, candidates, new Scheduled("p", Map.of("p", picked)), new Dispatch(1));
    }

    private static SessionAffinityScorer of(String parameters) {
        return new SessionAffinityScorer(new SessionAffinity(
                "sticky",
                ParameterBinder.bind(SessionAffinity.Params.class, parameters),
                SessionTokenSigner.withRandomKey()));
    }
}
