package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static io.llmd.scheduler.scheduling.EndpointFixture.score;
import static io.llmd.scheduler.scheduling.EndpointFixture.withAdapters;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.Candidates;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LoraAffinityScorerTest {

    private final LoraAffinityScorer scorer = new LoraAffinityScorer();

    @Test
    @Tag("scheduling-8")
    void aLoadedAdapterIsBestThenRoomThenAWaitingAdapter() {
        Set<String> full = Set.of("w", "x", "y", "z");
        Candidates candidates = Candidates.of(
                withAdapters("a", Set.of("tune-1"), Set.of(), 4),
                withAdapters("b", Set.of("x"), Set.of(), 4),
                withAdapters("c", full, Set.of("tune-1"), 4),
                withAdapters("d", full, Set.of(), 4),
                endpoint("e", 0, 0, 0));
        assertThat(score(scorer, request("tune-1", 8), candidates)).containsExactly(1, 0.8, 0.6, 0, 0);
    }

    @Test
    void waitingAdaptersTakeRoomToo() {
        Candidates candidates = Candidates.of(
                withAdapters("a", Set.of("x"), Set.of("y"), 2), withAdapters("b", Set.of("x"), Set.of("y"), 3));
        assertThat(score(scorer, request("tune-1", 8), candidates)).containsExactly(0, 0.8);
    }
}
