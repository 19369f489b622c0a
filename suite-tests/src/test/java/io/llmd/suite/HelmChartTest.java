package io.llmd.suite;

import static io.llmd.suite.DeploymentFiles.list;
import static io.llmd.suite.DeploymentFiles.map;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Lints and renders the chart with Helm itself, as a library, and compares it with what Kustomize makes. */
class HelmChartTest {

    private static final DeploymentFiles FILES = DeploymentFiles.find();
    private static final Path CHART = FILES.path("k8s/helm/llmd");
    private static final String OUR_IMAGE = "llmd:";
    private static final Map<String, Manifests> RENDERED = new ConcurrentHashMap<>();

    /** What tells objects of a release from those of another, or is written only by one of the two. */
    private static final Set<String> OF_A_RELEASE = Set.of(
            "app.kubernetes.io/instance",
            "app.kubernetes.io/version",
            "app.kubernetes.io/managed-by",
            "helm.sh/chart",
            "imagePullPolicy");

    static List<String> valuesFiles() throws IOException {
        List<String> files = new ArrayList<>(List.of(""));
        try (Stream<Path> found = Files.list(CHART.resolve("ci"))) {
            found.map(file -> file.getFileName().toString()).sorted().forEach(files::add);
        }
        return files;
    }

    @Test
    void nothingIsFoundByLint() {
        LintResult result = new Helm(CHART).lint().strict().quiet().call();
        assertThat(result.isFailed())
                .as(String.join("\n", result.getMessages()))
                .isFalse();
    }

    @Test
    void valuesOfAllKindsAreTried() throws IOException {
        assertThat(valuesFiles())
                .contains(
                        "",
                        "autoscaler-values.yaml",
                        "everything-values.yaml",
                        "gateway-mode-values.yaml",
                        "kafka-values.yaml",
                        "prefill-decode-values.yaml",
                        "trial-values.yaml");
    }

    @ParameterizedTest
    @MethodSource("valuesFiles")
    void whatIsRenderedKeepsTheRules(String values) {
        Manifests manifests = render(values);
        String image = values.startsWith("everything") ? "registry.example/llmd:" : OUR_IMAGE;
        assertThat(manifests.ours(image)).isNotEmpty().allSatisfy(workload -> {
            Manifests.assertLockedDown(workload);
            if (!workload.name().endsWith("-test")) {
                assertThat(workload.container()).containsKeys("readinessProbe", "livenessProbe");
                Manifests.assertUnderstood(workload);
            }
        });
        manifests.assertServicesFindTheirPorts();
        manifests.assertRightsAreNarrow();
        if (!values.startsWith("autoscaler")) {
            assertThat(manifests.ofKind("ClusterRole")).isEmpty();
        }
        assertThat(manifests.all().stream()
                        .map(object -> object.get("kind") + " " + Manifests.name(object))
                        .toList())
                .doesNotHaveDuplicates();
    }

    @Test
    void everyRoleOfTheSuiteCanBeInstalled() {
        Set<String> roles = Stream.of("everything-values.yaml", "kafka-values.yaml")
                .flatMap(values -> Stream.concat(
                        render(values).ours(OUR_IMAGE).stream(),
                        render(values).ours("registry.example/llmd:").stream()))
                .map(workload -> list(workload.container().get("args")))
                .filter(arguments -> "serve".equals(arguments.getFirst()))
                .map(arguments -> String.valueOf(arguments.getLast()))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(roles)
                .containsExactly("autoscaler", "config-server", "coordinator", "gateway", "kv-index", "scheduler");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    unified              |
                    prefill-decode       |
                    gateway-mode         |
                    standalone           |
                    wide-expert-parallel |
                    trial                | Deployment llmd-gateway, Deployment llmd-scheduler, RoleBinding llmd-scheduler
                    """)
    void theChartMakesWhatKustomizeMakes(String name, String differs) {
        Map<String, Object> ofKustomize = comparable(Kustomize.render("k8s/overlays/" + name));
        Map<String, Object> ofTheChart = comparable(render(name + "-values.yaml"));
        // The trial overlay has a namespace of its own, one pod of each and a fixed key; the chart has dashboards and
        // tests.
        for (String object : differs == null ? new String[0] : differs.split(", ")) {
            assertThat(ofKustomize.remove(object)).as(object).isNotNull();
            assertThat(ofTheChart.remove(object)).as(object).isNotNull();
        }
        ofKustomize.remove("Namespace llmd-trial");
        ofTheChart.keySet().removeIf(object -> object.endsWith("-dashboard") || object.equals("Pod llmd-test"));
        if (name.equals("trial")) {
            ofTheChart.remove("Secret llmd-gateway-keys");
        }
        assertThat(ofTheChart).containsOnlyKeys(ofKustomize.keySet());
        ofKustomize.forEach((object, expected) ->
                assertThat(ofTheChart.get(object)).as(object).isEqualTo(expected));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    gateway.replicas=0                    | minimum
                    gatewayy.replicas=1                   | 'gatewayy' not allowed
                    scheduler.replicaCount=1              | 'replicaCount' not allowed
                    scheduler.profile=fast                | 'balanced', 'sticky', 'pd', 'phases', 'custom'
                    endpoints.ports[0]=70000              | maximum
                    gateway.service.type=Public           | 'ClusterIP', 'NodePort', 'LoadBalancer'
                    scheduler.resources.limits.memory=1GB | pattern
                    image.repository=                     | minLength
                    kafka.bootstrapServers=kafka          | pattern
                    inferenceGateway.enabled=true         | inferencePool.enabled: false (expected: true
                    scheduler.profile=custom              | scheduler.config: empty (expected: an EndpointPickerConfig
                    scheduler.kvIndex=kafka               | kafka.bootstrapServers: empty (expected: brokers
                    scheduler.kvIndex=service             | kvIndex.enabled: false (expected: true
                    kvIndex.enabled=true                  | endpoints.static: empty (expected: endpoints
                    autoscaler.enabled=true,autoscaler.kubernetes.enabled=false | endpoints.static: empty (expected: endpoints
                    coordinator.enabled=true              | scheduler.profile: balanced (expected: phases or custom
                    gateway.tls.mode=server               | gateway.tls.existingSecret: empty (expected: a Secret
                    auth.existingSecret=                  | auth.existingSecret: empty (expected: the Secret with the keys
                    """)
    void badValuesAreRefusedWithAReason(String value, String reason) {
        TemplateCommand command = template();
        for (String one : value.split(",")) {
            String[] parts = one.split("=", 2);
            command.set(parts[0], parts[1]);
        }
        assertThatThrownBy(command::call).hasMessageContaining(reason);
    }

