package io.llmd.launcher.home;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.launcher.terminal.CommandFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SuitePortsTest {

    @Test
    void defaultsAreTheDocumentedPorts() {
        assertThat(new SuitePorts(8080).all(2))
                .containsEntry("gateway", 8080)
                .containsEntry("gateway management", 9080)
                .containsEntry("scheduler", 8081)
                .containsEntry("scheduler management", 9090)
                .containsEntry("config-server", 8888)
                .containsEntry("config-server management", 9088)
                .containsEntry("sim-1", 8200)
                .containsEntry("sim-2", 8201)
                .containsEntry("sim-2 events", 5558)
                .containsEntry("sim-2 event replay", 5686)
                .hasSize(12);
    }

    @Test
    void allPortsKeepTheirDistance() {
        assertThat(new SuitePorts(18080).all(1))
                .containsEntry("gateway", 18080)
                .containsEntry("gateway management", 19080)
                .containsEntry("scheduler", 18081)
                .containsEntry("sim-1", 18200);
    }

    @Test
    void noTwoPartsShareAPort() {
        assertThat(new SuitePorts(8080).all(SuitePorts.MAX_ENDPOINTS).values()).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1023, 3599, 64436, 70000})
    void basesThatLeaveNoRoomAreRefused(int base) {
        assertThatThrownBy(() -> new SuitePorts(base))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("--port-base: " + base);
    }
}
