package io.llmd.suite;

import static io.llmd.suite.DeploymentFiles.list;
import static io.llmd.suite.DeploymentFiles.map;
import static io.llmd.suite.DeploymentFiles.strings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llmd.launcher.Llmd;
import io.llmd.launcher.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.File;
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
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Renders the overlays with kubectl, where there is one, and looks at what a cluster would get. */
class KubernetesFilesTest {

    private static final String OUR_IMAGE = "llmd:";
    private static final KnownSettings SETTINGS = KnownSettings.onTheClassPath();
    private static final DeploymentFiles FILES = DeploymentFiles.find();

    private record Workload(String name, Map<String, Object> pod, Map<String, Object> container) {}

    static List<String> overlays() throws IOException {
        try (Stream<Path> folders = Files.list(FILES.path("k8s/overlays"))) {
            return folders.map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void overlaysAreThere() throws IOException {
        assertThat(overlays()).containsExactly("gateway-mode", "prefill-decode", "trial", "unified");
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void everythingRunsWithoutRightsThatItDoesNotNeed(String overlay) throws Exception {
        List<Workload> ours = ours(render(overlay));
        assertThat(ours).isNotEmpty().allSatisfy(workload -> {
            assertThat(map(workload.pod().get("securityContext"))).containsEntry("runAsNonRoot", true);
            assertThat(map(workload.container().get("securityContext")))
                    .containsEntry("readOnlyRootFilesystem", true)
                    .containsEntry("allowPrivilegeEscalation", false)
                    .containsEntry("capabilities", Map.of("drop", List.of("ALL")));
            assertThat(workload.container()).containsKeys("readinessProbe", "livenessProbe", "resources");
            boolean asksTheApi = workload.pod().containsKey("serviceAccountName");
            assertThat(asksTheApi || Boolean.FALSE.equals(workload.pod().get("automountServiceAccountToken")))
                    .as("%s has a token only if it asks the API", workload.name())
                    .isTrue();
        });
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void settingsAndCommandsAreKnown(String overlay) throws Exception {
        assertThat(ours(render(overlay))).isNotEmpty().allSatisfy(workload -> {
            for (Object variable : list(workload.container().get("env"))) {
                String name = String.valueOf(map(variable).get("name"));
                boolean isOfTheCluster = name.equals("NAMESPACE") || name.equals("POD_NAME");
                assertThat(isOfTheCluster || SETTINGS.has(name)).as(name).isTrue();
            }
            DeploymentFilesTest.parse(strings(workload.container().get("args")));
        });
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void servicesSelectPodsAndFindTheirPorts(String overlay) throws Exception {
        List<Map<String, Object>> objects = render(overlay);
        List<Map<String, Object>> services = ofKind(objects, "Service");
        assertThat(services).isNotEmpty().allSatisfy(service -> {
            Map<String, Object> spec = map(service.get("spec"));
            List<Map<String, Object>> pods = ofKind(objects, "Deployment").stream()
                    .map(deployment -> map(map(deployment.get("spec")).get("template")))
                    .filter(pod -> map(map(pod.get("metadata")).get("labels"))
                            .entrySet()
                            .containsAll(map(spec.get("selector")).entrySet()))
                    .toList();
            assertThat(pods).hasSize(1);
            List<String> ports =
                    list(map(list(map(pods.getFirst().get("spec")).get("containers"))
                                            .getFirst())
                                    .get("ports"))
                            .stream()
                            .map(port -> String.valueOf(map(port).get("name")))
                            .toList();
            assertThat(list(spec.get("ports")))
                    .allSatisfy(port ->
                            assertThat(ports).contains(String.valueOf(map(port).get("targetPort"))));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"unified", "prefill-decode", "gateway-mode"})
    void thePoolSelectsModelServersAndTheirPort(String overlay) throws Exception {
        List<Map<String, Object>> objects = render(overlay);
        Map<String, Object> pool =
                map(ofKind(objects, "InferencePool").getFirst().get("spec"));
        Map<String, Object> labels = map(map(pool.get("selector")).get("matchLabels"));
        List<Map<String, Object>> pods = ofKind(objects, "Deployment").stream()
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
    void splitPodsHaveDifferentRolesAndTransferBlocks() throws Exception {
        List<String> roles = new ArrayList<>();
        for (Map<String, Object> deployment : ofKind(render("prefill-decode"), "Deployment")) {
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
    @ValueSource(strings = {"k8s/base/endpoint-picker.yaml", "k8s/overlays/prefill-decode/endpoint-picker.yaml"})
    void schedulingConfigurationsAreAccepted(String file) {
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(told, true, StandardCharsets.UTF_8);
        int exitCode = Llmd.commandLine(new Terminal(out, out, false, false))
                .execute("config", "check", FILES.path(file).toString());
        assertThat(exitCode).as(told.toString(StandardCharsets.UTF_8)).isZero();
    }

    private static List<Workload> ours(List<Map<String, Object>> objects) {
        List<Workload> workloads = new ArrayList<>();
        for (Map<String, Object> deployment : ofKind(objects, "Deployment")) {
            Map<String, Object> pod =
                    map(map(map(deployment.get("spec")).get("template")).get("spec"));
            Map<String, Object> container = map(list(pod.get("containers")).getFirst());
            if (String.valueOf(container.get("image")).startsWith(OUR_IMAGE)) {
                workloads.add(new Workload(
                        String.valueOf(map(deployment.get("metadata")).get("name")), pod, container));
            }
        }
        return workloads;
    }

    private static List<Map<String, Object>> ofKind(List<Map<String, Object>> objects, String kind) {
        return objects.stream()
                .filter(object -> kind.equals(object.get("kind")))
                .toList();
    }

    private static List<Map<String, Object>> render(String overlay) throws IOException, InterruptedException {
        boolean installed = Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .filter(folder -> !folder.isBlank())
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "kubectl")));
        assumeTrue(installed, "kubectl is not on the path");
        Process process = new ProcessBuilder(
                        "kubectl",
                        "kustomize",
                        FILES.path("k8s/overlays/" + overlay).toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        List<Map<String, Object>> objects = new ArrayList<>();
        new Yaml(new SafeConstructor(new LoaderOptions()))
                .loadAll(output)
                .forEach(document -> objects.add(map(document)));
        return objects;
    }
}
