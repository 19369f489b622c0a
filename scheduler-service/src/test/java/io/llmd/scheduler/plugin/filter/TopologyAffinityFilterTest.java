package io.llmd.scheduler.plugin.filter;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.names;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.PeerEndpoint;
import io.llmd.scheduler.scheduling.Topologies;
import io.llmd.scheduler.scheduling.Topology;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TopologyAffinityFilterTest {

    @Test
    @Tag("scheduling-26")
    void onlyNearEndpointsStay() {
        assertThat(keeps("", around().where(i -> i < 6))).containsExactly("a");
        assertThat(keeps("minAffinity: rack", around().where(i -> i < 6))).containsExactly("a", "b");
        assertThat(keeps("minAffinity: zone", around().where(i -> i < 6))).containsExactly("a", "b", "c");
        assertThat(keeps("minAffinity: region", around().where(i -> i < 6))).containsExactly("a", "b", "c", "d");
    }

    @Test
    @Tag("scheduling-26")
    void whenNobodyIsNearAllStay() {
        assertThat(keeps("minAffinity: rack", around().where(i -> i >= 2 && i <= 4)))
                .containsExactly("c", "d", "e");
    }

    @Test
    void withoutAPeerOrItsPlaceAllStay() {
        assertThat(keeps("", idle("a", "b"))).containsExactly("a", "b");
        Candidates withoutPlaces = idle("a", "b");
        withoutPlaces.put(DataKeys.topologies(""), new Topologies(2));
        withoutPlaces.put(DataKeys.peerEndpoint(), new PeerEndpoint(0));
        assertThat(keeps("", withoutPlaces)).containsExactly("a", "b");
    }

    private static List<String> keeps(String parameters, Candidates candidates) {
        TopologyAffinityFilter filter =
                new TopologyAffinityFilter(ParameterBinder.bind(TopologyAffinityFilter.Params.class, parameters));
        return names(filter.filter(request(), candidates));
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
