package io.llmd.launcher.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.Captured;
import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.RunFile;
import io.llmd.launcher.home.RunState;
import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.config.SimulatorSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultCommandIT {

    private final Captured captured = new Captured();
    private VllmSimulator endpoint;

    @BeforeEach
    void startAnEndpoint(@TempDir Path folder) {
        endpoint = VllmSimulator.start(SimulatorSettings.fromOptions(Map.of("host", "127.0.0.1", "port", "0")));
        System.setProperty("llmd.home", folder.toString());
        ProcessHandle self = ProcessHandle.current();
        String url = endpoint.baseUrl();
        new RunFile(LlmdHome.current())
                .write(new RunState(
                        self.pid(),
                        RunFile.startOf(self),
                        true,
                        "http://localhost:8080",
                        "sk-demo-1",
                        "sim-8b",
                        List.of(new RunState.Part("sim-1", url, url + "/health", self.pid()))));
    }

    @AfterEach
    void endIt() {
        System.clearProperty("llmd.home");
        endpoint.close();
    }

    @Test
    void faultsOfAnEndpointThatIsDeadForAWhileAreClearedWhenItIsBack() {
        assertThat(captured.run("fault", "sim-1", "slow", "4")).isZero();
        assertThat(captured.run("fault", "sim-1", "die", "3s")).isZero();
        Awaitility.await("its death").until(() -> new Captured().run("fault", "sim-1") == 3);

        assertThat(captured.run("fault", "--clear")).isZero();

        Captured after = new Captured();
        assertThat(after.run("fault", "--json")).isZero();
        assertThat(after.out().strip()).isEqualTo("{\"sim-1\":{}}");
    }

    @Test
    void endpointThatIsNotThereIsNamed() {
        assertThat(captured.run("fault", "sim-7")).isEqualTo(3);
        assertThat(captured.err()).contains("no endpoint sim-7 (there are: sim-1)");
    }
}
