package io.llmd.scheduler.plugin.response;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.ProfileOutcome.Picked;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DestinationEndpointServedVerifierTest {

    @Test
    void theAnswerSaysWhoServesIt() {
        Candidates candidates = EndpointFixture.idle("a");
        Dispatch dispatch = new Dispatch(1);
        Scheduled outcome = new Scheduled("p", Map.of("p", new Picked(List.of(candidates.get(0)), List.of(0))));
        new DestinationEndpointServedVerifier().scheduled(EndpointFixture.request(), candidates, outcome, dispatch);
        assertThat(dispatch.responseHeaders())
                .containsExactly(Map.entry("x-gateway-destination-endpoint-served", "127.0.0.1:8000"));
    }
}
