package io.llmd.scheduler.plugin.decider;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static io.llmd.scheduler.scheduling.EndpointFixture.requestWithMedia;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.Decider;
import org.junit.jupiter.api.Test;

class AlwaysDisaggMultimodalDeciderTest {

    private final Decider decider = new AlwaysDisaggMultimodalDecider();

    @Test
    void onlyRequestsWithMediaAreSplit() {
        assertThat(decider.decide(requestWithMedia(1), idle("a"), 0)).isTrue();
        assertThat(decider.decide(requestWithMedia(1), idle("a"), Decider.NOBODY))
                .isTrue();
        assertThat(decider.decide(request(), idle("a"), 0)).isFalse();
    }
}
