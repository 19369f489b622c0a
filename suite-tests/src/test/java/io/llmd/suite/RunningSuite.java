package io.llmd.suite;

import static org.awaitility.Awaitility.await;

import io.llmd.contracts.schedule.EndpointList;
import io.llmd.launcher.serve.Role;
import io.llmd.launcher.serve.ServiceContexts;
import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.config.DataParallelSettings;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.SimulatorSettingsBuilder;
import io.llmd.testsupport.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Gateway and scheduler in this JVM, in front of simulated endpoints, on ports that the system chose. Calls between the two
 * stay inside of the process, unless they were started apart.
 */
final class RunningSuite implements AutoCloseable {

    static final String KEY = "sk-suite-test-key-0123456789abcdef";
    static final String MODEL = "sim-8b";
    static final String SPLIT_ALWAYS = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - {name: always, type: always-disagg-pd-decider}
              - {name: stages, type: disagg-profile-handler, parameters: {deciders: {prefill: always}}}
              - {name: only-prefill, type: prefill-filter}
              - {name: only-decode, type: decode-filter}
              - {name: busy, type: active-request-scorer}
              - {name: best, type: max-score-picker}
            schedulingProfiles:
              - {name: prefill, plugins: [{pluginRef: only-prefill}, {pluginRef: busy, weight: 1}, {pluginRef: best}]}
              - {name: decode, plugins: [{pluginRef: only-decode}, {pluginRef: busy, weight: 1}, {pluginRef: best}]}
            """;
    /** Settings of every service here. */
    static final Map<String, String> OWN_PORTS = Map.of(
            "server.address", "127.0.0.1",
            "server.port", "0",
            "management.server.address", "127.0.0.1",
            "management.server.port", "0",
            "spring.cloud.config.enabled", "false");

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path folder;
    private final ServiceContexts services = new ServiceContexts();
    private final ServiceContexts schedulerServices;
    private final List<VllmSimulator> endpoints = new ArrayList<>();
    private final List<SimulatorSettingsBuilder> endpointSettings = new ArrayList<>();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private RunningSuite(Path folder, boolean isApart) {
        this.folder = folder;
        this.schedulerServices = isApart ? new ServiceContexts() : services;
    }

    /** Starts the suite and returns when the gateway is ready and knows the model. */
    static RunningSuite start(int endpoints, UnaryOperator<SimulatorSettingsBuilder> settings) {
        return start(endpoints, settings, null);
    }

    /**
     * The same with endpoints that publish their KV events, and a scheduling configuration.
     *
     * @param config makes the configuration when the endpoints run; null for the scheduler's own and no events
     */
    static RunningSuite start(
            int endpoints,
            UnaryOperator<SimulatorSettingsBuilder> settings,
            @Nullable Function<List<VllmSimulator>, String> config) {
        return start(endpoints, settings, config, Map.of());
    }

    /** The same with further settings of the scheduler. */
    static RunningSuite start(
            int endpoints,
            UnaryOperator<SimulatorSettingsBuilder> settings,
            @Nullable Function<List<VllmSimulator>, String> config,
            Map<String, String> schedulerSettings) {
        try {
            RunningSuite suite = new RunningSuite(Files.createTempDirectory("llmd-suite"), false);
            suite.startParts(endpoints, settings, config, schedulerSettings, Map.of());
            return suite;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same with a scheduler that the gateway asks over HTTP, so that it can end alone, and further settings of the gateway. */
    static RunningSuite startApart(
            int endpoints,
            UnaryOperator<SimulatorSettingsBuilder> settings,
            Function<List<VllmSimulator>, String> config,
            Map<String, String> schedulerSettings,
            Map<String, String> gatewaySettings) {
        try {
            RunningSuite suite = new RunningSuite(Files.createTempDirectory("llmd-suite"), true);
            suite.startParts(endpoints, settings, config, schedulerSettings, gatewaySettings);
            return suite;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The same with endpoints for prefill, then endpoints for decode, that exchange KV blocks; every request is split over
     * two of them.
     */
    static RunningSuite startSplit(int prefill, int decode, UnaryOperator<SimulatorSettingsBuilder> settings) {
        return startSplit(prefill, decode, settings, Map.of());
    }

    /** The same with further settings of the gateway. */
    static RunningSuite startSplit(
            int prefill,
            int decode,
            UnaryOperator<SimulatorSettingsBuilder> settings,
            Map<String, String> gatewaySettings) {
        List<String> roles = new ArrayList<>(Collections.nCopies(prefill, "prefill"));
        roles.addAll(Collections.nCopies(decode, "decode"));
        return startPhases(
                roles,
                (role, one) -> settings.apply(one)
                        .option("kv-connector", "nixl")
                        .option("nixl-side-channel-host", "127.0.0.1")
                        .option("nixl-side-channel-port", "0"),
                SPLIT_ALWAYS,
                gatewaySettings);
    }

    /**
     * The same with an endpoint for each of some roles.
     *
     * @param settings of an endpoint with a role
     * @param config scheduling configuration
     * @param gatewaySettings further settings of the gateway
     */
    static RunningSuite startPhases(
            List<String> roles,
            BiFunction<String, SimulatorSettingsBuilder, SimulatorSettingsBuilder> settings,
            String config,
            Map<String, String> gatewaySettings) {
        return startPhases(roles, settings, config, Map.of(), gatewaySettings);
    }

    /** The same with further settings of the scheduler. */
    static RunningSuite startPhases(
            List<String> roles,
            BiFunction<String, SimulatorSettingsBuilder, SimulatorSettingsBuilder> settings,
            String config,
            Map<String, String> schedulerSettings,
            Map<String, String> gatewaySettings) {
        try {
            RunningSuite suite = new RunningSuite(Files.createTempDirectory("llmd-suite"), false);
            StringBuilder file = new StringBuilder("endpoints:\n");
            for (int i = 0; i < roles.size(); i++) {
                String role = roles.get(i);
                SimulatorSettingsBuilder local = SimulatorSettings.builder().option("host", "127.0.0.1");
                VllmSimulator endpoint = VllmSimulator.start(settings.apply(role, local)
                        .option("port", "0")
                        .option("role", role)
                        .build());
                suite.endpoints.add(endpoint);
                file.append("  - {name: %s-%d, address: %s, port: \"%d\", labels: {llm-d.ai/role: %s%s}}%n"
                        .formatted(role, i, endpoint.settings().host(), endpoint.port(), role, rankLabel(endpoint)));
            }
            suite.startServices(file.toString(), config, schedulerSettings, gatewaySettings);
            return suite;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * An endpoint for prefill and one for decode whose side channels are where the gateway looks for that of the first.
     *
     * @param connector of the endpoints
     * @param portOption of the endpoints, for the port of the side channel
     * @param portSetting of the gateway, for the same
     * @param ranks data-parallel ranks of each endpoint, whose ports follow each other
     * @param gatewaySettings further settings of the gateway
     */
    static RunningSuite startPair(
            String version,
            String connector,
            String portOption,
            String portSetting,
            int ranks,
            Map<String, String> gatewaySettings) {
        int port = FreePorts.next(2 * ranks);
        return startPhases(
                List.of("prefill", "decode"),
                (role, settings) -> settings.option("emulate-version", version)
                        .option("prefill-overhead", "20ms")
                        .option("inter-token-latency", "5ms")
                        .option("kv-connector", connector)
                        .option("kv-handshake-time", "20ms")
                        .option("nixl-side-channel-host", "127.0.0.1")
                        .option("data-parallel-size", "" + ranks)
                        .option(portOption, "" + (role.equals("prefill") ? port : port + ranks)),
                SPLIT_ALWAYS,
                with(gatewaySettings, Map.of(portSetting, "" + port)));
    }

    private void startParts(
            int count,
            UnaryOperator<SimulatorSettingsBuilder> settings,
            @Nullable Function<List<VllmSimulator>, String> config,
            Map<String, String> schedulerSettings,
            Map<String, String> gatewaySettings)
            throws IOException {
        StringBuilder file = new StringBuilder("endpoints:\n");
        for (int i = 0; i < count; i++) {
            SimulatorSettingsBuilder one = settings.apply(SimulatorSettings.builder())
                    .option("host", "127.0.0.1")
                    .option("port", "0");
            int events = FreePorts.next();
            int replay = FreePorts.next();
            if (config != null) {
                one = one.option("kv-events-config", eventConfig(events, replay));
            }
            VllmSimulator endpoint = VllmSimulator.start(one.build());
            endpoints.add(endpoint);
            endpointSettings.add(one.option("port", "" + endpoint.port()));
            String labels = config == null
                    ? ""
                    : ", labels: {llm-d.ai/variant: sim, llm-d.ai/kv-events-port: \"%d\", llm-d.ai/kv-events-replay-port: \"%d\"}"
                            .formatted(events, replay);
            file.append(
                    "  - {name: sim-%d, address: 127.0.0.1, port: \"%d\"%s}%n".formatted(i, endpoint.port(), labels));
        }
        startServices(
                file.toString(), config == null ? null : config.apply(endpoints), schedulerSettings, gatewaySettings);
    }

    private void startServices(
            String endpointList,
            @Nullable String config,
            Map<String, String> schedulerSettings,
            Map<String, String> gatewaySettings)
            throws IOException {
        Path endpointsFile = Files.writeString(folder.resolve("endpoints.yaml"), endpointList);
        Map<String, String> scheduler = with(
                OWN_PORTS,
                Map.of(
                        "scheduler.discovery.file",
                        endpointsFile.toString(),
                        "scheduler.discovery.allow-loopback",
                        "true"));
        scheduler.putAll(schedulerSettings);
        if (config != null) {
            Path configFile = Files.writeString(folder.resolve("scheduling.yaml"), config);
            scheduler.put("scheduler.config-file", configFile.toString());
        }
        schedulerServices.start(Role.SCHEDULER, scheduler, Stream.empty());
        services.start(Role.GATEWAY, gatewaySettings(gatewaySettings), Stream.empty());
        await("the gateway knows the model")
                .atMost(Duration.ofSeconds(30))
                .until(() -> getText("/v1/models").contains(MODEL));
    }

    private Map<String, String> gatewaySettings(Map<String, String> further) {
        Map<String, String> settings = with(
                OWN_PORTS,
                Map.of(
                        "gateway.access.demo-key", KEY,
                        "gateway.expose-endpoint", "true",
                        "gateway.scheduler.url", schedulerUrl(),
                        "gateway.models.poll-interval", "200ms",
                        "gateway.limits.connections-per-address", "10000"));
        settings.putAll(further);
        return settings;
    }

    /** Starts one more gateway with the same scheduler; who asks for it ends it. */
    ServiceContexts startGateway(Map<String, String> further) {
        ServiceContexts another = new ServiceContexts();
        another.start(Role.GATEWAY, gatewaySettings(further), Stream.empty());
        return another;
    }

    /** Names the rank of an endpoint that is one of several. */
    private static String rankLabel(VllmSimulator endpoint) {
        DataParallelSettings ranks = endpoint.settings().dataParallel();
        return ranks.size() > 1 && ranks.ranks().size() == 1
                ? ", llm-d.ai/data-parallel-rank: \"%d\""
                        .formatted(ranks.ranks().getFirst())
                : "";
    }

    /** An address binds when it holds {@code ::}, as in vLLM. */
    private static String eventConfig(int events, int replay) {
        return """
                {"enable_kv_cache_events": true, "topic": "kv@sim@%s",
                 "endpoint": "tcp://[::ffff:127.0.0.1]:%d", "replay_endpoint": "tcp://127.0.0.1:%d"}""".formatted(MODEL, events, replay);
    }

    private static Map<String, String> with(Map<String, String> shared, Map<String, String> own) {
        Map<String, String> all = new java.util.LinkedHashMap<>(shared);
        all.putAll(own);
        return all;
    }

    /** OpenAI base URL. */
    String baseUrl() {
        return "http://127.0.0.1:" + port() + "/v1";
    }

    int port() {
        return services.port(Role.GATEWAY);
    }

    /** Names the endpoints and the ports of their events. */
    Path endpointsFile() {
        return folder.resolve("endpoints.yaml");
    }

    /** Ends an endpoint; its place stays empty until {@link #startEndpoint}. */
    void stopEndpoint(int number) {
        endpoints.get(number).close();
    }

    /** Starts an endpoint that has ended on the same ports, with nothing in its cache. */
    void startEndpoint(int number) {
        endpoints.set(number, VllmSimulator.start(endpointSettings.get(number).build()));
    }

    List<VllmSimulator> endpoints() {
        return endpoints;
    }

    /** The load that the scheduler has on its books. */
    EndpointList placedLoad() {
        return JSON.readValue(get(schedulerUrl() + "/v1/endpoints"), EndpointList.class);
    }

    /** What the scheduler has recorded of a request, as JSON. */
    String decision(String requestId) {
        return get(schedulerUrl() + "/v1/decisions/" + requestId);
    }

    /** Sum of a meter of the gateway over its labels. */
    double gatewayMeter(String name) {
        return sum(name, meters(Role.GATEWAY));
    }

    /** Sum of a meter of the gateway over the series that have a label; 0 when there are none. */
    double gatewayMeter(String name, String label) {
        return labelledSum(name, label, meters(Role.GATEWAY));
    }

    /** Sum of a meter of the scheduler over its labels. */
    double schedulerMeter(String name) {
        return sum(name, meters(Role.SCHEDULER));
    }

    /** Sum of a meter of the scheduler over the series that have a label; 0 when there are none. */
    double schedulerMeter(String name, String label) {
        return labelledSum(name, label, meters(Role.SCHEDULER));
    }

    private String meters(Role role) {
        return meterPage(managementPort(role));
    }

    /** Meters of a service, as Prometheus reads them. */
    String meterPage(int managementPort) {
        return get("http://127.0.0.1:" + managementPort + "/actuator/prometheus");
    }

    /** Port of the actuator of the gateway or the scheduler. */
    int managementPort(Role role) {
        return (role == Role.SCHEDULER ? schedulerServices : services).managementPort(role);
    }

    String schedulerUrl() {
        return "http://127.0.0.1:" + schedulerServices.port(Role.SCHEDULER);
    }

    /** Ends a scheduler that was started apart; the gateway goes on as well as it can. */
    void stopScheduler() {
        schedulerServices.stop(Role.SCHEDULER);
    }

    /** Sum over the series of a page that have a label; 0 when there are none. */
    static double labelledSum(String name, String label, String page) {
        return page.lines()
                .filter(line -> line.startsWith(name + "{") && line.contains(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private static double sum(String name, String page) {
        return page.lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .reduce(Double::sum)
                .orElseThrow(() -> new AssertionError("no gauge " + name + " in\n" + page));
    }

    String getText(String path) {
        return get("http://127.0.0.1:" + port() + path);
    }

    private String get(String url) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .header("authorization", "Bearer " + KEY)
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Sends a chat and returns the complete answer. */
    Answer chat(String body) {
        return post("/chat/completions", body);
    }

    /** Sends a request to a path below {@link #baseUrl} and returns the complete answer. */
    Answer post(String path, String body) {
        return postTo("/v1" + path, body);
    }

    /** The same to any path of the gateway, with further headers by name and value. */
    Answer postTo(String path, String body, String... headers) {
        return postAt(port(), path, body, headers);
    }

    /** The same to any gateway. */
    Answer postAt(int port, String path, String body, String... headers) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("authorization", "Bearer " + KEY)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        HttpRequest request = (headers.length == 0 ? builder : builder.headers(headers)).build();
        long begin = System.nanoTime();
        try {
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            return new Answer(
                    response.statusCode(),
                    response.headers()
                            .firstValue("x-gateway-destination-endpoint-served")
                            .orElse(""),
                    response.headers()
                            .firstValue("x-llmd-disaggregation-fallback")
                            .orElse(""),
                    response.headers().firstValue("x-request-id").orElse(""),
                    response.body(),
                    System.nanoTime() - begin);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Sum of a meter of an endpoint over its labels; 0 when it is not there. */
    double endpointMeter(int index, String name) {
        return endpointMeter(index, name, "");
    }

    /** Sum of a meter of an endpoint over the series that have a label; 0 when there are none. */
    double endpointMeter(int index, String name, String label) {
        return labelledSum(name, label, get(endpoints.get(index).baseUrl() + "/metrics"));
    }

    /** Whether an endpoint answers and is in good health. */
    boolean isUp(int index) {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create(endpoints.get(index).baseUrl() + "/health"))
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Sends a chat to an endpoint itself. */
    HttpResponse<String> askEndpoint(int index, String body) {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create(endpoints.get(index).baseUrl() + "/v1/chat/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Sets faults of an endpoint, as its {@code POST /admin/config} takes them. */
    void faults(int index, String json) {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create(endpoints.get(index).baseUrl() + "/admin/config"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        try {
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() / 100 != 2) {
                throw new AssertionError("faults refused: " + response.body());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** A complete answer. */
    record Answer(int status, String servedBy, String fallback, String requestId, String body, long nanos) {
        JsonNode json() {
            return JSON.readTree(body);
        }
    }

    @Override
    public void close() {
        services.close();
        schedulerServices.close();
        endpoints.forEach(VllmSimulator::close);
        try {
            Files.deleteIfExists(folder.resolve("endpoints.yaml"));
            Files.deleteIfExists(folder.resolve("scheduling.yaml"));
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
