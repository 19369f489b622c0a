package io.llmd.scheduler.plugin.producer;

import static io.llmd.scheduler.scheduling.EndpointFixture.labelled;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Topologies;
import io.llmd.scheduler.scheduling.Topology;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TopologyExtractorTest {

    @Test
    void placesAreReadFromLabels() {
        Candidates candidates = Candidates.of(
                labelled(
                        "a",
                        Map.of(
                                "kubernetes.io/hostname", "h1",
                                "topology.kubernetes.io/rack", "r1",
                                "topology.kubernetes.io/zone", "z1",
                                "topology.kubernetes.io/region", "g1")),
                labelled("b", Map.of("rack", "r2")));
        assertThat(produce("", candidates).at(0)).isEqualTo(new Topology("h1", "r1", "z1", "g1"));
        assertThat(produce("", candidates).at(1)).isEqualTo(new Topology("", "", "", ""));
        assertThat(produce("{rack: rack, zone: z}", candidates).at(1)).isEqualTo(new Topology("", "r2", "", ""));
    }

    @Test
    void onlyCandidatesAreRead() {
        Candidates candidates = Candidates.of(labelled("a", Map.of()), labelled("b", Map.of()));
        assertThat(produce("", candidates.where(i -> i == 1)).at(0)).isNull();
    }

    private static Topologies produce(String parameters, Candidates candidates) {
        TopologyExtractor extractor =
                new TopologyExtractor("places", ParameterBinder.bind(TopologyExtractor.Params.class, parameters));
        extractor.produce(request(), candidates);
        assertThat(extractor.produces()).containsExactly(DataKeys.topologies("places"));
        Topologies topologies = candidates.data(DataKeys.topologies("places"));
        assertThat(topologies).isNotNull();
        return topologies;
    }
}
