package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.labelled;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static io.llmd.scheduler.scheduling.EndpointFixture.score;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.plugin.scorer.HeaderLabelAffinityScorer.Params;
import io.llmd.scheduler.scheduling.Candidates;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class HeaderLabelAffinityScorerTest {

    private final HeaderLabelAffinityScorer scorer =
            new HeaderLabelAffinityScorer(ParameterBinder.bind(Params.class, "{headerName: Team, labelKey: team}"));
    private final Candidates candidates = Candidates.of(
            labelled("a", Map.of("team", "red")), labelled("b", Map.of("team", "blue")), labelled("c", Map.of()));

    @Test
    @Tag("scheduling-31")
    void aLabelWithTheHeadersValueScoresOne() {
        assertThat(score(scorer, request(Map.of("team", "red"), 0), candidates)).containsExactly(1, 0, 0);
    }

    @Test
    @Tag("scheduling-31")
    void withoutTheHeaderAllScoreZero() {
        assertThat(score(scorer, candidates)).containsExactly(0, 0, 0);
        assertThat(score(scorer, request(Map.of("team", ""), 0), candidates)).containsExactly(0, 0, 0);
    }

    @Test
    void bothNamesAreRequired() {
        assertThatThrownBy(() -> ParameterBinder.bind(Params.class, "labelKey: team"))
                .hasMessageContaining("headerName: is missing");
        assertThatThrownBy(() -> ParameterBinder.bind(Params.class, "{headerName: '', labelKey: team}"))
                .hasMessageContaining("headerName: \"\" (expected: a header name)");
        assertThatThrownBy(() -> ParameterBinder.bind(Params.class, "{headerName: team, labelKey: ''}"))
                .hasMessageContaining("labelKey: \"\" (expected: a label name)");
    }
}
