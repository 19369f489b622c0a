package io.llmd.suite;

import static org.awaitility.Awaitility.await;

import io.llmd.launcher.serve.Role;
import io.llmd.launcher.serve.ServiceContexts;
import io.llmd.testsupport.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Every part that a console tells of, each of which can end alone: two gateways, scheduler with flow control, KV index,
 * autoscaler, config server, and three endpoints that publish KV events.
 */
final class ConsoleSuite implements AutoCloseable {

    /** Requests that the scheduler places on one endpoint; more of them wait. */
    static final int PLACES = 4;

    static final int ENDPOINTS = 3;
    static final String PREFILL_OVERHEAD = "30ms";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String CONFIG = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            featureGates: [flowControl]
            flowControl:
              saturationDetector: {pluginRef: places}
            plugins:
              - {name: tokens, type: token-producer, parameters: {modelName: %s, vllm: {url: "http://127.0.0.1:%d"}}}
              - {name: held, type: precise-prefix-cache-producer, parameters: {tokenProcessorConfig: {hashAlgorithm: xxh64}}}
              - {name: places, type: concurrency-detector, parameters: {maxConcurrency: %d}}
              - {name: reuse, type: prefix-cache-scorer, parameters: {prefixMatchInfoProducerName: held}}
              - {name: waiting, type: queue-scorer}
              - {name: busy, type: active-request-scorer}
              - {name: best, type: max-score-picker}
            schedulingProfiles:
              - name: default
                plugins:
                  - {pluginRef: reuse, weight: 2}
                  - {pluginRef: waiting, weight: 1}
                  - {pluginRef: busy, weight: 1.5}
                  - {pluginRef: best}
            """;

    private final int[] management = {FreePorts.next(), FreePorts.next()};
    private final int indexPort = FreePorts.next();
    private final int autoscalerPort = FreePorts.next();
    private final int configPort = FreePorts.next();
    private final Path keys = Files.createTempFile("llmd-keys", ".yaml");
    private final RunningSuite suite;
    private final Map<Role, ServiceContexts> others = new EnumMap<>(Role.class);

    private ConsoleSuite() throws IOException {
        Files.writeString(keys, "keys: []\n");
        suite = RunningSuite.startApart(
                ENDPOINTS,
                settings -> settings.option("prefill-overhead", PREFILL_OVERHEAD)
                        .option("prefill-time-per-token", "100us")
                        .option("inter-token-latency", "10ms")
                        .option("max-num-seqs", "" + 2 * PLACES)
                        .option("noise-cv", "0"),
                endpoints -> CONFIG.formatted(
                        RunningSuite.MODEL, endpoints.getFirst().port(), PLACES),
                Map.of(
                        "scheduler.kv-index.source",
                        "service",
                        "scheduler.kv-index.service.url",
                        "http://127.0.0.1:" + indexPort,
                        "scheduler.decisions.max-per-second",
                        "100000"),
                console(0));
        try {
            start(Role.CONFIG_SERVER, configPort, Map.of());
            start(Role.KV_INDEX, indexPort, Map.of("kv-index.endpoints-file", endpointsFile()));
            start(Role.AUTOSCALER, autoscalerPort, autoscaler());
            others.put(Role.GATEWAY, suite.startGateway(console(1)));
            await("the gateways see each other").atMost(Duration.ofSeconds(30)).until(this::isComplete);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Starts all of them and returns when the consoles see each other and every part. */
    static ConsoleSuite start() {
        try {
            return new ConsoleSuite();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void start(Role role, int port, Map<String, String> further) {
        Map<String, String> settings = new LinkedHashMap<>(RunningSuite.OWN_PORTS);
        settings.put("server.port", "" + port);
        settings.putAll(further);
        ServiceContexts contexts = new ServiceContexts();
        others.put(role, contexts);
        contexts.start(role, settings, Stream.empty());
    }

    private String endpointsFile() {
        return suite.endpointsFile().toString();
    }

    private Map<String, String> console(int gateway) {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("management.server.port", "" + management[gateway]);
        settings.put("gateway.access.keys-file", keys.toString());
        settings.put("gateway.access.cache-isolation", "shared");
        settings.put("gateway.access.key-limits.concurrent", "0");
        settings.put("gateway.access.tenant-limits.concurrent", "0");
        settings.put("gateway.console.enabled", "true");
        settings.put("gateway.console.login", "none");
        settings.put("gateway.console.trial", "true");
        settings.put("gateway.console.chat-key", RunningSuite.KEY);
        settings.put("gateway.console.kv-index", "http://127.0.0.1:" + indexPort);
        settings.put("gateway.console.autoscaler", "http://127.0.0.1:" + autoscalerPort);
        settings.put("gateway.console.config-server", "http://127.0.0.1:" + configPort);
        for (int i = 0; i < management.length; i++) {
            settings.put("gateway.console.peers[" + i + "]", "http://127.0.0.1:" + management[i]);
        }
        return settings;
    }

    private Map<String, String> autoscaler() {
        String variant = "autoscaler.variants[0].";
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put(
                "autoscaler.routers[0]",
                "http://127.0.0.1:" + suite.managementPort(Role.SCHEDULER) + "/actuator/prometheus");
        settings.put("autoscaler.endpoints-file", endpointsFile());
        settings.put("autoscaler.period", "2s");
        settings.put("autoscaler.watch-period", "500ms");
        settings.put("autoscaler.tiers[0].name", "chat");
        settings.put("autoscaler.tiers[0].first-token", "2s");
        settings.put("autoscaler.tiers[0].inter-token", "100ms");
        settings.put(variant + "namespace", "default");
        settings.put(variant + "name", "sim");
        settings.put(variant + "model", RunningSuite.MODEL);
        settings.put(variant + "cost-per-hour", "2");
        settings.put(variant + "accelerator", "l40s");
        settings.put(variant + "min", "1");
        settings.put(variant + "max", "6");
        settings.put(variant + "cold-start", "10s");
        settings.put(variant + "max-sequences", "" + 2 * PLACES);
        settings.put(variant + "base", "0.01");
        settings.put(variant + "per-prompt-token", "0.0001");
        settings.put(variant + "per-context-token", "0.00000027");
        return settings;
    }

    private boolean isComplete() {
        JsonNode about = api("/requests");
        return about.path("asked").asInt() == 2 && about.path("answered").asInt() == 2;
    }

    RunningSuite suite() {
        return suite;
    }

    /** A page of the console of the first gateway. */
    String page(String path) {
        return "http://localhost:" + suite.port() + "/console" + path;
    }

    /** What the console of the first gateway answers to its pages. */
    JsonNode api(String path) {
        return JSON.readTree(suite.getText("/console/api" + path));
    }

    int secondPort() {
        return another(Role.GATEWAY).port(Role.GATEWAY);
    }

    /** Management ports of both gateways. */
    int[] managementPorts() {
        return management.clone();
    }

    /** Ends one part, of the gateways the second; the others go on. */
    void stop(Role role) {
        if (role == Role.SCHEDULER) {
            suite.stopScheduler();
        } else {
            another(role).close();
        }
    }

    private ServiceContexts another(Role role) {
        return Objects.requireNonNull(others.get(role), role.serviceName());
    }

    @Override
    public void close() {
        suite.close();
        keys.toFile().delete();
        others.values().forEach(ServiceContexts::close);
    }
}
