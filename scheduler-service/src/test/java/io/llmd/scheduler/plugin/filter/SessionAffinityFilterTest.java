package io.llmd.scheduler.plugin.filter;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.names;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.plugin.session.SessionAffinity;
import io.llmd.scheduler.plugin.session.SessionTokenSigner;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.ProfileOutcome.Picked;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SessionAffinityFilterTest {

    private final SessionAffinityFilter filter = of("strategy: session_id");

    @Test
    void onlyTheEndpointOfTheSessionStays() {
        serve(session("s"), idle("a", "b", "c"), 1);
        assertThat(keeps(session("s"), idle("a", "b", "c"))).containsExactly("b");
    }

    @Test
    void withoutASessionAllStay() {
        serve(session("s"), idle("a", "b"), 1);
        assertThat(keeps(request(), idle("a", "b"))).containsExactly("a", "b");
        assertThat(keeps(session("t"), idle("a", "b"))).containsExactly("a", "b");
    }

    @Test
    @Tag("scheduling-71")
    void aDetourWhileTheEndpointIsACandidateDoesNotMoveTheSession() {
        serve(session("s"), idle("a", "b"), 0);
        serve(session("s"), idle("a", "b"), 1);
        assertThat(keeps(session("s"), idle("a", "b"))).containsExactly("a");
    }

    @Test
    @Tag("scheduling-71")
    void aSessionMovesWhenAnEarlierFilterRemovedItsEndpoint() {
        serve(session("s"), idle("a", "b"), 0);
        Candidates left = idle("a", "b").where(i -> i == 1);
        assertThat(keeps(session("s"), left)).containsExactly("b");
        serve(session("s"), left, 0);
        assertThat(keeps(session("s"), idle("a", "b"))).containsExactly("b");
    }

    @Test
    @Tag("scheduling-72")
    void aTokenOfAnEndpointThatIsGoneIsIgnoredAndReplaced() {
        SessionAffinityFilter byToken = of("");
        String gone = token(byToken, idle("gone"));
        Candidates candidates = idle("a", "b");
        String unsigned = Base64.getEncoder().encodeToString("ns/gone".getBytes(StandardCharsets.UTF_8));
        for (String stale : List.of(gone, unsigned)) {
            InferenceRequest request = request(Map.of("x-session-token", stale), 0);
            assertThat(names(byToken.filter(request, candidates))).containsExactly("a", "b");
            String next = token(byToken, request, candidates);
            assertThat(names(byToken.filter(request(Map.of("x-session-token", next), 0), candidates)))
                    .containsExactly("a");
        }
    }

    private static String token(SessionAffinityFilter filter, Candidates candidates) {
        return token(filter, request(), candidates);
    }

    private static String token(SessionAffinityFilter filter, InferenceRequest request, Candidates candidates) {
        Dispatch dispatch = new Dispatch(1);
        Picked picked = new Picked(List.of(candidates.get(0)), List.of(0));
        filter.scheduled(request, candidates, new Scheduled("p", Map.of("p", picked)), dispatch);
        return dispatch.responseHeaders().get("x-session-token");
    }

    private List<String> keeps(InferenceRequest request, Candidates candidates) {
        return names(filter.filter(request, candidates));
    }

    private static InferenceRequest session(String id) {
        return request(Map.of("x-session-id", id), 0);
    }

    private void serve(InferenceRequest request, Candidates candidates, int position) {
        filter.filter(request, candidates);
        Picked picked = new Picked(List.of(candidates.get(position)), List.of(candidates.slot(position)));
        filter.scheduled(request, candidates, new Scheduled("p", Map.of("p", picked)), new Dispatch(1));
    }

    private static SessionAffinityFilter of(String parameters) {
        return new SessionAffinityFilter(new SessionAffinity(
                "sticky",
                ParameterBinder.bind(SessionAffinity.Params.class, parameters),
                SessionTokenSigner.withRandomKey()));
    }
}
