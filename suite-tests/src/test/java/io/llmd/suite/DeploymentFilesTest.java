package io.llmd.suite;

import static io.llmd.suite.DeploymentFiles.list;
import static io.llmd.suite.DeploymentFiles.map;
import static io.llmd.suite.DeploymentFiles.maps;
import static io.llmd.suite.DeploymentFiles.strings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.launcher.Llmd;
import io.llmd.launcher.serve.Role;
import io.llmd.launcher.terminal.Terminal;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import tools.jackson.databind.JsonNode;

class DeploymentFilesTest {

    private static final Pattern PINNED_IMAGE =
            Pattern.compile("(?:[a-z0-9-]+/)?[a-z0-9-]+:v?\\d[A-Za-z0-9._-]*(?:-[a-z0-9.-]+)?");
    private static final Pattern LOOPBACK_PORT = Pattern.compile("127\\.0\\.0\\.1:(\\d+):(\\d+)");

    private final DeploymentFiles files = DeploymentFiles.find();
    private final Map<String, Map<String, Object>> services = files.composeServices();

    @Test
    void everyDependencyExistsAndIsHealthGated() {
        services.forEach((name, service) -> maps(service.get("depends_on")).forEach((target, gate) -> {
            assertThat(services).as("%s depends on", name).containsKey(target);
            assertThat(gate).as("%s -> %s", name, target).containsEntry("condition", "service_healthy");
            assertThat(services.get(target)).as("%s -> %s", name, target).containsKey("healthcheck");
            assertThat(strings(services.get(target).get("profiles")))
                    .as("profiles of %s, which %s depends on", target, name)
                    .isSubsetOf(strings(service.get("profiles")));
        }));
    }

    @Test
    void gatewayWaitsForTheSchedulerAndTheSchedulerForItsEndpoints() {
        assertThat(maps(services.get("gateway").get("depends_on"))).containsOnlyKeys("config-server", "scheduler");
        assertThat(maps(services.get("scheduler").get("depends_on")))
                .containsOnlyKeys("config-server", "sim-1", "sim-2", "sim-3");
    }

    @Test
    void mountedFilesExistAndAreReadOnlyAndVolumesAreDeclared() {
        Set<String> volumes =
                maps(files.yaml("docker-compose.yml").get("volumes")).keySet();
        Set<String> mounted = new TreeSet<>();
        services.values().forEach(service -> mounted.addAll(strings(service.get("volumes"))));

        assertThat(mounted).isNotEmpty().allSatisfy(mount -> {
            String source = mount.substring(0, mount.indexOf(':'));
            if (source.startsWith("./")) {
                assertThat(files.path(source)).exists();
                assertThat(mount).endsWith(":ro");
            } else {
                assertThat(volumes).contains(source);
            }
        });
    }

