package io.llmd.simulator.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.llmd.simulator.config.ConstantTime;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.engine.VariedLatency;
import org.junit.jupiter.api.Test;

class TimeChangesTest {
    private static final long MILLI = 1_000_000;

    private final EngineSettings constant = started(new LatencyModel.Constant(10 * MILLI, 5 * MILLI, 0, 0));

    private static EngineSettings started(LatencyModel latency) {
        return SimulatorSettings.builder()
                .maxNumSeqs(5)
                .latency(latency)
                .build()
                .engine();
    }

    @Test
    void whatIsNotChangedIsAsAtTheStart() {
        TimeChanges changes = TimeChanges.NONE.with(ConstantTime.INTER_TOKEN_LATENCY, 7 * MILLI);
        assertThat(changes.on(constant)).isEqualTo(new LatencyModel.Constant(10 * MILLI, 7 * MILLI, 0, 0));
        assertThat(changes.with(ConstantTime.INTER_TOKEN_LATENCY, null).on(constant))
                .isEqualTo(constant.latency());
    }

    @Test
    void deviationCountsAsFarAsItsMeanAllows() {
        TimeChanges changes = TimeChanges.NONE
                .with(ConstantTime.TIME_TO_FIRST_TOKEN_STD_DEV, 4 * MILLI)
                .withFactorUnderLoad(2.0);
        assertThat(changes.on(constant))
                .isEqualTo(new VariedLatency(
                        new LatencyModel.Constant(10 * MILLI, 5 * MILLI, 0, 0), 3 * MILLI, 0, 0, 2, 5));
    }

    @Test
    void timesPerTokenCountOnceThereIsNoTimeOfAWholePrompt() {
        TimeChanges perToken = TimeChanges.NONE.with(ConstantTime.PREFILL_TIME_PER_TOKEN, MILLI);
        assertThat(perToken.on(constant)).isEqualTo(constant.latency());
        assertThat(perToken.with(ConstantTime.TIME_TO_FIRST_TOKEN, 0L).on(constant))
                .isEqualTo(new LatencyModel.Constant(0, 5 * MILLI, 0, MILLI));
    }

    @Test
    void variedTimesCanBeChangedToo() {
        EngineSettings varied =
                started(new VariedLatency(new LatencyModel.Constant(0, 10 * MILLI, 0, 0), 0, MILLI, 0, 3, 5));
        assertThat(TimeChanges.NONE
                        .with(ConstantTime.INTER_TOKEN_LATENCY, 20 * MILLI)
                        .on(varied))
                .isEqualTo(new VariedLatency(new LatencyModel.Constant(0, 20 * MILLI, 0, 0), 0, MILLI, 0, 3, 5));
    }

    @Test
    void modelledTimesCannotBeChanged() {
        EngineSettings modelled = started(LatencyModel.Compact.LLAMA_8B_H100);
        assertThat(TimeChanges.NONE.on(modelled)).isEqualTo(modelled.latency());
        TimeChanges changes = TimeChanges.NONE.withFactorUnderLoad(2.0);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> changes.on(modelled))
                .withMessageContaining("llama-3.1-8b-h100")
                .withMessageContaining("(expected: an engine that was started with constant ones");
    }
}
