package io.llmd.launcher.bench;

import io.llmd.gateway.access.NewApiKey;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a soak runs, each in a process of its own with Netty's strictest look for leaked buffers: simulated endpoints, a
 * scheduler and a gateway, with keys, an endpoints file and a scheduling configuration that they follow.
 */
final class SoakFleet implements AutoCloseable {

    /** Requests of the key that may be under way; a place that is not given back is one less for ever. */
    static final int PERMITS = 256;

    private static final String MAIN_CLASS = "io.llmd.launcher.Llmd";
    private static final List<String> LEAKS = List.of("-XX:+UseSerialGC", "-Dio.netty.leakDetection.level=paranoid");
    private static final List<String> SERVICE = List.of("-Xms256m", "-Xmx256m");
    private static final List<String> ENDPOINT = List.of("-Xmx128m");
    private static final int SCHEDULER = 1;
    private static final int GATEWAY_MANAGEMENT = 1000;
    private static final int SCHEDULER_MANAGEMENT = 1010;
    /** Distances of ports from the one of an endpoint. */
    private static final int EVENTS = 1;

    private static final int EVENT_REPLAY = 2;

    /** Waiting requests, and an estimate of what engines hold. */
    private static final String ESTIMATED = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - {name: waiting, type: queue-scorer}
              - {name: reuse, type: prefix-cache-scorer}
            schedulingProfiles:
              - name: default
                plugins:
                  - {pluginRef: waiting, weight: %d}
                  - {pluginRef: reuse, weight: 3}
            """;
    /** All that remembers endpoints, prompts or tenants: queues of flow control, an estimate, and an index from events. */
    private static final String REMEMBERING = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            featureGates: [flowControl]
            plugins:
              - {name: waiting, type: queue-scorer}
              - {name: estimated, type: prefix-cache-scorer}
              - {name: tokens, type: token-producer, parameters: {modelName: sim-8b, vllm: {url: "http://127.0.0.1:%d"}}}
              - name: events
                type: precise-prefix-cache-producer
                parameters:
                  tokenProcessorConfig: {blockSizeTokens: 16, hashAlgorithm: xxh64}
                  speculativeIndexing: true
              - {name: held, type: prefix-cache-scorer, parameters: {prefixMatchInfoProducerName: events}}
            schedulingProfiles:
              - name: default
                plugins:
                  - {pluginRef: waiting, weight: %d}
                  - {pluginRef: estimated, weight: 1}
                  - {pluginRef: held, weight: 2}
            """;

    private final Path folder;
    private final Setup setup;
    private final OverloadKeys keys = OverloadKeys.generate();
    private final List<Endpoint> endpoints = new ArrayList<>();
    /** Renders prompts to tokens, where the scheduler asks for them. */
    private final List<Endpoint> renderers = new ArrayList<>();

