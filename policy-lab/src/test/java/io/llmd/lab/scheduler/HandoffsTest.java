package io.llmd.lab.scheduler;

import static io.llmd.simulator.cluster.RequestResult.NONE;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.cluster.ClientRequest;
import org.junit.jupiter.api.Test;

class HandoffsTest {

    private final Handoffs handoffs = new Handoffs(2);

    @Test
    void whatTheGatewayWouldNotSplitIsNotSplit() {
        assertThat(handoffs.prefill(request(0, 2), 1, NONE)).isEqualTo(NONE);
        assertThat(handoffs.prefill(request(1, 2), 1, 1)).isEqualTo(NONE);
        assertThat(handoffs.prefill(request(2, 1), 1, 0)).isEqualTo(NONE);
        assertThat(handoffs.prefill(request(3, 2), 1, 0)).isZero();
    }

    @Test
    void aPrefillEndpointHasSoManyHandoffsAtATime() {
        for (int i = 0; i < 64; i++) {
            assertThat(handoffs.prefill(request(i, 2), 1, 0)).isZero();
        }
        assertThat(handoffs.prefill(request(64, 2), 1, 0)).isEqualTo(NONE);
        handoffs.over(64);
        assertThat(handoffs.prefill(request(65, 2), 1, 0)).isEqualTo(NONE);
        handoffs.over(7);
        handoffs.over(7);
        assertThat(handoffs.prefill(request(66, 2), 1, 0)).isZero();
        assertThat(handoffs.prefill(request(67, 2), 1, 0)).isEqualTo(NONE);
    }

    private static ClientRequest request(long id, int outputs) {
        return ClientRequest.text(id, new int[10], outputs);
    }
}
