package io.llmd.scheduler.plugin.scorer;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.score;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.PeerEndpoint;
import io.llmd.scheduler.scheduling.Topologies;
import io.llmd.scheduler.scheduling.Topology;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TopologyAffinityScorerTest {

    private final TopologyAffinityScorer scorer =
            new TopologyAffinityScorer(ParameterBinder.bind(TopologyAffinityScorer.Params.class, ""));

    @Test
    @Tag("scheduling-25")
    void nearerEndpointsScoreHigher() {
        assertThat(score(scorer, around().where(i -> i < 6))).containsExactly(1, 0.20, 0.05, 0.02, 0, 0);
    }

    @Test
    void unknownPlacesAreNeverTheSame() {
        Candidates candidates = around();
        candidates.put(DataKeys.peerEndpoint(), new PeerEndpoint(5));
        assertThat(score(scorer, candidates)).containsOnly(0);
    }

    @Test
    void withoutAPeerOrItsPlaceAllScoreZero() {
        assertThat(score(scorer, idle("a", "b"))).containsExactly(0, 0);
        Candidates withoutPlaces = idle("a", "b");
        withoutPlaces.put(DataKeys.topologies(""), new Topologies(2));
        assertThat(score(scorer, withoutPlaces)).containsExactly(0, 0);
        withoutPlaces.put(DataKeys.peerEndpoint(), new PeerEndpoint(0));
        assertThat(score(scorer, withoutPlaces)).containsExactly(0, 0);
    }

    /** Endpoints on the same host, rack, zone and region as the peer, elsewhere, at an unknown place; and the peer. */
    private static Candidates around() {
        Candidates candidates = idle("a", "b", "c", "d", "e", "f", "peer");
        Topologies topologies = new Topologies(7);
        topologies.set(0, new Topology("h1", "r2", "z2", "g2"));
        topologies.set(1, new Topology("h2", "r1", "z2", "g2"));
        topologies.set(2, new Topology("h3", "r3", "z1", "g2"));
        topologies.set(3, new Topology("h4", "r4", "z4", "g1"));
        topologies.set(4, new Topology("h5", "r5", "z5", "g5"));
        topologies.set(5, new Topology("", "", "", ""));
        topologies.set(6, new Topology("h1", "r1", "z1", "g1"));
        candidates.put(DataKeys.topologies(""), topologies);
        candidates.put(DataKeys.peerEndpoint(), new PeerEndpoint(6));
        return candidates;
    }
}