    @Test
    void imagesArePinnedAndHaveNoRegistryHost() {
        Set<String> images = new TreeSet<>();
        services.values().forEach(service -> images.add(String.valueOf(service.get("image"))));
        files.text("Dockerfile")
                .lines()
                .filter(line -> line.startsWith("FROM "))
                .forEach(line -> images.add(line.split(" ")[1]));

        assertThat(images)
                .hasSizeGreaterThan(4)
                .allSatisfy(image -> assertThat(image).matches(PINNED_IMAGE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"grafana/grafana", "grafana/grafana:latest", "registry.example/a/b:1", "kafka:stable"})
    void looseImageIsNotPinned(String image) {
        assertThat(image).doesNotMatch(PINNED_IMAGE);
    }

    @Test
    void portsAreThoseOfTheArchitectureAndOnLoopbackOnly() {
        assertThat(publishedPorts())
                .isEqualTo(Map.ofEntries(
                        Map.entry("gateway", List.of(8080, 9080)),
                        Map.entry("scheduler", List.of(8081, 9090)),
                        Map.entry("config-server", List.of(8888, 9088)),
                        Map.entry("sim-1", List.of(8200)),
                        Map.entry("sim-2", List.of(8201)),
                        Map.entry("sim-3", List.of(8202)),
                        Map.entry("pd-prefill-1", List.of(8210)),
                        Map.entry("pd-decode-1", List.of(8211)),
                        Map.entry("pd-decode-2", List.of(8212)),
                        Map.entry("pd-scheduler", List.of(8181, 9190)),
                        Map.entry("pd-gateway", List.of(8180, 9180)),
                        Map.entry("phase-prefill-1", List.of(8220)),
                        Map.entry("phase-decode-1", List.of(8221)),
                        Map.entry("phase-scheduler", List.of(8191, 9191)),
                        Map.entry("phase-gateway", List.of(8190, 9192)),
                        Map.entry("coordinator", List.of(8088, 9086)),
                        Map.entry("prometheus", List.of(9091)),
                        Map.entry("tempo", List.of(3200)),
                        Map.entry("grafana", List.of(3000))));
        String architecture = files.text("docs/architecture.md");
        assertThat(List.of(8080, 9080, 8081, 9090, 8888, 9088, 8200, 9091, 3000))
                .allSatisfy(port -> assertThat(architecture).contains("| " + port + " "));
    }

    /** Somebody on the machine reaches published ports from an address of a network's own gateway, which is no service. */
    @Test
    void onlySingleServicesAreTrusted() {
        Map<String, Object> networks = map(files.yaml("docker-compose.yml").get("networks"));
        Set<String> fixed = new TreeSet<>();
        services.values()
                .forEach(service -> addressesOf(service).forEach((network, address) -> {
                    assertThat(map(networks.get(network))).as(network).containsEntry("internal", true);
                    fixed.add(address);
                }));
        List<String> trusted = services.values().stream()
                .map(service -> map(service.get("environment")).get("GATEWAY_ACCESS_TRUSTED_PROXIES"))
                .filter(Objects::nonNull)
                .flatMap(value -> Arrays.stream(value.toString().split(",")))
                .toList();

        assertThat(trusted).isNotEmpty().isSubsetOf(fixed);
    }

    /** Addresses that a service always has, by network. */
    private static Map<String, String> addressesOf(Map<String, Object> service) {
        Map<String, String> addresses = new TreeMap<>();
        map(service.get("networks")).forEach((network, settings) -> {
            Object address = map(settings).get("ipv4_address");
            if (address != null) {
                addresses.put(network, address.toString());
            }
        });
        return addresses;
    }

    @Test
    void ownContainersAreLockedDown() {
        ownServices().forEach((name, service) -> {
            assertThat(service).as(name).containsEntry("read_only", true).containsKey("mem_limit");
            assertThat(strings(service.get("cap_drop"))).as(name).containsExactly("ALL");
            assertThat(strings(service.get("security_opt"))).as(name).containsExactly("no-new-privileges:true");
        });
        String dockerfile = files.text("Dockerfile");
        assertThat(dockerfile)
                .containsPattern("(?m)^USER [1-9][0-9]*:[1-9][0-9]*$")
                .contains(
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-XX:MaxRAMPercentage=60",
                        "-XX:+ExitOnOutOfMemoryError",
                        "/opt/llmd/llmd.jar");
    }

    /** What was left behind by a start with other options cannot be used. */
    @Test
    void theImageIsTrainedWithItsOwnOptions() {
        Matcher command = Pattern.compile("(?s)ENTRYPOINT \\[(.*?)]").matcher(files.text("Dockerfile"));
        assertThat(command.find()).isTrue();
        List<String> options = Pattern.compile("\"(-[^\"]+)\"")
                .matcher(command.group(1))
                .results()
                .map(found -> found.group(1))
                .filter(option -> !option.equals("-jar")
                        && !option.startsWith("-XX:AOTCache=")
                        && !option.startsWith("-XX:MaxRAMPercentage="))
                .toList();
        assertThat(options).hasSizeGreaterThan(5);
        assertThat(files.text("tools/image/train.sh")).contains(options);
    }

    @Test
    void healthChecksAskTheContainerItself() {
        services.forEach((name, service) -> {
            List<String> test = strings(map(service.get("healthcheck")).get("test"));
            if (test.contains("health")) {
                String port = test.getLast().replaceFirst("http://localhost:(\\d+)/.*", "$1");
                assertThat(publishedPorts().get(name)).as(name).contains(Integer.valueOf(port));
            }
        });
    }

    @Test
    void prometheusScrapesServicesOnTheirPorts() {
        Map<String, Object> config = files.yaml("ops/prometheus/prometheus.yml");
        Map<String, List<String>> targets = new TreeMap<>();
        for (Object job : list(config.get("scrape_configs"))) {
            targets.put(
                    String.valueOf(map(job).get("job_name")),
                    list(map(job).get("static_configs")).stream()
                            .flatMap(group -> strings(map(group).get("targets")).stream())
                            .toList());
        }

        assertThat(targets)
                .isEqualTo(Map.of(
                        "gateway", List.of("gateway:9080"),
                        "scheduler", List.of("scheduler:9090"),
                        "config-server", List.of("config-server:9088"),
                        "endpoints", List.of("sim-1:8200", "sim-2:8201", "sim-3:8202")));
        targets.values().stream().flatMap(List::stream).forEach(target -> {
            String[] hostAndPort = target.split(":");
            assertThat(publishedPorts().get(hostAndPort[0])).as(target).contains(Integer.valueOf(hostAndPort[1]));
        });
        assertThat(strings(config.get("rule_files")))
                .allSatisfy(
                        file -> assertThat(files.path("ops/prometheus/" + file)).exists());
    }

    @Test
    void everyAlertHasASeverityASummaryAndARunbook() {
        Set<String> names = new HashSet<>();
        String index = files.text("docs/runbooks/README.md");
        assertThat(files.alertRules()).hasSizeGreaterThan(4).allSatisfy(rule -> {
            String name = String.valueOf(rule.get("alert"));
            assertThat(names.add(name)).as("%s is there once", name).isTrue();
            assertThat(String.valueOf(map(rule.get("labels")).get("severity"))).isIn("page", "ticket");
            Map<String, Object> annotations = map(rule.get("annotations"));
            assertThat(annotations).containsKeys("summary", "runbook");
            Path runbook = files.path(String.valueOf(annotations.get("runbook")));
            assertThat(runbook).exists().content().startsWith("# " + name + "\n");
            assertThat(index).contains("[" + name + "](" + runbook.getFileName() + ")");
        });
    }

    @Test
    void errorSharesCountEveryServerErrorAndNothingElse() {
        String serverErrors = Arrays.stream(ErrorCode.values())
                .filter(code -> code.status() >= 500)
                .map(ErrorCode::wireName)
                .sorted()
                .collect(Collectors.joining("|"));
        String matcher = "code=~\"" + serverErrors + "\"";

        assertThat(files.alertRules())
                .filteredOn(rule -> "HighErrorShare".equals(rule.get("alert")))
                .singleElement()
                .satisfies(rule -> assertThat(String.valueOf(rule.get("expr"))).contains(matcher));
        assertThat(files.dashboards().get("llmd-overview.json").get("panels").valueStream())
                .filteredOn(panel -> panel.get("title").asString().equals("Error share"))
                .singleElement()
                .satisfies(panel -> assertThat(expressions(panel).getFirst()).contains(matcher));
    }

    @Test
    void dashboardsAreWellFormedAndProvisioned() {
        Map<String, JsonNode> dashboards = files.dashboards();
        assertThat(dashboards).containsKey("llmd-overview.json");
        dashboards.forEach((file, dashboard) -> {
            assertThat(dashboard.get("uid").asString() + ".json").isEqualTo(file);
            Set<Integer> ids = new HashSet<>();
            dashboard.get("panels").valueStream().forEach(panel -> {
                String title = panel.get("title").asString();
                assertThat(ids.add(panel.get("id").asInt()))
                        .as("id of %s", title)
                        .isTrue();
                if (!panel.get("type").asString().equals("row")) {
                    assertThat(expressions(panel)).as(title).isNotEmpty().doesNotContain("");
                    assertThat(panel.at("/datasource/uid").asString()).as(title).isEqualTo("${datasource}");
                    assertThat(panel.at("/fieldConfig/defaults/unit").asString())
                            .as(title)
                            .isNotBlank();
                }
            });
        });
        Object provider = list(files.yaml("ops/grafana/provisioning/dashboards/llmd.yml")
                        .get("providers"))
                .getFirst();
        String folder = String.valueOf(map(map(provider).get("options")).get("path"));
        assertThat(strings(services.get("grafana").get("volumes")))
                .contains("./ops/grafana/dashboards:" + folder + ":ro");
    }

    @Test
    void dashboardAndAlertMetricsAreDocumented() {
        Set<String> known = DocumentedMeters.ofServices(files.text("docs/metrics.md"));
        known.addAll(DocumentedMeters.ofLibraries(files.text("docs/metrics.md")));
        known.addAll(DocumentedMeters.ofEndpoints(files.text("docs/simulator.md")));
        known.addAll(
                Set.of("vllm:lora_requests_info", "vllm:nixl_bytes_transferred")); // with adapters, with a connector
        known.add("up"); // Prometheus makes it for each target

        assertThat(usedMetrics())
                .contains("gateway_requests_total", "llm_d_epp_ready_endpoints", "scheduler_endpoints_stale", "up")
                .contains("vllm:num_requests_running")
                .isSubsetOf(known);
    }

    @Test
    void testedAlertSeriesAreThoseOfTheAlerts() {
        Set<String> inAlerts = new TreeSet<>();
        files.alertRules().forEach(rule -> inAlerts.addAll(MetricNames.of(String.valueOf(rule.get("expr")))));
        Set<String> inTests = list(files.yaml("ops/prometheus/alerts_test.yml").get("tests")).stream()
                .flatMap(test -> list(map(test).get("input_series")).stream())
                .flatMap(series -> MetricNames.of(String.valueOf(map(series).get("series"))).stream())
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(inTests).isEqualTo(inAlerts);
    }

    @Test
    void environmentVariablesAreSettingsOfTheServices() {
        KnownSettings settings = KnownSettings.onTheClassPath();
        ownServices()
                .forEach((name, service) -> map(service.get("environment"))
                        .keySet()
                        .forEach(variable -> assertThat(isRead(variable, settings))
                                .as("%s reads %s", name, variable)
                                .isTrue()));

        assertThat(map(services.get("gateway").get("environment"))).containsKey("GATEWAY_SCHEDULER_URL");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"GATEWAY_SCHEDULER_URI", "SCHEDULER_CONFIGFIL", "CONFIG_DIR", "LLMD_KEYS", "SPRING_CLOUD_CONFIG"
            })
    void misspeltEnvironmentVariableIsNoSetting(String variable) {
        assertThat(isRead(variable, KnownSettings.onTheClassPath())).isFalse();
    }

