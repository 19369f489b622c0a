package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.launcher.serve.Role;
import io.llmd.launcher.serve.ServiceContexts;
import io.llmd.simulator.VllmSimulator;
import io.llmd.testsupport.FreePorts;
import io.llmd.testsupport.KafkaBroker;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Owners of lanes, a broker, an index replica and engines go and come back while requests flow. The scheduler asks the
 * replica; while it cannot, estimates stand in. Afterwards the replica knows of each block who holds it.
 */
@Timeout(240)
class KvIndexChaosIT {

    private static final int ENDPOINTS = 2;
    private static final int PROMPTS = 16;
    private static final int BLOCK = 16;

    /** Requests that must be answered while something is away. */
    private static final int ROUND = 12;

    private static final int SHARED_BLOCKS = 10;
    private static final int OWN_BLOCKS = 20;
    private static final JsonMapper JSON = JsonMapper.shared();

    private final HttpClient http = HttpClient.newHttpClient();
    private final int[][] prompts =
            IntStream.range(0, PROMPTS).mapToObj(KvIndexChaosIT::prompt).toArray(int[][]::new);
    private final List<ServiceContexts> indexes = new ArrayList<>();
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();

    /** Prompts of four families share their beginning. */
    private static int[] prompt(int number) {
        SplittableRandom family = new SplittableRandom(number % 4);
        SplittableRandom own = new SplittableRandom(1000 + number);
        return IntStream.range(0, (SHARED_BLOCKS + OWN_BLOCKS) * BLOCK)
                .map(i -> (i < SHARED_BLOCKS * BLOCK ? family : own).nextInt(1000, 20_000))
                .toArray();
    }

    @Test
    @Tag("fault-F35")
    void routingGoesOnAndTheIndexIsTrueAgainWhateverWentAndCameBack() throws IOException, InterruptedException {
        int replicaPort = FreePorts.next();
        try (KafkaBroker broker = KafkaBroker.start();
                RunningSuite suite = suite(replicaPort);
                CacheObserver observer = new CacheObserver(suite.endpoints(), RunningSuite.MODEL)) {
            ServiceContexts first = kept(owner(broker, suite, "first"));
            ServiceContexts replica = kept(replica(broker, replicaPort));
            AtomicBoolean isOver = new AtomicBoolean();
            Thread load = Thread.ofVirtual().start(() -> send(suite, isOver));
            try {
                awaiting("the index is asked").until(() -> lookups(suite) > 0);
                kept(owner(broker, suite, "second"));
                goesOn("a second owner comes");
                first.close();
                goesOn("an owner goes");

                replica.close();
                awaiting("estimates stand in").until(() -> fallbacks(suite, "unreachable") > 0);
                goesOn("the replica is away");
                kept(replica(broker, replicaPort));

                broker.goAway();
                goesOn("the broker is away");
                broker.comeBack();

                suite.stopEndpoint(0);
                goesOn("an endpoint is away");
                suite.startEndpoint(0);
                goesOn("it is back");
            } finally {
                isOver.set(true);
                load.join();
            }
            assertThat(refused).as("of %d", answered.get()).hasValueLessThanOrEqualTo(answered.get() / 20);
            awaiting("the observer is level").until(() -> observer.isLevel(suite.endpoints()));
            awaiting("the replica knows as much").until(() -> memberships(replicaPort) == observer.memberships());
            for (int[] prompt : prompts) {
                long[] keys = observer.keys(prompt);
                assertThat(holders(replicaPort, keys)).isEqualTo(observer.holders(keys));
                for (int i = SHARED_BLOCKS - 1; i < keys.length; i++) {
                    assertThat(holders(replicaPort, keys[i])).as("block %d", i).isEqualTo(observer.holders(keys[i]));
                }
            }
            for (int[] prompt : prompts) {
                assertEnginesConfirm(suite, observer, prompt);
            }
            double asked = lookups(suite);
            awaiting("the index is asked again").until(() -> {
                complete(suite, prompts[0]);
                return lookups(suite) > asked;
            });
        } finally {
            indexes.forEach(ServiceContexts::close);
        }
    }

    private ServiceContexts kept(ServiceContexts contexts) {
        indexes.add(contexts);
        return contexts;
    }

    private static double lookups(RunningSuite suite) {
        return suite.schedulerMeter("llm_d_epp_kv_cache_index_lookup_requests_total");
    }

    private long memberships(int port) throws IOException, InterruptedException {
        return get(port, "/v1/stats").get("memberships").asLong();
    }

