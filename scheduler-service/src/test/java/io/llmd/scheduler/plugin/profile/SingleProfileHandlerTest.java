package io.llmd.scheduler.plugin.profile;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Reason;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SingleProfileHandlerTest {

    private final SingleProfileHandler handler = new SingleProfileHandler();

    @Test
    void theProfileRunsOnce() {
        assertThat(handler.nextProfiles(request(), idle("a"), List.of("chat"), Map.of()))
                .containsExactly("chat");
        assertThat(handler.nextProfiles(
                        request(), idle("a"), List.of("chat"), Map.of("chat", new ProfileOutcome.Failed("x"))))
                .isEmpty();
    }

    @Test
    void whatTheProfileChoseIsTheOutcome() {
        ProfileOutcome.Picked picked =
                new ProfileOutcome.Picked(List.of(idle("a").get(0)), List.of(0));
        assertThat(handler.process(request(), Map.of("chat", picked)))
                .isEqualTo(new SchedulingOutcome.Scheduled("chat", Map.of("chat", picked)));
    }

    @Test
    void nobodyLeftMeansSaturated() {
        assertThat(handler.process(request(), Map.of("chat", new ProfileOutcome.Failed("filter x left nobody"))))
                .isEqualTo(new SchedulingOutcome.Rejected(Reason.SATURATED, "filter x left nobody"));
    }
}
