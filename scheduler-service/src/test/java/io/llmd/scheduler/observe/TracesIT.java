package io.llmd.scheduler.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.scheduler.SchedulerApplication;
import io.llmd.testsupport.OtlpReceiver;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.json.JsonMapper;

/** Spans as an OTLP receiver gets them. */
class TracesIT {

    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    @Test
    void aSampledRequestIsTracedFromItsCallersSpanToItsEnd() throws Exception {
        try (OtlpReceiver receiver = new OtlpReceiver();
                ConfigurableApplicationContext context =
                        start("--otel.exporter.otlp.endpoint=" + receiver.url(), "--otel.bsp.schedule.delay=50")) {
            decideAndEnd(context, "traced", "00-" + TRACE + "-00f067aa0ba902b7-01");
            await("spans")
                    .untilAsserted(() -> assertThat(receiver.text())
                            .contains("llm-d-epp")
                            .contains(bytes(TRACE))
                            .contains(bytes("00f067aa0ba902b7"))
                            .contains(
                                    "gateway.request",
                                    "gateway.request_orchestration",
                                    "target_model",
                                    "request_prio",
                                    "run_scheduler_profile",
                                    "llm_d.epp.scheduling.profile.name",
                                    "llm_d.epp.scoring",
                                    "llm_d.epp.scorer.queue-scorer",
                                    "llm_d.epp.scorer.score.max",
                                    "pick_endpoints",
                                    "llm_d.epp.picker.candidate_endpoints",
                                    "llm_d.epp.response",
                                    "first_token",
                                    "gen_ai.usage.output_tokens"));
            assertThat(receiver.text()).doesNotContain("secret prompt");
        }
    }

    @Test
    void aRequestThatItsCallerDidNotSampleIsNotTraced() throws Exception {
        try (OtlpReceiver receiver = new OtlpReceiver();
                ConfigurableApplicationContext context = start(
                        "--otel.exporter.otlp.endpoint=" + receiver.url(),
                        "--otel.bsp.schedule.delay=50",
                        "--otel.traces.sampler.arg=1.0")) {
            decideAndEnd(context, "unsampled", "00-" + TRACE + "-00f067aa0ba902b7-00");
            decideAndEnd(context, "rejected", "00-11111111111111111111111111111111-00f067aa0ba902b7-01");
            await("spans")
                    .untilAsserted(
                            () -> assertThat(receiver.text()).contains(bytes("11111111111111111111111111111111")));
            assertThat(receiver.text()).doesNotContain(bytes(TRACE));
        }
    }

    /** It accepts connections and never reads. */
    @Test
    @Tag("fault-F67")
    void aCollectorThatStallsSlowsNoRequestDownAndSpansBeyondTheQueueAreDropped() throws Exception {
        try (ServerSocket collector = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ConfigurableApplicationContext context = start(
                        "--otel.exporter.otlp.endpoint=http://127.0.0.1:" + collector.getLocalPort(),
                        "--otel.bsp.schedule.delay=50",
                        "--otel.bsp.max.queue.size=64",
                        "--otel.bsp.max.export.batch.size=32",
                        "--otel.bsp.export.timeout=500")) {
            List<Long> nanos = new ArrayList<>();
            for (int i = 0; i < 600; i++) {
                long begin = System.nanoTime();
                decideAndEnd(context, "stalled-" + i, "00-" + TRACE + "-00f067aa0ba902b7-01");
                nanos.add(System.nanoTime() - begin);
            }

            List<Long> late = nanos.subList(400, 600).stream().sorted().toList();
            assertThat(Duration.ofNanos(late.get(100)))
                    .as("median, against an export timeout of 500 ms")
                    .isLessThan(Duration.ofMillis(250));
            assertThat(Duration.ofNanos(late.get(19)))
                    .as("the fastest tenth, on a machine that may be busy")
                    .isLessThan(Duration.ofMillis(50));
            FunctionCounter lost = context.getBean(MeterRegistry.class)
                    .get(SchedulerMeters.SPANS_LOST.getName())
                    .functionCounter();
            await("spans beyond the queue are dropped, and counted")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> lost.count() > 64);
        }
    }

    @Test
    void withoutAnExporterThereAreNoTraces() throws IOException {
        try (ConfigurableApplicationContext context = start()) {
            assertThat(context.getBeansOfType(DecisionTraces.class)).isEmpty();
        }
    }

    private static ConfigurableApplicationContext start(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=0",
                "--management.server.port=0",
                "--spring.cloud.config.enabled=false",
                "--spring.config.import=",
                "--scheduler.discovery.endpoints[0].name=one",
                "--scheduler.discovery.endpoints[0].address=192.0.2.1",
                "--scheduler.discovery.endpoints[0].port=8000",
                "--scheduler.metrics.timeout=100ms"));
        arguments.addAll(List.of(more));
        return SchedulerApplication.application().run(arguments.toArray(String[]::new));
    }

    private static void decideAndEnd(ConfigurableApplicationContext context, String id, String parent)
            throws Exception {
        String base = "http://localhost:" + context.getEnvironment().getProperty("local.server.port");
        String decision = CLIENT.send(
                        HttpRequest.newBuilder(URI.create(base + "/v1/schedule"))
                                .header("x-request-id", id)
                                .header("x-original-path", "/v1/completions")
                                .header("traceparent", parent)
                                .POST(BodyPublishers.ofString("{\"model\":\"m\",\"prompt\":\"secret prompt\"}"))
                                .build(),
                        BodyHandlers.ofString())
                .body();
        String lease = JsonMapper.shared().readTree(decision).get("leaseId").toString();
        CLIENT.send(
                HttpRequest.newBuilder(URI.create(base + "/v1/outcomes"))
                        .POST(BodyPublishers.ofString("{\"reports\":[{\"requestId\":\"" + id + "\",\"leaseId\":" + lease
                                + ",\"endpointId\":\"default/one\",\"phase\":\"ENDED\",\"cause\":\"NATURAL\","
                                + "\"status\":200,\"usage\":{\"promptTokens\":4,\"completionTokens\":3,"
                                + "\"cachedTokens\":0},\"timeToFirstTokenMicros\":20,\"durationMicros\":90}]}"))
                        .build(),
                BodyHandlers.discarding());
    }

    private static String bytes(String hex) {
        return new String(HexFormat.of().parseHex(hex), StandardCharsets.ISO_8859_1);
    }
}
