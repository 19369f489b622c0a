package io.llmd.gateway.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.EndpointStatus;
import io.llmd.contracts.schedule.TargetEndpoint;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EndpointDirectoryTest {

    private static EndpointStatus status(String id, int port, Map<String, String> labels) {
        return new EndpointStatus(new TargetEndpoint(id, "10.0.0.1", port), labels, true, 1, 0, 0, 0, 0, 0);
    }

    @Test
    void endpointsForPhasesBeforeDecodeDoNotAnswerByThemselves() {
        EndpointDirectory directory = new EndpointDirectory();
        directory.update(new EndpointList(List.of(
                status("none", 1, Map.of()),
                status("prefill", 2, Map.of("llm-d.ai/role", "prefill")),
                status("encode", 3, Map.of("llm-d.ai/role", "encode")),
                status("decode", 4, Map.of("llm-d.ai/role", "decode")),
                status("both", 5, Map.of("llm-d.ai/role", "prefill-decode")))));

        assertThat(directory.answering())
                .extracting(TargetEndpoint::id)
                .containsExactlyInAnyOrder("none", "decode", "both");
        assertThat(directory.endpoints()).hasSize(5);
    }

    @Test
    void labelsAreKnownByAddressAndFollowEachList() {
        EndpointDirectory directory = new EndpointDirectory();
        directory.update(new EndpointList(List.of(status("a", 1, Map.of("x", "1")))));
        directory.update(new EndpointList(List.of(status("a", 1, Map.of("x", "2")))));

        assertThat(directory.at("10.0.0.1:1"))
                .isNotNull()
                .satisfies(found -> assertThat(found.labels()).containsEntry("x", "2"));
        assertThat(directory.at("10.0.0.1:2")).isNull();
    }
}