    private boolean isRead(String variable, KnownSettings settings) {
        return variable.startsWith("LLMD_")
                ? files.text("docs/cli.md").contains("| `" + variable + "` |")
                : settings.has(variable);
    }

    @Test
    void commandLinesAreThoseOfTheProgram() {
        List<List<String>> commandLines = new ArrayList<>();
        ownServices().values().forEach(service -> {
            commandLines.add(strings(service.get("command")));
            List<String> check = strings(map(service.get("healthcheck")).get("test"));
            if (!check.isEmpty()) {
                commandLines.add(check.subList(check.indexOf("/opt/llmd/llmd.jar") + 1, check.size()));
            }
        });
        Matcher byDefault = Pattern.compile("(?m)^CMD \\[(.*)]$").matcher(files.text("Dockerfile"));
        assertThat(byDefault.find()).isTrue();
        commandLines.add(Arrays.stream(byDefault.group(1).split(", "))
                .map(word -> word.replace("\"", ""))
                .toList());

        assertThat(commandLines).hasSizeGreaterThan(12).allSatisfy(DeploymentFilesTest::parse);
    }

    @Test
    void wrongCommandLineIsRefused() {
        assertThatThrownBy(() -> parse(List.of("serve", "--role", "gateway"))).isInstanceOf(ParameterException.class);
        assertThatThrownBy(() -> parse(List.of("serve", "--roles", "gatewy"))).hasMessageContaining("gatewy");
        assertThatThrownBy(() -> parse(List.of("load", "--for", "10min"))).isInstanceOf(ParameterException.class);
        assertThatThrownBy(() -> parse(List.of("helth", "http://localhost:1/"))).isInstanceOf(ParameterException.class);
    }

