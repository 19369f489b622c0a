package io.llmd.scheduler.plugin.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeaderBasedTestingFilterTest {

    private final Candidates candidates =
            Candidates.of(endpoint("a", "10.0.0.1", 1), endpoint("b", "10.0.0.2", 1), endpoint("c", "10.0.0.2", 2));

    @Test
    void listedHostsAndPortsStay() {
        assertThat(kept(Map.of("test-epp-endpoint-selection", "10.0.0.1, 10.0.0.2:2")))
                .containsExactly("a", "c");
        assertThat(kept(Map.of("test-epp-endpoint-selection", "10.0.0.2"))).containsExactly("b", "c");
    }

    @Test
    void withoutTheHeaderNobodyStays() {
        assertThat(kept(Map.of())).isEmpty();
    }

    private List<String> kept(Map<String, String> headers) {
        return EndpointFixture.names(
                new HeaderBasedTestingFilter().filter(EndpointFixture.request(headers, 0), candidates));
    }

    private static Endpoint endpoint(String name, String host, int port) {
        return new Endpoint(
                new EndpointMetadata("ns/" + name, name, host, port, port, Map.of(), 0),
                EndpointMetrics.UNKNOWN,
                false);
    }
}
