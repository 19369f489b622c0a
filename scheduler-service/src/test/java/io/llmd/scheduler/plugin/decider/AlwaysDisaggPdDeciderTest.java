package io.llmd.scheduler.plugin.decider;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.Decider;
import org.junit.jupiter.api.Test;

class AlwaysDisaggPdDeciderTest {

    @Test
    void everyRequestIsSplit() {
        assertThat(new AlwaysDisaggPdDecider().decide(request(), idle("a"), Decider.NOBODY))
                .isTrue();
    }
}
