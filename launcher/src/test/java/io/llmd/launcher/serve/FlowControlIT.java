package io.llmd.launcher.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.scheduler.flowcontrol.Admission;
import io.llmd.scheduler.flowcontrol.FlowObserver;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.testsupport.FakeModelServer;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.RawClient.Answer;
import io.llmd.testsupport.RecordedRequest;
import io.llmd.testsupport.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;

/**
 * Requests that wait, from the client's socket to the endpoint's: through a gateway that shares its process with the
 * scheduler, and through one that reaches it over HTTP. The only endpoint takes one request at a time.
 */
@ParameterizedClass(name = "scheduler in the gateway's process: {0}")
@ValueSource(booleans = {true, false})
class FlowControlIT {

    /** Answers say nothing of shorter waits than a millisecond. */
    private static final long TOLD_NANOS = 2_000_000;

    private static final String CHAT = "/v1/chat/completions";

    @Parameter
    boolean inProcess;

    @TempDir
    Path folder;

    private final FakeModelServer endpoint = FakeModelServer.start();
    private final ServiceContexts schedulers = new ServiceContexts();
    private final ServiceContexts gateways = new ServiceContexts();
    private final WaitingRequests waiting = new WaitingRequests();
    private final List<RawClient> clients = new ArrayList<>();
    private int gatewayPort;

    @BeforeEach
    void start() throws IOException {
        Path config = folder.resolve("config.yaml");
        Files.writeString(config, """
                apiVersion: llm-d.ai/v1alpha1
                kind: EndpointPickerConfig
                featureGates: [flowControl]
                plugins:
                  - {name: detector, type: concurrency-detector, parameters: {maxConcurrency: 1}}
                  - {type: random-picker}
                flowControl:
                  saturationDetector: {pluginRef: detector}
                  defaultRequestTTL: 20s
                  enableEviction: true
                  defaultNegativePriorityBand: {maxRequests: 2}
                  priorityBands: [{priority: 0, maxRequests: 3}]
                schedulingProfiles:
                  - {name: default, plugins: [{pluginRef: random-picker}]}
                """);
        writeEndpoints(true);
        Map<String, String> settings = settings();
        settings.put("scheduler.config-file", config.toString());
        settings.put("scheduler.config-reload-interval", "50ms");
        settings.put(
                "scheduler.discovery.file", folder.resolve("endpoints.yaml").toString());
        settings.put("scheduler.discovery.watch-interval", "50ms");
        settings.put("scheduler.discovery.allow-loopback", "true");
        settings.put("scheduler.objectives.high", "10");
        settings.put("scheduler.objectives.batch", "-1");
        settings.put("scheduler.drain.timeout", "200ms");
        schedulers.start(Role.SCHEDULER, settings, Stream.of(waiting));
        ServiceContexts together = inProcess ? schedulers : gateways;
        Map<String, String> gateway = settings();
        gateway.put("gateway.access.mode", "open");
        gateway.put("gateway.access.trusted-proxies", "127.0.0.0/8,::1/128");
        gateway.put("gateway.scheduler.url", "http://127.0.0.1:" + schedulers.port(Role.SCHEDULER));
        gateway.put("gateway.scheduler.poll-interval", "50ms");
        gateway.put("gateway.models.poll-interval", "100ms");
        gateway.put("gateway.models.declared", "sim-8b");
        together.start(Role.GATEWAY, gateway, Stream.of());
        gatewayPort = together.port(Role.GATEWAY);
    }

