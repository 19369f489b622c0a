package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.fault.Faults;
import io.llmd.simulator.fault.HandoffFaults;
import io.llmd.simulator.fault.RequestFaults;
import io.llmd.simulator.handoff.EngineCard;
import io.llmd.simulator.handoff.SideChannelResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HandoffTroublesTest {
    private static final HandoffFaults SHARES = new HandoffFaults(0.3, 0.3, null, 0.3, false, 4);
    private static final SideChannelResponse CARD =
            new SideChannelResponse.Card(new EngineCard("engine", "0.32.0/model", 1, 16));

    private final List<Double> factors = new ArrayList<>();

    private HandoffTroubles troubles(long seed, int rank, HandoffFaults faults) {
        HandoffTroubles troubles = new HandoffTroubles(seed, 8000, rank, factors::add);
        troubles.changed(Faults.NONE.withHandoff(faults));
        return troubles;
    }

    @Test
    void nothingGoesWrongByItself() {
        HandoffTroubles troubles = troubles(1, 0, HandoffFaults.NONE);
        assertThat(answers(troubles, 20)).containsOnly("10.0.0.1");
        assertThat(reads(troubles, 20)).containsOnly(false);
        assertThat(troubles.told(CARD)).isEqualTo(CARD);
        assertThat(factors).containsExactly(1.0);
    }

    @Test
    void sharesAreMet() {
        HandoffTroubles troubles = troubles(1, 0, SHARES);
        List<String> answers = answers(troubles, 1000);
        assertThat(answers.stream().filter("absent"::equals).count()).isBetween(250L, 350L);
        assertThat(answers.stream().filter("127.0.0.1"::equals).count()).isBetween(160L, 260L);
        assertThat(reads(troubles, 1000).stream().filter(fails -> fails).count())
                .isBetween(250L, 350L);
        assertThat(factors).containsExactly(4.0);
    }

    @Test
    void equalSeedsGiveEqualDrawsAndOtherRanksOthers() {
        List<String> answers = answers(troubles(1, 0, SHARES), 100);
        assertThat(answers(troubles(1, 0, SHARES), 100)).isEqualTo(answers);
        assertThat(answers(troubles(1, 1, SHARES), 100)).isNotEqualTo(answers);
        assertThat(answers(troubles(2, 0, SHARES), 100)).isNotEqualTo(answers);
    }

    @Test
    void cardOfAMismatchIsOfAnotherKind() {
        SideChannelResponse told =
                troubles(1, 0, new HandoffFaults(0, 0, null, 0, true, 1)).told(CARD);
        assertThat(told).isEqualTo(new SideChannelResponse.Card(new EngineCard("engine", "not 0.32.0/model", 1, 16)));
    }

    private static List<String> answers(HandoffTroubles troubles, int count) {
        return IntStream.range(0, count)
                .mapToObj(_ -> troubles.told(Json.object().put("remote_host", "10.0.0.1"), RequestFaults.NONE))
                .map(params ->
                        params == null ? "absent" : params.get("remote_host").stringValue())
                .toList();
    }

    private static List<Boolean> reads(HandoffTroubles troubles, int count) {
        return IntStream.range(0, count).mapToObj(_ -> troubles.readFails()).toList();
    }
}
