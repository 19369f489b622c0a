package io.llmd.suite;

import static io.llmd.suite.DeploymentFiles.list;
import static io.llmd.suite.DeploymentFiles.map;
import static io.llmd.suite.DeploymentFiles.strings;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.Llmd;
import io.llmd.launcher.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Renders the overlays with kubectl, where there is one, and looks at what a cluster would get. */
class KubernetesFilesTest {

    private static final String OUR_IMAGE = "llmd:";
    private static final DeploymentFiles FILES = DeploymentFiles.find();

    static List<String> overlays() throws IOException {
        try (Stream<Path> folders = Files.list(FILES.path("k8s/overlays"))) {
            return folders.map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void overlaysAreThere() throws IOException {
        assertThat(overlays())
                .containsExactly(
                        "autoscaled",
                        "gateway-mode",
                        "prefill-decode",
                        "standalone",
                        "trial",
                        "unified",
                        "wide-expert-parallel");
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void everythingRunsWithoutRightsThatItDoesNotNeed(String overlay) {
        Manifests manifests = Kustomize.render("k8s/overlays/" + overlay);
        assertThat(manifests.ours(OUR_IMAGE)).isNotEmpty().allSatisfy(workload -> {
            Manifests.assertLockedDown(workload);
            Manifests.assertProbed(workload);
        });
        manifests.assertRightsAreNarrow();
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void settingsAndCommandsAreKnown(String overlay) {
        assertThat(Kustomize.render("k8s/overlays/" + overlay).ours(OUR_IMAGE))
                .isNotEmpty()
                .allSatisfy(Manifests::assertUnderstood);
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void servicesSelectPodsAndFindTheirPorts(String overlay) {
        Kustomize.render("k8s/overlays/" + overlay).assertServicesFindTheirPorts();
    }

    @ParameterizedTest
    @ValueSource(strings = {"unified", "prefill-decode", "gateway-mode"})
    void thePoolSelectsModelServersAndTheirPort(String overlay) {
        Manifests manifests = Kustomize.render("k8s/overlays/" + overlay);
        Map<String, Object> pool =
                map(manifests.ofKind("InferencePool").getFirst().get("spec"));
        Map<String, Object> labels = map(map(pool.get("selector")).get("matchLabels"));
        List<Map<String, Object>> pods = manifests.ofKind("Deployment").stream()
                .map(deployment -> map(map(deployment.get("spec")).get("template")))
                .filter(pod ->
                        map(map(pod.get("metadata")).get("labels")).entrySet().containsAll(labels.entrySet()))
                .toList();
        assertThat(pods).isNotEmpty().allSatisfy(pod -> {
            Object container = list(map(pod.get("spec")).get("containers")).getFirst();
            List<Object> ports = list(map(container).get("ports")).stream()
                    .map(port -> map(port).get("containerPort"))
                    .toList();
            assertThat(ports)
                    .contains(map(list(pool.get("targetPorts")).getFirst()).get("number"));
        });
    }

    @Test
    void splitPodsHaveDifferentRolesAndTransferBlocks() {
        List<String> roles = new ArrayList<>();
        for (Map<String, Object> deployment :
                Kustomize.render("k8s/overlays/prefill-decode").ofKind("Deployment")) {
            Map<String, Object> pod = map(map(deployment.get("spec")).get("template"));
            Object role = map(map(pod.get("metadata")).get("labels")).get("llm-d.ai/role");
            if (role != null) {
                roles.add(String.valueOf(role));
                Object container = list(map(pod.get("spec")).get("containers")).getFirst();
                assertThat(strings(map(container).get("args")))
                        .anyMatch(argument -> argument.contains("NixlConnector"));
            }
        }
        assertThat(roles).containsExactlyInAnyOrder("prefill", "decode");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "k8s/base/endpoint-picker.yaml",
                "k8s/overlays/prefill-decode/endpoint-picker.yaml",
                "k8s/helm/llmd/files/sticky.yaml"
            })
    void schedulingConfigurationsAreAccepted(String file) {
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(told, true, StandardCharsets.UTF_8);
        int exitCode = Llmd.commandLine(new Terminal(out, out, false, false))
                .execute("config", "check", FILES.path(file).toString());
        assertThat(exitCode).as(told.toString(StandardCharsets.UTF_8)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"leader-election", "monitoring", "gateway-hpa"})
    void componentsFitTheBase(String component) throws IOException {
        Manifests manifests = Kustomize.renderWith(component);
        assertThat(manifests.ours(OUR_IMAGE)).isNotEmpty().allSatisfy(Manifests::assertUnderstood);
        manifests.assertRightsAreNarrow();
    }

    @Test
    void definitionsOfCustomResourcesAreThoseThatTheSchedulerReads() {
        List<String> names = Kustomize.render("k8s/crds").ofKind("CustomResourceDefinition").stream()
                .map(Manifests::name)
                .toList();
        assertThat(names).contains("inferenceobjectives.llm-d.ai", "inferencemodelrewrites.llm-d.ai");
    }
}
