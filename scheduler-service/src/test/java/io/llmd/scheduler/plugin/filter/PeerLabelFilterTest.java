package io.llmd.scheduler.plugin.filter;

import static io.llmd.scheduler.scheduling.EndpointFixture.labelled;
import static io.llmd.scheduler.scheduling.EndpointFixture.names;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.PeerEndpoint;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PeerLabelFilterTest {

    private final Candidates candidates = Candidates.of(
            labelled("a", Map.of("version", "1", "dtype", "fp8")),
            labelled("b", Map.of("version", "1")),
            labelled("c", Map.of("version", "2")),
            labelled("d", Map.of()));

    @Test
    void endpointsWithTheLabelsOfThePeerStay() {
        candidates.put(DataKeys.peerEndpoint(), new PeerEndpoint(1));
        assertThat(keeps("labels: [version]", candidates)).containsExactly("a", "b");
        assertThat(keeps("labels: [version, dtype]", candidates)).containsExactly("b");
    }

    @Test
    void nobodyStaysWhenNobodyIsAlike() {
        candidates.put(DataKeys.peerEndpoint(), new PeerEndpoint(2));
        assertThat(keeps("labels: [version]", candidates.where(i -> i != 2))).isEmpty();
    }

    @Test
    void withoutAPeerAllStay() {
        assertThat(keeps("labels: [version]", candidates)).hasSize(4);
    }

    @Test
    void labelsAreNeeded() {
        assertThatThrownBy(() -> keeps("labels: []", candidates)).hasMessageContaining("labels: empty");
    }

    private static List<String> keeps(String parameters, Candidates candidates) {
        PeerLabelFilter filter = new PeerLabelFilter(ParameterBinder.bind(PeerLabelFilter.Params.class, parameters));
        return names(filter.filter(request(), candidates));
    }
}