    /** Each engine says how much of a prompt it had; the last block of a prompt is always computed. */
    private void assertEnginesConfirm(RunningSuite suite, CacheObserver observer, int[] prompt)
            throws IOException, InterruptedException {
        long[] keys = observer.keys(prompt);
        for (int i = 0; i < ENDPOINTS; i++) {
            awaiting("the observer is level").until(() -> observer.isLevel(suite.endpoints()));
            int known = Math.min(observer.blocks(i, keys), keys.length - 1);
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create(suite.endpoints().get(i).baseUrl() + "/v1/completions"))
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body(prompt)))
                    .build();
            String answer =
                    http.send(request, HttpResponse.BodyHandlers.ofString()).body();
            assertThat(JSON.readTree(answer)
                            .at("/usage/prompt_tokens_details/cached_tokens")
                            .asInt())
                    .as(answer)
                    .isEqualTo(known * BLOCK);
        }
    }

    private static RunningSuite suite(int replicaPort) {
        return RunningSuite.start(
                ENDPOINTS,
                settings -> settings.option("prefill-overhead", "2ms")
                        .option("inter-token-latency", "1ms")
                        .option("noise-cv", "0")
                        .option("max-model-len", "1024")
                        .option("kv-cache-size", "220"),
                KvIndexChaosIT::config,
                Map.of(
                        "scheduler.kv-index.source",
                        "service",
                        "scheduler.kv-index.service.url",
                        "http://127.0.0.1:" + replicaPort,
                        "scheduler.kv-index.service.deadline",
                        "100ms",
                        "scheduler.kv-index.service.poll-interval",
                        "200ms"));
    }

    private static String config(List<VllmSimulator> endpoints) {
        return """
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                plugins:
                  - {name: tokens, type: token-producer, parameters: {estimate: {}}}
                  - name: precise
                    type: precise-prefix-cache-producer
                    parameters: {tokenProcessorConfig: {hashAlgorithm: xxh64}, speculativeIndexing: true}
                  - {name: cache, type: prefix-cache-scorer, parameters: {prefixMatchInfoProducerName: precise}}
                  - {name: queue, type: queue-scorer}
                  - {name: any, type: weighted-random-picker}
                schedulingProfiles:
                  - name: default
                    plugins: [{pluginRef: cache, weight: 1}, {pluginRef: queue, weight: 1}, {pluginRef: any}]
                """;
    }

    private static ServiceContexts owner(KafkaBroker broker, RunningSuite suite, String name) {
        return index(
                broker,
                Map.of(
                        "server.port",
                        "0",
                        "kv-index.kafka.roles",
                        "owner",
                        "kv-index.kafka.owner-name",
                        name,
                        "kv-index.endpoints-file",
                        suite.endpointsFile().toString()));
    }

    private static ServiceContexts replica(KafkaBroker broker, int port) {
        return index(broker, Map.of("server.port", "" + port, "kv-index.kafka.roles", "replica"));
    }

    private static ServiceContexts index(KafkaBroker broker, Map<String, String> settings) {
        Map<String, String> all = new LinkedHashMap<>(Map.of(
                "server.address", "127.0.0.1",
                "management.server.address", "127.0.0.1",
                "management.server.port", "0",
                "spring.cloud.config.enabled", "false",
                "kv-index.model", RunningSuite.MODEL,
                "kv-index.kafka.bootstrap-servers", broker.bootstrapServers(),
                "kv-index.kafka.snapshot-interval", "1s"));
        all.putAll(settings);
        ServiceContexts contexts = new ServiceContexts();
        contexts.start(Role.KV_INDEX, all, Stream.empty());
        return contexts;
    }

    private void send(RunningSuite suite, AtomicBoolean isOver) {
        SplittableRandom random = new SplittableRandom(7);
        while (!isOver.get()) {
            RunningSuite.Answer answer = complete(suite, prompts[random.nextInt(PROMPTS)]);
            (answer.status() == 200 ? answered : refused).incrementAndGet();
        }
    }

    private static RunningSuite.Answer complete(RunningSuite suite, int[] prompt) {
        return suite.post("/completions", body(prompt));
    }

    private static String body(int[] prompt) {
        return """
                {"model":"%s","max_tokens":2,"prompt":%s}""".formatted(RunningSuite.MODEL, Arrays.toString(prompt));
    }

    private void goesOn(String what) {
        int before = answered.get();
        awaiting("requests are answered while " + what).until(() -> answered.get() >= before + ROUND);
    }

    private static double fallbacks(RunningSuite suite, String reason) {
        return suite.schedulerMeter("scheduler_kv_fallbacks_total{reason=\"" + reason + "\"}");
    }

    private TreeSet<String> holders(int port, long... keys) throws IOException, InterruptedException {
        String body = Arrays.stream(keys)
                .mapToObj("\"%016x\""::formatted)
                .collect(Collectors.joining(",", "{\"keys\":[", "]}"));
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/prefix-matches"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        TreeSet<String> holders = new TreeSet<>();
        JSON.readTree(http.send(request, HttpResponse.BodyHandlers.ofString()).body())
                .get("endpoints")
                .forEach(each -> holders.add(each.get("endpoint").asString() + ":"
                        + each.get("blocks").asInt()));
        return holders;
    }

    private JsonNode get(int port, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
        return JSON.readTree(
                http.send(request, HttpResponse.BodyHandlers.ofString()).body());
    }

    private static ConditionFactory awaiting(String what) {
        return await(what).atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
    }
}