    private static Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("server.port", "0");
        settings.put("management.server.port", "0");
        settings.put("spring.cloud.config.enabled", "false");
        settings.put("spring.config.import", "");
        return settings;
    }

    private void writeEndpoints(boolean any) throws IOException {
        Files.writeString(
                folder.resolve("endpoints.yaml"),
                any
                        ? "endpoints:\n  - {name: sim-0, address: 127.0.0.1, port: " + endpoint.port() + "}\n"
                        : "endpoints: []\n");
    }

    @AfterEach
    void stop() {
        clients.forEach(RawClient::close);
        gateways.close();
        schedulers.close();
        endpoint.close();
    }

    @Test
    @Tag("flow-control-F5")
    void waitingRequestsGoInTheOrderOfTheirPriorities() throws Exception {
        RawClient running = occupy("high");
        CompletableFuture<Answer> low = send("low", "batch");
        waiting.awaitCount(1);
        CompletableFuture<Answer> plain = send("plain", null);
        waiting.awaitCount(2);
        CompletableFuture<Answer> high = send("high", "high");
        waiting.awaitCount(3);
        long waits = System.nanoTime();
        await("a wait that is told").until(() -> System.nanoTime() - waits > TOLD_NANOS);
        endpoint.always(Reply.chat("ok"));

        running.close();

        assertThat(low.get(30, TimeUnit.SECONDS).status()).isEqualTo(200);
        assertThat(plain.get(30, TimeUnit.SECONDS).status()).isEqualTo(200);
        assertThat(high.get(30, TimeUnit.SECONDS).header("x-llmd-queue-position"))
                .isEqualTo("1");
        assertThat(endpoint.requests().stream().skip(1).map(RecordedRequest::text))
                .satisfiesExactly(
                        body -> assertThat(body).contains("high"),
                        body -> assertThat(body).contains("plain"),
                        body -> assertThat(body).contains("low"));
    }

    @Test
    @Tag("fault-F56")
    void refusalsOfAFullQueueTakeLittleTime() throws Exception {
        occupy("high");
        send("first", "batch");
        send("second", "batch");
        waiting.awaitCount(2);

        long little = TimeUnit.MILLISECONDS.toNanos(50);
        long least = Long.MAX_VALUE;
        // A machine that is busy may be late, and not each time.
        for (int i = 0; i < 50 && least >= little; i++) {
            long begin = System.nanoTime();
            Answer refused = send("third", "batch").get(30, TimeUnit.SECONDS);
            least = Math.min(least, System.nanoTime() - begin);
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.header("x-llm-d-request-dropped-reason")).isEqualTo("rejected-saturated");
            assertThat(Integer.parseInt(refused.header("retry-after"))).isBetween(1, 60);
        }
        assertThat(least).isLessThan(little);
    }

    @Test
    @Tag("flow-control-F12")
    @Tag("flow-control-F23")
    @Tag("fault-F56")
    void aFullQueueIs429AndAClientThatLeavesMakesRoomAtOnce() throws Exception {
        occupy("high");
        CompletableFuture<Answer> first = send("first", "batch");
        RawClient leaving = connect("second", "batch");
        waiting.awaitCount(2);

        Answer refused = send("third", "batch").get(30, TimeUnit.SECONDS);
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("x-llm-d-request-dropped-reason")).isEqualTo("rejected-saturated");
        assertThat(refused.header("retry-after")).isNotBlank();

        leaving.close();
        waiting.awaitCount(1);
        CompletableFuture<Answer> third = send("third", "batch");
        waiting.awaitCount(2);
        assertThat(first).isNotDone();
        assertThat(third).isNotDone();
    }

    @Test
    @Tag("flow-control-F17")
    void aRequestThatWaitsTooLongIs429WithTheReason() throws Exception {
        Path config = folder.resolve("config.yaml");
        Files.writeString(config, Files.readString(config).replace("20s", "300ms"));
        occupy("high");

        await("shorter wait is in force").untilAsserted(() -> {
            Answer answer = send("slow", null).get(30, TimeUnit.SECONDS);
            assertThat(answer.status()).isEqualTo(429);
            assertThat(answer.header("x-llm-d-request-dropped-reason")).isEqualTo("rejected-ttl-expired");
        });
    }

    @Test
    @Tag("fault-F64")
    void withoutEndpointsRequestsAreHeldUntilOneComes() throws Exception {
        writeEndpoints(false);
        await("endpoint is gone").until(() -> !endpoints().contains("sim-0"));
        CompletableFuture<Answer> held = send("held", null);
        waiting.awaitCount(1);

        writeEndpoints(true);

        assertThat(held.get(30, TimeUnit.SECONDS).status()).isEqualTo(200);
    }

    @Test
    void waitingRequestsGoOnWithoutTheSchedulerThatStopsUnlessTheGatewayStopsWithIt() throws Exception {
        occupy("high");
        CompletableFuture<Answer> first = send("first", null);
        waiting.awaitCount(1);

        CompletableFuture<Void> stopping = CompletableFuture.runAsync(() -> schedulers.stop(Role.SCHEDULER));

        Answer answer = first.get(30, TimeUnit.SECONDS);
        assertThat(answer.status()).isEqualTo(inProcess ? 503 : 200);
        assertThat(answer.header("x-llm-d-request-dropped-reason"))
                .isEqualTo(inProcess ? "rejected-shutting-down" : null);
        stopping.get(20, TimeUnit.SECONDS);
    }

    @Test
    @Tag("flow-control-F44")
    void aRunningSheddableRequestMakesRoomForAMoreImportantOne() throws Exception {
        endpoint.script(Reply.none(Reply.Cut.STALL));
        CompletableFuture<Answer> batch = send("batch", "batch");
        await("running").until(() -> endpoint.requests().size() == 1);

        CompletableFuture<Answer> high = send("high", "high");

        Answer evicted = batch.get(15, TimeUnit.SECONDS);
        assertThat(evicted.status()).isEqualTo(429);
        assertThat(evicted.header("x-llm-d-request-dropped-reason")).isEqualTo("evicted");
        assertThat(high.get(30, TimeUnit.SECONDS).status()).isEqualTo(200);
        assertThat(endpoint.requests().getFirst().isAborted()).isTrue();
    }

    private String endpoints() {
        try (RawClient client = RawClient.connect(schedulers.port(Role.SCHEDULER))) {
            return client.send("GET /v1/endpoints HTTP/1.1\r\nhost: localhost\r\n\r\n")
                    .receive()
                    .body();
        }
    }

    /** Sends a request that the endpoint never answers, and waits until it is there. */
    private RawClient occupy(String objective) {
        endpoint.script(Reply.none(Reply.Cut.STALL));
        RawClient client = connect("running", objective);
        await("running").until(() -> endpoint.requests().size() == 1);
        return client;
    }

    private RawClient connect(String prompt, @Nullable String objective) {
        RawClient client = RawClient.connect(gatewayPort).readTimeout(Duration.ofSeconds(20));
        clients.add(client);
        String body = "{\"model\":\"sim-8b\",\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt + "\"}]}";
        return client.send(
                objective == null
                        ? RawClient.post(CHAT, body)
                        : RawClient.post(CHAT, body, "x-llm-d-inference-objective: " + objective));
    }

    private CompletableFuture<Answer> send(String prompt, @Nullable String objective) {
        RawClient client = connect(prompt, objective);
        return CompletableFuture.supplyAsync(
                client::receive, task -> Thread.ofVirtual().start(task));
    }

    /** Counts the requests that wait in the scheduler. */
    private static final class WaitingRequests
            implements FlowObserver, ApplicationContextInitializer<ConfigurableApplicationContext> {
        private final Set<FlowRequest> requests = ConcurrentHashMap.newKeySet();

        @Override
        public void initialize(ConfigurableApplicationContext context) {
            ((GenericApplicationContext) context)
                    .registerBean(
                            "waitingRequests",
                            FlowObserver.class,
                            () -> this,
                            definition -> definition.setPrimary(true));
        }

        @Override
        public void enqueued(FlowRequest request, @Nullable Admission outcome, long nanos) {
            if (outcome == null) {
                requests.add(request);
            }
        }

        @Override
        public void left(FlowRequest request, Admission outcome, int bandPriority, long nanos) {
            requests.remove(request);
        }

        void awaitCount(int expected) {
            await(expected + " requests wait").until(() -> requests.size() == expected);
        }
    }
}
