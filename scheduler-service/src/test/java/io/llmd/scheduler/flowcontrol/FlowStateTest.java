package io.llmd.scheduler.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FlowStateTest {

    private final AtomicLong clock = new AtomicLong();
    private final EngineFixture.Gate gate = new EngineFixture.Gate();
    private final PoolView pool = new PoolView(1, EngineFixture.POOL);
    private final FlowController control = new FlowController(
            EngineFixture.settings(gate, 0, 10, 1_000, Duration.ofMinutes(1)),
            () -> pool,
            new FlowObserver() {},
            lease -> {},
            clock::get);

    private void submit(int number, String flow, int priority) {
        control.submit(EngineFixture.request(number, flow, priority, 100), outcome -> {});
    }

    private void turnAfter(Duration time) {
        clock.addAndGet(time.toNanos());
        control.turn();
    }

    @Test
    void saysWhoWaitsHowLongAndUnderWhichCeiling() {
        submit(1, "a", 10);
        submit(2, "a", 10);
        submit(3, "b", 0);
        turnAfter(Duration.ofMillis(1));
        turnAfter(Duration.ofSeconds(2));

        FlowState state = control.state();

        assertThat(state.isOn()).isTrue();
        assertThat(state.waiting()).isEqualTo(3);
        assertThat(state.waitingBytes()).isEqualTo(300);
        assertThat(state.saturation()).isNotNull();
        assertThat(state.saturation().effective()).isEqualTo(1);
        assertThat(state.bands()).extracting(FlowState.OfBand::priority).containsExactly(10, 0, -10);
        FlowState.OfBand high = state.bands().getFirst();
        assertThat(high.waiting()).isEqualTo(2);
        assertThat(high.ceiling()).isEqualTo(1);
        assertThat(high.longest()).containsExactly(new FlowState.OfFlow("a", 2, 2_001L, 0));
        assertThat(state.bands().getLast().estimatedWait()).isZero();
    }

    @Test
    void countsWhatLeft() {
        submit(1, "a", 0);
        submit(2, "a", 0);
        gate.open(2);
        turnAfter(Duration.ofMillis(1));
        turnAfter(Duration.ofSeconds(1));

        FlowState state = control.state();

        assertThat(state.waiting()).isZero();
        assertThat(state.outcomes().values()).containsExactly(2L);
        FlowState.OfBand band = state.bands().get(1);
        assertThat(band.sent()).isEqualTo(2);
        assertThat(band.longest()).containsExactly(new FlowState.OfFlow("a", 0, null, 2));
    }
}
