package io.llmd.scheduler.plugin.filter;

import static io.llmd.scheduler.scheduling.EndpointFixture.labelled;
import static io.llmd.scheduler.scheduling.EndpointFixture.names;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Endpoint;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DecodeFilterTest {

    private final DecodeFilter filter = new DecodeFilter();

    @Test
    @Tag("scheduling-32")
    @Tag("inference-api-A33")
    void keepsDecodeAndUnlabelledEndpoints() {
        Candidates candidates =
                Candidates.of(role("a", "decode"), role("b", "prefill"), role("c", "both"), labelled("d", Map.of()));
        assertThat(names(filter.filter(request(), candidates))).containsExactly("a", "c", "d");
    }

    @Test
    void combinedRolesCountForEachOfTheirPhases() {
        Candidates candidates = Candidates.of(
                role("pd", "prefill-decode"),
                role("ep", "encode-prefill"),
                role("epd", "encode-prefill-decode"),
                role("e", "encode"),
                role("x", "something"));
        assertThat(names(filter.filter(request(), candidates))).containsExactly("pd", "epd");
    }

    private static Endpoint role(String name, String role) {
        return labelled(name, Map.of("llm-d.ai/role", role));
    }
}