    private final List<SoakPart> replaced = new ArrayList<>();
    private final SoakPart scheduler;
    private final List<SoakPart> gateways = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();
    private final int port;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(30))
            .build();
    private int weight = 2;
    private int made;

    /** What the scheduler looks at. */
    enum Routing {
        /** The usual things. */
        ESTIMATED,
        /** All that remembers endpoints, prompts or tenants. */
        REMEMBERING
    }

    /**
     * How many parts, and how they run.
     *
     * @param service options of the JVMs of services, beside their heap
     * @param further settings of gateways
     */
    record Setup(int endpoints, int gateways, List<String> service, Map<String, String> further, Routing routing) {

        Setup(int endpoints, int gateways, List<String> service, Map<String, String> further) {
            this(endpoints, gateways, service, further, Routing.ESTIMATED);
        }

        /** One gateway, and Netty's strictest look for leaked buffers. */
        static Setup watched(int endpoints, Routing routing) {
            return new Setup(endpoints, 1, LEAKS, Map.of(), routing);
        }
    }

    /** A simulated endpoint, by the name and the port that the scheduler knows. */
    private record Endpoint(SoakPart part, int port) {}

    /**
     * Writes files, starts nothing.
     *
     * @param folder of logs and files
     */
    SoakFleet(Setup setup, Path folder) throws IOException {
        this.folder = folder;
        this.setup = setup;
        port = Ports.free(ThreadLocalRandom.current(), List.of(SCHEDULER, GATEWAY_MANAGEMENT, SCHEDULER_MANAGEMENT));
        for (int i = 0; i < setup.endpoints(); i++) {
            endpoints.add(nextEndpoint());
        }
        if (publishesEvents()) {
            renderers.add(newEndpoint("renderer", 0));
        }
        keys.write(folder);
        listEndpoints(-1);
        writeScheduling();
        scheduler = service("scheduler", "scheduler", port, schedulerSettings(), SCHEDULER_MANAGEMENT);
        for (int i = 0; i < setup.gateways(); i++) {
            int own = i == 0 ? port : Ports.free(ThreadLocalRandom.current(), List.of(GATEWAY_MANAGEMENT));
            String name = i == 0 ? "gateway" : "gateway-" + i;
            ports.add(own);
            gateways.add(service(name, "gateway", own, gatewaySettings(), GATEWAY_MANAGEMENT));
        }
    }

    private Endpoint newEndpoint(String name, int seed) throws IOException {
        int own =
                Ports.free(ThreadLocalRandom.current(), publishesEvents() ? List.of(EVENTS, EVENT_REPLAY) : List.of());
        List<String> arguments = new ArrayList<>(
                List.of("sim", "--host=127.0.0.1", "--port=" + own, "--model=sim-8b", "--seed=" + seed));
        if (publishesEvents()) {
            arguments.add("--kv-events-config=" + events(own));
        }
        String health = "http://127.0.0.1:" + own + "/health";
        return new Endpoint(part(name, with(ENDPOINT, setup.service()), arguments, health), own);
    }

    private boolean publishesEvents() {
        return setup.routing() == Routing.REMEMBERING;
    }

    private Endpoint nextEndpoint() throws IOException {
        int number = made++;
        return newEndpoint("endpoint-" + number, number);
    }

    /** As vLLM takes it: an address binds only when it holds a star or two colons. */
    private static String events(int port) {
        return "{\"enable_kv_cache_events\": true, \"publisher\": \"zmq\", \"topic\": \"kv@{host}:{port}@{model}\","
                + " \"endpoint\": \"tcp://[::ffff:127.0.0.1]:" + (port + EVENTS)
                + "\", \"replay_endpoint\": \"tcp://127.0.0.1:" + (port + EVENT_REPLAY) + "\"}";
    }

    private SoakPart service(String name, String role, int base, Map<String, String> settings, int management) {
        List<String> arguments =
                new ArrayList<>(List.of("serve", "--roles", role, "--port-base", Integer.toString(base)));
        settings.forEach((key, value) -> arguments.addAll(List.of("--set", key + "=" + value)));
        return part(
                name,
                with(SERVICE, setup.service()),
                arguments,
                "http://127.0.0.1:" + (base + management) + "/actuator/health/readiness");
    }

    private static List<String> with(List<String> memory, List<String> further) {
        return Stream.concat(memory.stream(), further.stream()).toList();
    }

    private SoakPart part(String name, List<String> options, List<String> arguments, String health) {
        return new SoakPart(
                name,
                ChildJvm.command(options, MAIN_CLASS, arguments),
                URI.create(health),
                folder.resolve(name + ".log"));
    }

    private Map<String, String> schedulerSettings() {
        Map<String, String> settings = common();
        settings.put("scheduler.config-file", folder.resolve("scheduling.yaml").toString());
        settings.put(
                "scheduler.discovery.file", folder.resolve("endpoints.yaml").toString());
        settings.put("scheduler.discovery.allow-loopback", "true");
        return settings;
    }

    private Map<String, String> gatewaySettings() {
        Map<String, String> settings = common();
        settings.put("gateway.scheduler.url", "http://127.0.0.1:" + (port + SCHEDULER));
        settings.put("gateway.access.keys-file", folder.resolve("keys.yaml").toString());
        settings.put("gateway.access.key-limits.concurrent", Integer.toString(PERMITS));
        settings.put("gateway.access.tenant-limits.concurrent", Integer.toString(PERMITS));
        // All load comes from one address here.
        settings.put("gateway.limits.connections-per-address", "8192");
        // Short, so that a minute sees both the fault and its end.
        settings.put("gateway.timeouts.first-byte", "10s");
        settings.put("gateway.timeouts.gap", "10s");
        settings.putAll(setup.further());
        return settings;
    }

    private static Map<String, String> common() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("spring.cloud.config.enabled", "false");
        settings.put("server.address", "127.0.0.1");
        settings.put("management.server.address", "127.0.0.1");
        return settings;
    }

    void start() throws IOException, InterruptedException {
        for (SoakPart part : parts().toList()) {
            part.start();
        }
        awaitReady();
    }

    /** Waits until all parts serve. @throws BenchFailure if one does not, or has ended */
    void awaitReady() throws InterruptedException {
        for (SoakPart part : parts().toList()) {
            part.awaitReady();
        }
    }

    Stream<SoakPart> parts() {
        return Stream.of(
                        Stream.concat(endpoints.stream(), renderers.stream()).map(Endpoint::part),
                        Stream.of(scheduler),
                        gateways.stream())
                .flatMap(parts -> parts);
    }

    /** Lines of all logs that hold the text. */
    long logged(String text) throws IOException {
        long lines = 0;
        for (SoakPart part : Stream.concat(replaced.stream(), parts()).toList()) {
            lines += part.logged(text);
        }
        return lines;
    }

    int count() {
        return endpoints.size();
    }

    SoakPart endpoint(int index) {
        return endpoints.get(index).part();
    }

    /** Puts a new endpoint, with a name and a port that were never used, in the place of one that ends after a while. */
    void replaceEndpoint(int index, String faults, Duration linger) throws IOException, InterruptedException {
        Endpoint next = nextEndpoint();
        Endpoint old = endpoints.get(index);
        next.part().start();
        try {
            next.part().awaitReady();
            fault(next.port(), faults);
            endpoints.set(index, next);
            replaced.add(old.part());
            listEndpoints(-1);
            TimeUnit.NANOSECONDS.sleep(linger.toNanos());
        } finally {
            (endpoints.get(index) == next ? old : next).part().stop();
        }
    }

    SoakPart scheduler() {
        return scheduler;
    }

    /** The first gateway. */
    SoakPart gateway() {
        return gateways.getFirst();
    }

    SoakPart gateway(int index) {
        return gateways.get(index);
    }

    /** What says whether a gateway is ready. */
    URI readiness(int gateway) {
        return URI.create(
                "http://127.0.0.1:" + (ports.get(gateway) + GATEWAY_MANAGEMENT) + "/actuator/health/readiness");
    }

    /** Base URL of the first gateway. */
    URI url() {
        return url(0);
    }

    URI url(int gateway) {
        return URI.create("http://127.0.0.1:" + ports.get(gateway));
    }

    String key() {
        return keys.high().secret();
    }

    /** Sets faults of an endpoint, as its {@code /admin/config} takes them. */
    void faultOf(int index, String json) throws IOException, InterruptedException {
        fault(endpoints.get(index).port(), json);
    }

    private void fault(int port, String json) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/admin/config"))
                .timeout(Duration.ofSeconds(60))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        int status = http.send(request, BodyHandlers.discarding()).statusCode();
        if (status != 200) {
            throw new BenchFailure("endpoint at " + port + " refused a fault with " + status + ": " + json);
        }
    }

    /** Lists all endpoints but one, or all. @param without index, or -1 */
    void listEndpoints(int without) throws IOException {
        StringBuilder text = new StringBuilder("endpoints:\n");
        IntStream.range(0, endpoints.size())
                .filter(index -> index != without)
                .mapToObj(endpoints::get)
                .forEach(endpoint -> text.append(listed(endpoint)));
        replace("endpoints.yaml", text.toString());
    }

    private String listed(Endpoint endpoint) {
        String listed =
                "  - {name: " + endpoint.part().name() + ", address: 127.0.0.1, port: \"" + endpoint.port() + "\"";
        return publishesEvents()
                ? listed + ", labels: {llm-d.ai/kv-events-port: \"" + (endpoint.port() + EVENTS)
                        + "\", llm-d.ai/kv-events-replay-port: \"" + (endpoint.port() + EVENT_REPLAY) + "\"}}\n"
                : listed + "}\n";
    }

    /** Gives the scheduler another configuration. */
    void changeScheduling() throws IOException {
        weight = weight == 2 ? 1 : 2;
        writeScheduling();
    }

    /** Gives it one that it must refuse. */
    void breakScheduling() throws IOException {
        replace("scheduling.yaml", "kind: EndpointPickerConfig\nplugins: [{type: no-such-scorer}]\n");
    }

    void writeScheduling() throws IOException {
        replace(
                "scheduling.yaml",
                switch (setup.routing()) {
                    case ESTIMATED -> ESTIMATED.formatted(weight);
                    case REMEMBERING ->
                        REMEMBERING.formatted(renderers.getFirst().port(), weight);
                });
    }

    /** Gives the gateway other keys beside those in use, or takes them away. */
    void changeKeys(boolean more) throws IOException {
        addKeys(more ? List.of(OverloadKeys.generate().high()) : List.of());
    }

    /** Gives the gateway these keys beside those in use, and no others. */
    void addKeys(List<NewApiKey> further) throws IOException {
        StringBuilder text = new StringBuilder("keys:\n")
                .append(keys.high().toYaml())
                .append(keys.low().toYaml());
        further.forEach(key -> text.append(key.toYaml()));
        replace("keys.yaml", text.toString());
    }

    private void replace(String name, String text) throws IOException {
        Path written = folder.resolve(name + ".new");
        Files.writeString(written, text);
        Files.move(written, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    MetersPage gatewayMeters() throws IOException, InterruptedException {
        return meters(port + GATEWAY_MANAGEMENT, "/actuator/prometheus");
    }

    MetersPage schedulerMeters() throws IOException, InterruptedException {
        return meters(port + SCHEDULER_MANAGEMENT, "/actuator/prometheus");
    }

    MetersPage endpointMeters(int index) throws IOException, InterruptedException {
        return meters(endpoints.get(index).port(), "/metrics");
    }

    private MetersPage meters(int at, String path) throws IOException, InterruptedException {
        return MetersPage.read(http, URI.create("http://127.0.0.1:" + at + path));
    }

    @Override
    public void close() {
        parts().forEach(SoakPart::close);
        http.shutdownNow();
    }
}
