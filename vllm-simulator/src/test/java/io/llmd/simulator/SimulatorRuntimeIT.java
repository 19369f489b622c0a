package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.server.SimulatorRuntime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SimulatorRuntimeIT {

    @Test
    void closingAbortsWhatRunsAndWaitsBeforeTheThreadsEnd() {
        SimulatorRuntime runtime = new SimulatorRuntime(1);
        VllmSimulator simulator = VllmSimulator.start(
                SimulatorSettings.builder()
                        .port(0)
                        .maxNumSeqs(1)
                        .latency(new LatencyModel.Constant(1_000_000, 3_600_000_000_000L, 0, 0))
                        .build(),
                runtime);
        try (SimulatorClient client = new SimulatorClient(simulator)) {
            for (int i = 0; i < 3; i++) {
                client.postLater("/v1/completions", "{\"prompt\":\"a\",\"ignore_eos\":true,\"max_tokens\":5}");
            }
            await("one runs, two wait").until(() -> simulator.statistics().active() == 3);
            simulator.close();
            runtime.close();
        }
        assertThat(simulator.statistics().active()).isZero();
        assertThat(simulator.statistics().aborted()).isEqualTo(3);
        assertThat(simulator.statistics().usedBlocks()).isZero();
    }

    @Test
    void sharedThreadsEndWithTheLastEndpoint() {
        SimulatorSettings settings = SimulatorSettings.builder().port(0).build();
        VllmSimulator one = VllmSimulator.start(settings);
        VllmSimulator two = VllmSimulator.start(settings);
        one.close();
        assertThat(two.port()).isPositive();
        await("threads of earlier tests are gone").until(() -> engineThreads() == 1);
        two.close();
        two.close();
        await("threads end").until(() -> engineThreads() == 0);
    }

    @Test
    void runtimeWithoutThreadsIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new SimulatorRuntime(0));
    }

    private static long engineThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("sim-engines"))
                .count();
    }
}
