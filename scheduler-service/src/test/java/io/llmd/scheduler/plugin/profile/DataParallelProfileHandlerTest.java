package io.llmd.scheduler.plugin.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.ProfileOutcome.Picked;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Reason;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Rejected;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DataParallelProfileHandlerTest {

    private static final Endpoint RANK = new Endpoint(
            new EndpointMetadata("ns/a-rank-1", "a", "10.0.0.1", 8201, 8201, Map.of(), 1),
            EndpointMetrics.UNKNOWN,
            false);

    private final DataParallelProfileHandler handler = new DataParallelProfileHandler(
            ParameterBinder.bind(DataParallelProfileHandler.Params.class, "primaryPort: 8000"));

    @Test
    void theRequestGoesThroughThePrimaryPortAndAHeaderNamesTheRank() {
        Candidates candidates = Candidates.of(RANK);
        Scheduled scheduled = (Scheduled)
                handler.process(EndpointFixture.request(), Map.of("p", new Picked(List.of(RANK), List.of(0))));
        assertThat(scheduled.primary().primary().metadata().hostPort()).isEqualTo("10.0.0.1:8000");
        assertThat(scheduled.primary().primary().id()).isEqualTo("ns/a-rank-1");
        Dispatch dispatch = new Dispatch(1);
        handler.scheduled(EndpointFixture.request(), candidates, scheduled, dispatch);
        assertThat(dispatch.requestHeaders()).containsExactly(Map.entry("x-data-parallel-host-port", "10.0.0.1:8201"));
    }

    @Test
    void whenNobodyIsLeftThePoolIsSaturated() {
        assertThat(handler.process(EndpointFixture.request(), Map.of("p", new ProfileOutcome.Failed("nobody"))))
                .isEqualTo(new Rejected(Reason.SATURATED, "nobody"));
    }

    @Test
    void theOnlyProfileRunsOnce() {
        assertThat(handler.nextProfiles(EndpointFixture.request(), Candidates.of(RANK), List.of("p"), Map.of()))
                .containsExactly("p");
        assertThat(handler.nextProfiles(
                        EndpointFixture.request(),
                        Candidates.of(RANK),
                        List.of("p"),
                        Map.of("p", new ProfileOutcome.Failed("nobody"))))
                .isEmpty();
    }

    @Test
    void aPortIsAPort() {
        assertThatThrownBy(() -> ParameterBinder.bind(DataParallelProfileHandler.Params.class, "primaryPort: 0"))
                .hasMessageContaining("primaryPort: 0 (expected: 1 to 65535)");
    }
}