    @Test
    void theReadmeListsAllValues() {
        String readme = FILES.text("k8s/helm/llmd/README.md");
        assertThat(readme)
                .as("written by java suite-tests/src/test/java/io/llmd/suite/ChartValues.java")
                .isEqualTo(ChartValues.readme(readme, FILES.text("k8s/helm/llmd/values.yaml")));
        assertThat(ChartValues.rows(FILES.text("k8s/helm/llmd/values.yaml")))
                .hasSizeGreaterThan(100)
                .allSatisfy(row -> assertThat(row.meaning()).as(row.key()).isNotBlank());
    }

    @Test
    void theSchemaKnowsTheValuesAndNoOthers() throws IOException {
        JsonNode schema =
                JsonMapper.shared().readTree(CHART.resolve("values.schema.json").toFile());
        assertSameKeys("", schema, FILES.yaml("k8s/helm/llmd/values.yaml"));
    }

    /** Where the schema lists the parts of a value they are those of values.yaml. */
    private static void assertSameKeys(String path, JsonNode schema, Map<String, Object> values) {
        JsonNode properties = schema.path("properties");
        if (!properties.isObject()) {
            return;
        }
        Set<String> known = new TreeSet<>(properties.propertyNames());
        known.remove("global");
        assertThat(known).as(path).isEqualTo(new TreeSet<>(values.keySet()));
        assertThat(schema.path("additionalProperties").asBoolean(true)).as(path).isFalse();
        for (String name : known) {
            if (values.get(name) instanceof Map<?, ?>) {
                assertSameKeys(path + "/" + name, properties.get(name), map(values.get(name)));
            }
        }
    }

    private static TemplateCommand template() {
        // With a key nobody asks a cluster whether there is one already.
        return new Helm(CHART)
                .template()
                .withName("llmd")
                .withNamespace("team")
                .withKubeVersion("1.34.0")
                .set("auth.key", "sk-trial");
    }

    private static Manifests render(String values) {
        return RENDERED.computeIfAbsent(values, file -> {
            TemplateCommand command = template();
            if (!file.isEmpty()) {
                command.withValuesFile(CHART.resolve("ci").resolve(file));
            }
            return Manifests.parse(command.call());
        });
    }

    /** Objects by kind and name without labels of their own and without what tells releases apart. */
    private static Map<String, Object> comparable(Manifests manifests) {
        Map<String, Object> objects = new TreeMap<>();
        for (Map<String, Object> object : manifests.all()) {
            Map<String, Object> rest = map(comparable("", object));
            rest.remove("metadata");
            objects.put(object.get("kind") + " " + comparable("name", Manifests.name(object)), rest);
        }
        return objects;
    }

    private static Object comparable(String key, Object value) {
        return switch (value) {
            case Map<?, ?> fields -> {
                Map<String, Object> kept = new LinkedHashMap<>();
                fields.forEach((name, field) -> {
                    if (!OF_A_RELEASE.contains(name)) {
                        kept.put(String.valueOf(name), comparable(String.valueOf(name), field));
                    }
                });
                yield kept;
            }
            case List<?> entries -> {
                List<Object> kept = new ArrayList<>(
                        entries.stream().map(entry -> comparable("", entry)).toList());
                if (key.equals("env")) {
                    kept.sort(Comparator.comparing(
                            variable -> String.valueOf(map(variable).get("name"))));
                }
                yield kept;
            }
            // Kustomize adds a digest to names of ConfigMaps; the chart begins all names with the release's.
            case String text ->
                text.replace("app.kubernetes.io/instance=llmd,", "")
                        .replaceFirst("^(llmd-scheduler)-[a-z0-9]{10}$", "$1")
                        .replaceFirst("^llmd-(vllm.*)$", "$1");
            case null -> "";
            default -> value;
        };
    }
}
