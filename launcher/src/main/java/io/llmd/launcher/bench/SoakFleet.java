package io.llmd.launcher.bench;

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
    private static final String SCHEDULING = """
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

    private final Path folder;
    private final Setup setup;
    private final OverloadKeys keys = OverloadKeys.generate();
    private final List<Integer> endpointPorts = new ArrayList<>();
    private final List<SoakPart> endpoints = new ArrayList<>();
    private final SoakPart scheduler;
    private final List<SoakPart> gateways = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();
    private final int port;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(30))
            .build();
    private int weight = 2;

    /**
     * How many parts, and how they run.
     *
     * @param service options of the JVMs of services, beside their heap
     * @param further settings of gateways
     */
    record Setup(int endpoints, int gateways, List<String> service, Map<String, String> further) {

        /** One gateway, and Netty's strictest look for leaked buffers. */
        static Setup watched(int endpoints) {
            return new Setup(endpoints, 1, LEAKS, Map.of());
        }
    }

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
            int own = Ports.free(ThreadLocalRandom.current(), List.of());
            endpointPorts.add(own);
            endpoints.add(part(
                    "endpoint-" + i,
                    with(ENDPOINT, setup.service()),
                    List.of("sim", "--host=127.0.0.1", "--port=" + own, "--model=sim-8b", "--seed=" + i),
                    "http://127.0.0.1:" + own + "/health"));
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
        return Stream.of(endpoints.stream(), Stream.of(scheduler), gateways.stream())
                .flatMap(parts -> parts);
    }

    int count() {
        return endpoints.size();
    }

    SoakPart endpoint(int index) {
        return endpoints.get(index);
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
    void fault(int index, String json) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + endpointPorts.get(index) + "/admin/config"))
                .timeout(Duration.ofSeconds(60))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        int status = http.send(request, BodyHandlers.discarding()).statusCode();
        if (status != 200) {
            throw new BenchFailure("endpoint-" + index + " refused a fault with " + status + ": " + json);
        }
    }

    /** Lists all endpoints but one, or all. @param without index, or -1 */
    void listEndpoints(int without) throws IOException {
        StringBuilder text = new StringBuilder("endpoints:\n");
        IntStream.range(0, endpointPorts.size())
                .filter(index -> index != without)
                .forEach(index -> text.append("  - {name: endpoint-")
                        .append(index)
                        .append(", address: 127.0.0.1, port: \"")
                        .append(endpointPorts.get(index))
                        .append("\"}\n"));
        replace("endpoints.yaml", text.toString());
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
        replace("scheduling.yaml", SCHEDULING.formatted(weight));
    }

    /** Gives the gateway other keys beside those in use, or takes them away. */
    void changeKeys(boolean more) throws IOException {
        String own = keys.high().toYaml() + keys.low().toYaml();
        replace(
                "keys.yaml",
                "keys:\n" + own + (more ? OverloadKeys.generate().high().toYaml() : ""));
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
        return meters(endpointPorts.get(index), "/metrics");
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
