package io.llmd.simulator.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerFaultsTest {

    @Test
    void eventsReachToTheNextFault() {
        AnswerFaults faults = of(new RequestFault.StallAfterTokens(2, null), new RequestFault.DropAfterTokens(5));
        assertThat(faults.limit(0, 9)).isEqualTo(2);
        assertThat(faults.limit(2, 9)).isEqualTo(5);
        assertThat(faults.limit(2, 4)).isEqualTo(4);
        assertThat(faults.limit(5, 9)).isEqualTo(9);
    }

    @Test
    void earliestEndCounts() {
        AnswerFaults faults = of(new RequestFault.ErrorAfterTokens(2), new RequestFault.ResetAfterTokens(3));
        assertThat(faults.stop()).isEqualTo(AnswerFaults.Stop.ERROR);
        assertThat(faults.stopAfterTokens()).isEqualTo(2);
    }

    @Test
    void harshestOfEqualEndsCounts() {
        assertThat(of(
                                new RequestFault.ErrorAfterTokens(2),
                                new RequestFault.ResetAfterTokens(2),
                                new RequestFault.DropAfterTokens(2))
                        .stop())
                .isEqualTo(AnswerFaults.Stop.RESET);
        assertThat(of(new RequestFault.ErrorAfterTokens(2), new RequestFault.DropAfterTokens(2))
                        .stop())
                .isEqualTo(AnswerFaults.Stop.CLOSE);
    }

    @Test
    void stallWithoutALengthNeverEnds() {
        assertThat(of(new RequestFault.StallBeforeHead(null)).headStallNanos()).isEqualTo(AnswerFaults.FOREVER);
        assertThat(of(new RequestFault.StallBeforeHead(Duration.ofMillis(3))).headStallNanos())
                .isEqualTo(3_000_000);
    }

    @Test
    void answerWithoutFaultsIsLimitedByNothing() {
        AnswerFaults faults = AnswerFaults.of(RequestFaults.NONE);
        assertThat(faults).isEqualTo(AnswerFaults.NONE);
        assertThat(faults.limit(0, Integer.MAX_VALUE)).isEqualTo(Integer.MAX_VALUE);
        assertThat(faults.damages()).isFalse();
    }

    private static AnswerFaults of(RequestFault... faults) {
        return AnswerFaults.of(RequestFaults.of(List.of(faults)));
    }
}
