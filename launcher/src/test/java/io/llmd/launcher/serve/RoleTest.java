package io.llmd.launcher.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.terminal.CommandFailure;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoleTest {

    @Test
    void rolesAreInOrderOfStartingWhateverWasAskedFirst() {
        assertThat(Role.parse(List.of("gateway", " scheduler", "gateway")))
                .containsExactly(Role.SCHEDULER, Role.GATEWAY);
    }

    @Test
    void unknownRoleIsAUsageErrorThatNamesTheKnownOnes() {
        assertThatThrownBy(() -> Role.parse(List.of("planner")))
                .isInstanceOf(CommandFailure.class)
                .hasMessage(
                        "role: planner (expected: config-server, kv-index, scheduler, autoscaler, gateway, sidecar, coordinator)");
    }

    @Test
    void kvIndexStartsBeforeTheSchedulerOnPortsOfItsOwn() {
        assertThat(Role.parse(List.of("scheduler", "kv-index"))).containsExactly(Role.KV_INDEX, Role.SCHEDULER);
        assertThat(Role.KV_INDEX.portSettings(new SuitePorts(8080)))
                .containsEntry("server.port", "8082")
                .containsEntry("management.server.port", "9082");
    }

    @Test
    void sidecarIsTheGatewayInAProfileOfItsOwn() {
        assertThat(Role.SIDECAR.applicationClass()).isEqualTo(Role.GATEWAY.applicationClass());
        assertThat(Role.SIDECAR.configName()).isEqualTo("gateway");
        assertThat(Role.SIDECAR.profiles()).containsExactly("sidecar");
        assertThat(Role.GATEWAY.profiles()).isEmpty();
    }

    @Test
    void coordinatorIsTheGatewayInAProfileOfItsOwn() {
        assertThat(Role.COORDINATOR.applicationClass()).isEqualTo(Role.GATEWAY.applicationClass());
        assertThat(Role.COORDINATOR.configName()).isEqualTo("gateway");
        assertThat(Role.COORDINATOR.profiles()).containsExactly("coordinator");
        assertThat(Role.COORDINATOR.portSettings(new SuitePorts(8080)))
                .containsEntry("server.port", "8088")
                .containsEntry("management.server.port", "9086");
    }

    @Test
    void theAutoscalerStartsAfterTheSchedulerOnPortsOfItsOwn() {
        assertThat(Role.parse(List.of("autoscaler", "scheduler"))).containsExactly(Role.SCHEDULER, Role.AUTOSCALER);
        assertThat(Role.AUTOSCALER.portSettings(new SuitePorts(8080)))
                .containsEntry("server.port", "8083")
                .containsEntry("management.server.port", "9084");
    }

    @Test
    void portsOfARoleAreItsSettings() {
        assertThat(Role.SCHEDULER.portSettings(new SuitePorts(18080)))
                .containsEntry("server.port", "18081")
                .containsEntry("management.server.port", "19090");
    }
}