    static void parse(List<String> arguments) {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        ParseResult command = Llmd.commandLine(new Terminal(nowhere, nowhere, false, false))
                .parseArgs(arguments.toArray(String[]::new))
                .subcommand();
        assertThat(command).as("command of %s", arguments).isNotNull();
        if (command.hasMatchedOption("--roles")) {
            Role.parse(command.matchedOptionValue("--roles", List.of()));
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "scheduler | endpoint-picker | endpoints | sim-1:8200 sim-2:8201 sim-3:8202",
                "pd-scheduler | prefill-decode | prefill-decode-endpoints"
                        + " | pd-prefill-1:8210 pd-decode-1:8211 pd-decode-2:8212"
            })
    void schedulerFindsTheSimulatedEndpoints(String service, String configFile, String endpointsFile, String expected) {
        Map<String, Object> config = files.yaml("ops/compose/scheduler/" + configFile + ".yaml");
        Map<String, Map<String, Object>> plugins = list(config.get("plugins")).stream()
                .map(DeploymentFiles::map)
                .collect(Collectors.toMap(plugin -> String.valueOf(plugin.get("name")), plugin -> plugin));
        List<String> references = Stream.concat(
                        list(config.get("schedulingProfiles")).stream()
                                .flatMap(profile -> list(map(profile).get("plugins")).stream()),
                        Stream.of(map(config.get("dataLayer")).get("discovery")))
                .map(reference -> String.valueOf(map(reference).get("pluginRef")))
                .toList();
        assertThat(plugins).containsKeys(references.toArray(String[]::new));

        Map<String, Object> discovery = plugins.get("endpoints");
        assertThat(discovery).containsEntry("type", "file-discovery");
        assertThat(map(discovery.get("parameters")))
                .containsEntry("path", "/etc/llmd/scheduler/" + endpointsFile + ".yaml");
        assertThat(map(services.get(service).get("environment")))
                .containsEntry("SCHEDULER_CONFIG_FILE", "/etc/llmd/scheduler/" + configFile + ".yaml");
        assertThat(strings(services.get(service).get("volumes")))
                .contains("./ops/compose/scheduler:/etc/llmd/scheduler:ro");

        List<String> endpoints =
                list(files.yaml("ops/compose/scheduler/" + endpointsFile + ".yaml")
                                .get("endpoints"))
                        .stream()
                        .map(DeploymentFiles::map)
                        .map(endpoint -> endpoint.get("address") + ":" + endpoint.get("port"))
                        .toList();
        assertThat(endpoints).containsExactly(expected.split(" "));
    }

