package io.llmd.launcher.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.SuitePorts;
import io.llmd.launcher.serve.Role;
import io.llmd.launcher.terminal.CommandFailure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrialFilesTest {

    private static final DemoKey KEY = new DemoKey("sk-demo-abc");

    @TempDir
    Path folder;

    @Test
    void keyFileHasTheHashAndNotTheKey() throws Exception {
        TrialFiles files = new TrialFiles(new LlmdHome(folder), plan(2, null));
        DemoKey key = new DemoKey("sk-demo-abc");
        files.write(key);

        assertThat(Files.readString(files.keys()))
                .contains("sha256: \"6ce2e56f", "tenant: demo")
                .doesNotContain("sk-demo-abc");
    }

    @Test
    void eachStartHasAKeyOfItsOwn() {
        assertThat(DemoKey.generate(new SecureRandom()).secret())
                .startsWith("sk-demo-")
                .hasSize(40)
                .isNotEqualTo(DemoKey.generate(new SecureRandom()).secret());
        assertThat(DemoKey.generate(new SecureRandom()).toString()).isEqualTo("DemoKey[secret=***]");
    }

    @Test
    void endpointsAndTheirFileAreNamedToTheScheduler() throws Exception {
        LlmdHome home = new LlmdHome(folder);
        TrialFiles files = new TrialFiles(home, plan(2, null));
        files.write(new DemoKey("sk-demo-abc"));

        assertThat(Files.readString(home.endpointsFile()))
                .contains("- name: sim-1", "port: \"8200\"", "- name: sim-2", "port: \"8201\"")
                .doesNotContain("sim-3");
        assertThat(new TrialSettings(plan(2, null), files, KEY).of(Role.SCHEDULER))
                .containsEntry("scheduler.discovery.file", home.endpointsFile().toString())
                .containsEntry("scheduler.config-file", files.config().toString())
                .containsEntry("server.port", "8081")
                .containsEntry("server.address", "127.0.0.1");
    }

    @Test
    void withoutAConfigurationRequestsGoWhereTheyCostLeastTime() {
        TrialFiles files = new TrialFiles(new LlmdHome(folder), plan(2, null));
        files.write(new DemoKey("sk-demo-abc"));

        assertThat(files.config()).content().contains("time-cost-producer", "time-cost-scorer");
    }

    @Test
    void servicesAskTheConfigServerOfTheirOwnTrialOnly() {
        TrialPlan plan = new TrialPlan(new SuitePorts(18080), 1, "m", null, false, false);
        TrialSettings settings = new TrialSettings(plan, new TrialFiles(new LlmdHome(folder), plan), KEY);

        assertThat(List.of(Role.SCHEDULER, Role.GATEWAY))
                .allSatisfy(role -> assertThat(settings.of(role))
                        .containsEntry("spring.cloud.config.uri", "http://127.0.0.1:18888")
                        .doesNotContainKey("spring.config.import"));
        assertThat(settings.of(Role.CONFIG_SERVER)).doesNotContainKey("spring.cloud.config.uri");
    }

    @Test
    void givenConfigurationGoesToTheScheduler() {
        Path own = folder.resolve("own.yaml");
        TrialPlan plan = plan(1, own);

        assertThat(new TrialSettings(plan, new TrialFiles(new LlmdHome(folder), plan), KEY).of(Role.SCHEDULER))
                .containsEntry("scheduler.config-file", own.toString());
    }

    @Test
    void plansThatMakeNoSenseAreUsageErrors() {
        assertThatThrownBy(() -> plan(0, null))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("--pods: 0");
        assertThatThrownBy(() -> plan(65, null)).isInstanceOf(CommandFailure.class);
        assertThatThrownBy(() -> new TrialPlan(new SuitePorts(8080), 1, "a\"b", null, false, false))
                .hasMessageContaining("--model");
        assertThatThrownBy(() -> new TrialPlan(new SuitePorts(8080), 1, "m", null, false, true))
                .hasMessageContaining("--slow-pod");
    }

    @Test
    void endpointsOfTheirOwnForPrefillAndDecodeHaveRolesAndAConfiguration() throws Exception {
        LlmdHome home = new LlmdHome(folder);
        TrialPlan plan = new TrialPlan(new SuitePorts(8080), 4, 1, 2, "sim-8b", null, false, false);
        TrialFiles files = new TrialFiles(home, plan);
        files.write(new DemoKey("sk-demo-abc"));

        assertThat(Files.readString(home.endpointsFile()).lines().filter(line -> line.contains("llm-d.ai/role")))
                .containsExactly(
                        "      llm-d.ai/role: prefill",
                        "      llm-d.ai/role: decode",
                        "      llm-d.ai/role: decode",
                        "      llm-d.ai/role: prefill-decode");
        assertThat(new TrialSettings(plan, files, KEY).of(Role.SCHEDULER))
                .containsEntry("scheduler.config-file", files.splitConfig().toString());
        assertThat(files.splitConfig()).content().contains("disagg-profile-handler", "handoff-cost-pd-decider");
        assertThatThrownBy(() -> new TrialPlan(new SuitePorts(8080), 1, 1, 0, "m", null, false, false))
                .hasMessageContaining("--prefill: 1, --decode: 0 (expected: both at least 1, or neither)");
    }

    @Test
    void optionsOfEndpointsAreCheckedBeforeAnythingStarts() {
        assertThat(simulated(Map.of("gpu", "h100", "tensor-parallel-size", "2")).simulated())
                .hasSize(2);
        assertThatThrownBy(() -> simulated(Map.of("port", "1")))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("--sim: port (expected: none of [host, port,");
        assertThatThrownBy(() -> simulated(Map.of("gpu", "abacus")))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("--sim: ")
                .hasMessageContaining("abacus");
    }

    private static TrialPlan simulated(Map<String, String> options) {
        return new TrialPlan(new SuitePorts(8080), 2, 0, 0, "qwen3-32b", null, false, false, null, options);
    }

    @Test
    void furtherGatewaysHavePortsOfTheirOwnAndTheSameEndpoints() {
        TrialPlan plan = withGateways(3);
        TrialFiles files = new TrialFiles(new LlmdHome(folder), plan);

        assertThat(plan.allPorts())
                .containsEntry("gateway", 8080)
                .containsEntry("gateway-2", 8180)
                .containsEntry("scheduler-3", 8281)
                .containsEntry("gateway-3 management", 9280);
        assertThat(plan.allPorts().values()).doesNotHaveDuplicates();
        assertThat(new TrialSettings(plan, files, KEY).ofFurther(plan.ports().ofGateway(2)))
                .containsEntry("gateway.scheduler.url", "http://127.0.0.1:8181")
                .containsEntry("gateway.access.gateways", "3")
                .containsEntry("scheduler.config-file", files.config().toString())
                .containsEntry("spring.cloud.config.uri", "http://127.0.0.1:8888")
                .doesNotContainKey("server.port");
        assertThatThrownBy(() -> withGateways(5)).hasMessageContaining("--gateways: 5 (expected: 1 to 4)");
    }

    private static TrialPlan withGateways(int gateways) {
        return new TrialPlan(new SuitePorts(8080), 64, 0, 0, "m", null, false, false, null, Map.of(), gateways, false);
    }

    @Test
    void schedulerAndIndexComputeTheSameKeys() {
        TrialPlan plan =
                new TrialPlan(new SuitePorts(8080), 2, 0, 0, "qwen", null, false, false, null, Map.of(), 1, true);
        TrialSettings settings = new TrialSettings(plan, new TrialFiles(new LlmdHome(folder), plan), KEY);

        assertThat(settings.of(Role.SCHEDULER))
                .containsEntry("scheduler.kv-index.source", "service")
                .containsEntry("scheduler.kv-index.service.url", "http://127.0.0.1:8082");
        assertThat(settings.of(Role.KV_INDEX)).containsEntry("kv-index.model", "qwen");
    }

    @Test
    void onlyTheLastEndpointIsSlow() {
        TrialPlan plan = new TrialPlan(new SuitePorts(8080), 3, "m", null, false, true);

        assertThat(plan.timeScale(2)).isEqualTo(1);
        assertThat(plan.timeScale(3)).isEqualTo(3);
    }

    private static TrialPlan plan(int endpoints, Path config) {
        return new TrialPlan(new SuitePorts(8080), endpoints, "sim-8b", config, false, false);
    }
}
