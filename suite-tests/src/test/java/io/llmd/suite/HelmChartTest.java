package io.llmd.suite;

import static io.llmd.suite.DeploymentFiles.list;
import static io.llmd.suite.DeploymentFiles.map;
import static io.llmd.suite.DeploymentFiles.strings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
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
    private static final Pattern RIGHTS_ROW = Pattern.compile(
            "(?m)^\\| (scheduler|kv-index|autoscaler) \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\| [^|]+ \\| [^|]+ \\|$");
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
                        "coordinator-values.yaml",
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
                Manifests.assertProbed(workload);
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
    void everyRightIsOnThePageOfRights() throws IOException {
        Set<String> asked = new TreeSet<>();
        for (String values : valuesFiles()) {
            asked.addAll(rights(render(values)));
        }
        asked.addAll(rights(Manifests.parse(template()
                .withValuesFile(CHART.resolve("ci/autoscaler-values.yaml"))
                .set("autoscaler.kubernetes.scale", "true")
                .call())));
        Set<String> documented = new TreeSet<>();
        RIGHTS_ROW
                .matcher(FILES.text("docs/rbac.md"))
                .results()
                .forEach(row -> documented.addAll(rights(
                        row.group(1),
                        words(row.group(2).strip().equals("core") ? "" : row.group(2)),
                        words(row.group(3)),
                        words(row.group(4)))));
        assertThat(documented).isEqualTo(asked);
    }

    private static Set<String> rights(Manifests manifests) {
        Set<String> rights = new TreeSet<>();
        Stream.concat(manifests.ofKind("Role").stream(), manifests.ofKind("ClusterRole").stream())
                .forEach(role -> list(role.get("rules"))
                        .forEach(rule -> rights.addAll(rights(
                                serviceOf(Manifests.name(role)),
                                strings(map(rule).get("apiGroups")),
                                strings(map(rule).get("resources")),
                                strings(map(rule).get("verbs"))))));
        return rights;
    }

    private static Set<String> rights(String service, List<String> groups, List<String> resources, List<String> verbs) {
        return groups.stream()
                .flatMap(group -> resources.stream()
                        .flatMap(resource ->
                                verbs.stream().map(verb -> service + " " + verb + " " + group + "/" + resource)))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<String> words(String cell) {
        return List.of(cell.replace("`", "").strip().split(", "));
    }

    private static String serviceOf(String role) {
        return Stream.of("scheduler", "kv-index", "autoscaler")
                .filter(role::contains)
                .findFirst()
                .orElseThrow(() -> new AssertionError(role));
    }

    @Test
    void everyRoleOfTheSuiteCanBeInstalled() {
        Set<String> roles = Stream.of("everything-values.yaml", "kafka-values.yaml", "coordinator-values.yaml")
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
                    scheduler.kvIndex=service,kvIndex.enabled=true | kvIndex.model: empty (expected: the base model's name
                    autoscaler.enabled=true,autoscaler.kubernetes.enabled=false | endpoints.static: empty (expected: endpoints
                    autoscaler.enabled=true,autoscaler.externalMetrics.enabled=true | autoscaler.externalMetrics.existingSecret: empty (expected: a Secret
                    autoscaler.enabled=true,autoscaler.externalMetrics.enabled=true,autoscaler.externalMetrics.existingSecret=tls | autoscaler.externalMetrics.caBundle: empty (expected: the authority
                    autoscaler.enabled=true,autoscaler.externalMetrics.enabled=true,autoscaler.kubernetes.enabled=false,endpoints.existingConfigMap=pods | autoscaler.externalMetrics.enabled: true (expected: false
                    autoscaler.externalMetrics.caBundle=tls.crt | pattern
                    coordinator.enabled=true              | scheduler.profile: balanced (expected: phases or custom
                    coordinator.enabled=true,scheduler.profile=phases | coordinator.networks: empty (expected: the networks of pods
                    coordinator.enabled=true,scheduler.profile=phases,coordinator.networks[0]=10.244.0.0/16,gateway.service.type=NodePort | gateway.service.type: NodePort (expected: ClusterIP
                    coordinator.enabled=true,scheduler.profile=phases,coordinator.networks[0]=10.244.0.0/16,gateway.tls.mode=server,gateway.tls.existingSecret=tls | gateway.tls.mode: server (expected: off
                    scheduler.enabled=false               | scheduler.enabled: false (expected: true, because the gateway
                    gateway.enabled=false,scheduler.enabled=false,inferencePool.enabled=true,inferenceGateway.enabled=true | scheduler.enabled: false (expected: true, because the Inference Gateway
                    modelServers.mode=prefill-decode      | scheduler.profile: balanced (expected: pd, phases or custom
                    modelServers.mode=prefill-decode,scheduler.profile=pd,inferencePool.enabled=true,inferenceGateway.enabled=true | modelServers.mode: prefill-decode (expected: none or unified
                    simulator.enabled=true,endpoints.ports[0]=8000,endpoints.ports[1]=8001 | endpoints.ports: 2 ports (expected: one
                    modelServers.mode=unified,endpoints.selector=app=vllm | endpoints.selector: app=vllm (expected: empty
                    inferencePool.enabled=true,inferencePool.appProtocol=h2 | kubernetes.io/h2c
                    pods.javaOptions=-XX:+UseZGC          | pods.javaOptions: -XX:+UseZGC (expected: no garbage collector
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

    /** Only the leader is ready: with a bound on what is unavailable, or a budget, nothing would ever replace it. */
    @Test
    void aLeaderCanBeReplacedAndEvicted() throws IOException {
        Manifests ofTheChart = render("everything-values.yaml");
        Manifests ofKustomize = Kustomize.isInstalled() ? Kustomize.renderWith("leader-election") : ofTheChart;
        assertThat(List.of(ofTheChart, ofKustomize)).allSatisfy(manifests -> {
            Map<String, Object> scheduler = named(manifests, "Deployment", "-scheduler");
            assertThat(map(scheduler.get("spec")).get("strategy"))
                    .isEqualTo(Map.of("rollingUpdate", Map.of("maxSurge", "100%", "maxUnavailable", "100%")));
            assertThat(manifests.ofKind("PodDisruptionBudget"))
                    .isNotEmpty()
                    .noneSatisfy(budget -> assertThat(Manifests.name(budget)).endsWith("-scheduler"));
        });
        Manifests withoutLeader = render("");
        assertThat(map(named(withoutLeader, "Deployment", "-scheduler").get("spec")))
                .doesNotContainKey("strategy");
        assertThat(named(withoutLeader, "PodDisruptionBudget", "-scheduler")).isNotEmpty();
    }

    @Test
    void onlyCoordinatorsReachAGatewayThatBelievesThem() {
        Manifests manifests = render("coordinator-values.yaml");
        List<Object> rules = list(
                map(named(manifests, "NetworkPolicy", "-gateway").get("spec")).get("ingress"));
        List<Object> ofClients = rules.stream()
                .filter(rule -> list(map(rule).get("ports")).contains(Map.of("port", "http")))
                .toList();
        assertThat(ofClients).hasSize(1);
        assertThat(map(ofClients.getFirst()).get("from"))
                .isEqualTo(List.of(Map.of(
                        "podSelector",
                        Map.of(
                                "matchLabels",
                                Map.of(
                                        "app.kubernetes.io/name",
                                        "llmd-coordinator",
                                        "app.kubernetes.io/instance",
                                        "llmd")))));
        assertThat(environment(manifests, "-gateway"))
                .containsEntry("GATEWAY_ACCESS_TRUSTED_PROXIES", "10.244.0.0/16")
                .containsEntry("GATEWAY_ACCESS_TRANSFER_PARAMS", "trusted");
    }

    /** The suite's own ports for monitoring are open; model servers have none but the one that they serve on. */
    @Test
    void prometheusReachesModelServersThatItIsToldToRead() {
        Map<String, Object> prometheus = Map.of(
                "from",
                List.of(Map.of(
                        "namespaceSelector",
                        Map.of("matchLabels", Map.of("kubernetes.io/metadata.name", "monitoring")))),
                "ports",
                List.of(Map.of("port", "http")));
        assertThat(ingressOfModelServers("true")).contains(prometheus);
        assertThat(ingressOfModelServers("false")).hasSize(1).doesNotContain(prometheus);
    }

    private static List<Object> ingressOfModelServers(String monitored) {
        Manifests manifests = Manifests.parse(template()
                .set("modelServers.mode", "unified")
                .set("monitoring.serviceMonitors.enabled", monitored)
                .call());
        return list(map(named(manifests, "NetworkPolicy", "-model-servers").get("spec"))
                .get("ingress"));
    }

    /** Both give endpoints the same names only where they follow the same pods. */
    @Test
    void theIndexFollowsThePodsThatTheSchedulerPlacesRequestsOn() {
        Manifests manifests = render("unified-index-values.yaml");
        Map<String, Object> pool =
                map(manifests.ofKind("InferencePool").getFirst().get("spec"));
        String selector = map(map(pool.get("selector")).get("matchLabels")).entrySet().stream()
                .map(label -> label.getKey() + "=" + label.getValue())
                .sorted()
                .collect(Collectors.joining(","));
        assertThat(environment(manifests, "-kv-index"))
                .containsEntry("KV_INDEX_KUBERNETES_ENDPOINT_SELECTOR", selector)
                .containsEntry("KV_INDEX_KUBERNETES_ENDPOINT_TARGET_PORTS", "8000")
                .containsEntry("KV_INDEX_MODEL", "Qwen/Qwen3-32B")
                .doesNotContainKey("KV_INDEX_ENDPOINTS_FILE");
        assertThat(named(manifests, "Role", "-kv-index").get("rules"))
                .isEqualTo(List.of(Map.of(
                        "apiGroups", List.of(""), "resources", List.of("pods"), "verbs", List.of("list", "watch"))));
        assertThat(environment(render("kafka-values.yaml"), "-kv-index"))
                .containsEntry("KV_INDEX_ENDPOINTS_FILE", "/endpoints/endpoints.yaml")
                .doesNotContainKey("KV_INDEX_KUBERNETES_ENABLED");
    }

    /** The API server asks our Service by its name, at a port that pods have and let in, with an authority that it checks. */
    @Test
    void theApiServerFindsExternalMetricsAndChecksTheirCertificate() {
        String authority = "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
        Manifests manifests = Manifests.parse(template()
                .withValuesFile(CHART.resolve("ci/autoscaler-external-metrics-values.yaml"))
                .set("autoscaler.externalMetrics.caBundle", authority)
                .call());
        Map<String, Object> api = map(manifests.ofKind("APIService").getFirst().get("spec"));
        assertThat(api)
                .containsEntry("service", Map.of("name", "llmd-autoscaler", "namespace", "team", "port", 9443))
                .containsEntry(
                        "caBundle", Base64.getEncoder().encodeToString(authority.getBytes(StandardCharsets.UTF_8)));
        assertThat(list(map(named(manifests, "Service", "-autoscaler").get("spec"))
                        .get("ports")))
                .contains(Map.of("name", "metrics-api", "port", 9443, "targetPort", "metrics-api"));
        assertThat(list(map(list(map(named(manifests, "NetworkPolicy", "-autoscaler")
                                                .get("spec"))
                                        .get("ingress"))
                                .getFirst())
                        .get("ports")))
                .contains(Map.of("port", "metrics-api"));
        Map<String, Object> environment = environment(manifests, "-autoscaler");
        assertThat(environment)
                .containsEntry("AUTOSCALER_EXTERNAL_METRICS_SERVICE", "llmd-autoscaler")
                .containsEntry("AUTOSCALER_EXTERNAL_METRICS_CLIENT_AUTHORITY", "/config/front-proxy.crt");
        assertThat(map(named(manifests, "ConfigMap", "-autoscaler").get("data")))
                .containsEntry("front-proxy.crt", authority);
    }

    @Test
    void allReadMetricsAtTheFirstPortOfEndpoints() {
        Manifests manifests = Manifests.parse(template()
                .set("autoscaler.enabled", "true")
                .set("endpoints.selector", "app=vllm")
                .set("endpoints.ports[0]", "8100")
                .set("endpoints.ports[1]", "8101")
                .call());
        assertThat(environment(manifests, "-autoscaler")).containsEntry("AUTOSCALER_KUBERNETES_METRICS_PORT", "8100");
        assertThat(environment(manifests, "-scheduler"))
                .containsEntry("SCHEDULER_DISCOVERY_KUBERNETES_ENDPOINT_TARGET_PORTS", "8100,8101");
    }

    @Test
    void valuesArriveAsTheyWereWritten() {
        Manifests manifests = render("everything-values.yaml");
        assertThat(environment(manifests, "-gateway"))
                .containsEntry("GATEWAY_LIMITS_BODY", "16777216")
                .containsEntry("GATEWAY_ACCESS_CORSORIGINS", "https://a.example,https://b.example")
                .containsEntry("LOGGING_LEVEL_ORG_APACHE_KAFKA", "off");
        // A release may have a number for a name.
        Manifests ofANumber = Manifests.parse(
                template().withName("123").set("simulator.enabled", "true").call());
        assertThat(ofANumber.ofKind("Deployment"))
                .isNotEmpty()
                .allSatisfy(deployment -> assertThat(
                                map(map(deployment.get("metadata")).get("labels"))
                                        .get("app.kubernetes.io/instance"))
                        .isEqualTo("123"));
    }

    @Test
    void theObjectiveOfTheAlertAndTheCollectorOfTracesAreSet() {
        Manifests manifests = Manifests.parse(template()
                .set("simulator.enabled", "true")
                .set("monitoring.alerts.enabled", "true")
                .set("monitoring.alerts.ttftObjectiveSeconds", "2")
                .set("tracing.endpoint", "http://tempo:4318")
                .call());
        assertThat(manifests.ofKind("PrometheusRule"))
                .singleElement()
                .satisfies(rules -> assertThat(rules.toString())
                        .contains("> 2 # ttft objective")
                        .doesNotContain("> 5 # ttft objective"));
        for (String part : List.of("-gateway", "-scheduler", "-sim")) {
            assertThat(environment(manifests, part))
                    .as(part)
                    .containsEntry("OTEL_EXPORTER_OTLP_ENDPOINT", "http://tempo:4318")
                    .containsEntry("OTEL_TRACES_SAMPLER_ARG", "0.1");
        }
        assertThat(environment(render("everything-values.yaml"), "-gateway"))
                .doesNotContainKey("OTEL_EXPORTER_OTLP_ENDPOINT");
    }

    /** Values are asked for at starts only, so that services wait for the server and restart when its files change. */
    @Test
    void servicesGetTheFilesOfTheConfigServer() {
        Manifests first = render("everything-values.yaml");
        Manifests second = Manifests.parse(template()
                .withValuesFile(CHART.resolve("ci/everything-values.yaml"))
                .set("configServer.files.scheduler\\.yml", "a: b")
                .call());
        for (String service : List.of("-gateway", "-scheduler", "-autoscaler")) {
            assertThat(environment(first, service))
                    .as(service)
                    .containsEntry("SPRING_CLOUD_CONFIG_ENABLED", "true")
                    .containsEntry("SPRING_CLOUD_CONFIG_FAIL_FAST", "true");
            assertThat(podMetadata(second, service).get("annotations"))
                    .as(service)
                    .isNotEqualTo(podMetadata(first, service).get("annotations"));
        }
        // Servers with files of another release are asked no more.
        for (Manifests manifests : List.of(first, second)) {
            Map<String, Object> service = named(manifests, "Service", "-config-server");
            assertThat(map(podMetadata(manifests, "-config-server").get("labels")))
                    .containsAllEntriesOf(map(map(service.get("spec")).get("selector")));
        }
        assertThat(podMetadata(second, "-config-server").get("labels"))
                .isNotEqualTo(podMetadata(first, "-config-server").get("labels"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    alerts.yml    | ops/prometheus/alerts.yml
                    balanced.yaml | k8s/base/endpoint-picker.yaml
                    pd.yaml       | k8s/overlays/prefill-decode/endpoint-picker.yaml
                    phases.yaml   | docs/examples/phases.yaml
                    dashboards    | ops/grafana/dashboards
                    """)
    void filesOfTheChartAreThoseThatAreUsedElsewhere(String file, String source) throws IOException {
        assertThat(contents(CHART.resolve("files").resolve(file)))
                .as("cp -r %s k8s/helm/llmd/files/%s", source, file)
                .isEqualTo(contents(FILES.path(source)));
    }

    /** A package of the chart has nothing from outside of it. */
    @Test
    void theChartHasNoLinks() throws IOException {
        try (Stream<Path> files = Files.walk(CHART)) {
            assertThat(files).noneMatch(Files::isSymbolicLink);
        }
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

    /** Texts of files by their paths in a folder; of one file by an empty path. */
    private static Map<String, String> contents(Path path) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(path.relativize(file).toString(), Files.readString(file));
            }
        }
        return contents;
    }

    /** Each pod is scraped once, whatever else finds it. */
    @Test
    void oneServiceOfEachWorkloadIsMonitored() {
        Manifests manifests = render("everything-values.yaml");
        Map<String, Object> selector = map(
                map(manifests.ofKind("ServiceMonitor").getFirst().get("spec")).get("selector"));
        assertThat(selector.get("matchExpressions"))
                .isEqualTo(List.of(Map.of("key", "llmd.io/management", "operator", "DoesNotExist")));
        List<Map<String, Object>> monitored = manifests.ofKind("Service").stream()
                .filter(service -> {
                    Map<String, Object> labels =
                            map(map(service.get("metadata")).get("labels"));
                    return labels.entrySet()
                                    .containsAll(
                                            map(selector.get("matchLabels")).entrySet())
                            && !labels.containsKey("llmd.io/management");
                })
                .toList();
        assertThat(manifests.ofKind("Service")).hasSizeGreaterThan(monitored.size());
        for (String workload : List.of("-gateway", "-scheduler", "-autoscaler", "-config-server")) {
            Map<String, Object> labels = map(podMetadata(manifests, workload).get("labels"));
            assertThat(monitored)
                    .as(workload)
                    .filteredOn(service -> labels.entrySet()
                            .containsAll(map(map(service.get("spec")).get("selector"))
                                    .entrySet()))
                    .hasSize(1);
        }
    }

    private static Map<String, Object> named(Manifests manifests, String kind, String ending) {
        return manifests.ofKind(kind).stream()
                .filter(object -> Manifests.name(object).endsWith(ending))
                .findFirst()
                .orElseThrow(() -> new AssertionError(kind + " " + ending));
    }

    /** What pods of a Deployment begin with. */
    private static Map<String, Object> podMetadata(Manifests manifests, String ending) {
        Map<String, Object> deployment = named(manifests, "Deployment", ending);
        return map(map(map(deployment.get("spec")).get("template")).get("metadata"));
    }

    /** Variables of a Deployment's container that have a value. */
    private static Map<String, Object> environment(Manifests manifests, String ending) {
        Map<String, Object> deployment = named(manifests, "Deployment", ending);
        Object pod = map(map(deployment.get("spec")).get("template")).get("spec");
        Map<String, Object> environment = new TreeMap<>();
        for (Object variable :
                list(map(list(map(pod).get("containers")).getFirst()).get("env"))) {
            if (map(variable).containsKey("value")) {
                environment.put(
                        String.valueOf(map(variable).get("name")), map(variable).get("value"));
            }
        }
        return environment;
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