    @Test
    void promtoolAcceptsTheConfiguration() throws IOException, InterruptedException {
        promtool("check", "config", files.path("ops/prometheus/prometheus.yml").toString());
    }

    @Test
    void alertsFireWhenTheyShould() throws IOException, InterruptedException {
        promtool("test", "rules", files.path("ops/prometheus/alerts_test.yml").toString());
    }

    @Test
    void everyAlertHasATestThatFiresIt() {
        Set<String> fired = list(files.yaml("ops/prometheus/alerts_test.yml").get("tests")).stream()
                .flatMap(test -> list(map(test).get("alert_rule_test")).stream())
                .map(DeploymentFiles::map)
                .filter(test -> !list(test.get("exp_alerts")).isEmpty())
                .map(test -> String.valueOf(test.get("alertname")))
                .collect(Collectors.toSet());

        assertThat(files.alertRules())
                .allSatisfy(rule -> assertThat(fired).contains(String.valueOf(rule.get("alert"))));
    }

    private static void promtool(String... arguments) throws IOException, InterruptedException {
        boolean installed = Arrays.stream(
                        System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .filter(folder -> !folder.isBlank())
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "promtool")));
        assumeTrue(installed, "promtool is not on the path");

        Process process = new ProcessBuilder(Stream.concat(Stream.of("promtool"), Stream.of(arguments))
                        .toList())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    /** Services that run this repository's image. */
    private Map<String, Map<String, Object>> ownServices() {
        Map<String, Map<String, Object>> own = new TreeMap<>(services);
        own.values().removeIf(service -> !String.valueOf(service.get("image")).startsWith("llmd:"));
        return own;
    }

    private Map<String, List<Integer>> publishedPorts() {
        Map<String, List<Integer>> ports = new TreeMap<>();
        services.forEach((name, service) -> {
            List<Integer> published = strings(service.get("ports")).stream()
                    .map(port -> {
                        Matcher matcher = LOOPBACK_PORT.matcher(port);
                        assertThat(matcher.matches())
                                .as("%s publishes %s", name, port)
                                .isTrue();
                        assertThat(matcher.group(1))
                                .as("%s publishes %s", name, port)
                                .isEqualTo(matcher.group(2));
                        return Integer.valueOf(matcher.group(1));
                    })
                    .toList();
            if (!published.isEmpty()) {
                ports.put(name, published);
            }
        });
        return ports;
    }

    private Set<String> usedMetrics() {
        Set<String> names = new TreeSet<>();
        files.alertRules().forEach(rule -> names.addAll(MetricNames.of(String.valueOf(rule.get("expr")))));
        files.dashboards()
                .values()
                .forEach(dashboard -> dashboard
                        .get("panels")
                        .valueStream()
                        .forEach(panel ->
                                expressions(panel).forEach(expression -> names.addAll(MetricNames.of(expression)))));
        return names;
    }

    private static List<String> expressions(JsonNode panel) {
        JsonNode targets = panel.get("targets");
        return targets == null
                ? List.of()
                : targets.valueStream()
                        .map(target -> target.get("expr").asString())
                        .toList();
    }
}
