package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.fault.Faults;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** One endpoint for prefill, two for decode, and a gateway that retries once. */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class SplitRowsIT {

    private static final int PREFILL = 0;
    private static final String PROMPT = "The model reads a prompt and computes keys and values. ".repeat(20);
    private static RunningSuite suite;
    private static String emulated;

    SplitRowsIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        emulated = version;
        suite = start(Map.of(
                "gateway.disaggregation.prefill-retries", "1",
                "gateway.disaggregation.retry-backoff", "10ms",
                "gateway.disaggregation.max-handoffs", "500",
                "gateway.disaggregation.handoff-lease", "480s",
                "gateway.disaggregation.quarantine-after", "1000",
                "gateway.endpoints.eject-after", "1000"));
    }

    private static RunningSuite start(Map<String, String> gatewaySettings) {
        return RunningSuite.startSplit(
                1,
                2,
                settings -> settings.option("emulate-version", emulated)
                        .option("prefill-overhead", "5ms")
                        .option("inter-token-latency", "2ms")
                        .option("kv-handshake-time", "20ms"),
                gatewaySettings);
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        suite.close();
    }

    @AfterEach
    void nothingIsLeft() {
        suite.endpoints().forEach(endpoint -> endpoint.faults(faults -> Faults.NONE));
        await("no request is left at an endpoint")
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(suite.endpoints())
                        .extracting(endpoint -> endpoint.statistics().active())
                        .containsOnly(0));
    }

    private static String body(String text, String more) {
        return "{\"model\":\"sim-8b\"" + more + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + " " + PROMPT
                + "\"}]}";
    }

    private static double prefills() {
        return suite.endpointMeter(PREFILL, "vllm:request_success_total");
    }

    private static double fetched() {
        return suite.endpointMeter(1, "vllm:external_prefix_cache_hits_total")
                + suite.endpointMeter(2, "vllm:external_prefix_cache_hits_total");
    }

    @Test
    @Tag("pd-T2")
    @DisplayName("T2: an answer without a limit is as long as the model makes it")
    void withoutALimit() {
        double before = fetched();

        RunningSuite.Answer answer = suite.chat(body("free", ",\"vllm_xargs\":{\"sim_output_tokens\":7}"));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEmpty();
        assertThat(answer.json().at("/usage/completion_tokens").asInt()).isEqualTo(7);
        assertThat(answer.json().at("/choices/0/finish_reason").asString()).isEqualTo("stop");
        assertThat(fetched() - before).isGreaterThan(100);
    }

    @Test
    @Tag("pd-T8")
    @DisplayName("T8: the client's id is that of the answer, and so of the leg that made it")
    void idOfTheClient() {
        RunningSuite.Answer answer =
                suite.postTo("/v1/chat/completions", body("named", ",\"max_tokens\":3"), "x-request-id", "abc");

        assertThat(answer.fallback()).isEmpty();
        assertThat(answer.requestId()).isEqualTo("abc");
        assertThat(answer.json().path("id").asString()).isEqualTo("chatcmpl-abc");
    }

    @Test
    @Tag("pd-T10")
    @DisplayName("T10: a prefill endpoint that answers 503 is asked once more, then done without")
    void busyTwice() {
        suite.faults(PREFILL, "{\"status\":{\"code\":503,\"count\":2}}");

        RunningSuite.Answer alone = suite.chat(body("busy", ",\"max_tokens\":3"));

        assertThat(alone.status()).as(alone.body()).isEqualTo(200);
        assertThat(alone.fallback()).isEqualTo("prefill-failed");
        RunningSuite.Answer split = suite.chat(body("free again", ",\"max_tokens\":3"));
        assertThat(split.fallback()).as("two requests have met the fault").isEmpty();
    }

    @Test
    @Tag("pd-T10")
    @DisplayName("T10: a prefill endpoint that answers 503 once computes the prompt at the second try")
    void busyOnce() {
        double before = fetched();
        suite.faults(PREFILL, "{\"status\":{\"code\":503,\"count\":1}}");

        RunningSuite.Answer answer = suite.chat(body("busy once", ",\"max_tokens\":3"));

        assertThat(answer.fallback()).isEmpty();
        assertThat(fetched() - before).isGreaterThan(100);
    }

    @Test
    @Tag("pd-T11")
    @DisplayName("T11: where a failed prefill fails the request, the client gets the prefill endpoint's answer")
    void failedPrefillFailsTheRequest() {
        try (RunningSuite strict = start(Map.of("gateway.disaggregation.on-prefill-failure", "fail"))) {
            strict.faults(PREFILL, "{\"status\":{\"code\":500}}");

            RunningSuite.Answer answer = strict.chat(body("strict", ",\"max_tokens\":3"));

            assertThat(answer.status()).isEqualTo(500);
            assertThat(answer.json().has("error")).isTrue();
            assertThat(strict.endpointMeter(1, "vllm:request_success_total")
                            + strict.endpointMeter(2, "vllm:request_success_total"))
                    .isZero();
        }
    }

    @Test
    @Tag("pd-T12")
    @DisplayName("T12: a prefill endpoint that hangs is left, and the decode endpoint computes the prompt")
    void hangingPrefill() {
        try (RunningSuite hasty = start(Map.of("gateway.disaggregation.prefill-timeout", "1s"))) {
            hasty.faults(PREFILL, "{\"slow_factor\":10000}");

            RunningSuite.Answer answer = hasty.chat(body("hanging", ",\"max_tokens\":3"));

            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.fallback()).isEqualTo("prefill-timeout");
            await("the prefill leg is ended")
                    .until(() -> hasty.endpoints().get(PREFILL).statistics().active() == 0);
        }
    }

    @Test
    @Tag("pd-T20")
    @DisplayName("T20: when a decode endpoint is gone the other one reads the same blocks")
    void otherDecodeEndpoint() {
        String reused = "gateway_disagg_handoffs_total";
        double before = suite.gatewayMeter(reused, "event=\"reused\"");
        suite.faults(1, "{\"die\":\"4s\"}");
        List<RunningSuite.Answer> answers = new ArrayList<>();

        await("a handoff is sent to the other decode endpoint").untilAsserted(() -> {
            double prefills = prefills();
            double fetched = suite.endpointMeter(2, "vllm:external_prefix_cache_hits_total");
            RunningSuite.Answer answer = suite.chat(body("gone " + answers.size(), ",\"max_tokens\":3"));
            answers.add(answer);
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(suite.gatewayMeter(reused, "event=\"reused\"") - before).isPositive();
            assertThat(prefills() - prefills).isEqualTo(1);
            assertThat(suite.endpointMeter(2, "vllm:external_prefix_cache_hits_total") - fetched)
                    .isGreaterThan(100);
        });

        await("it is back").until(() -> suite.isUp(1));
    }

    @Test
    @Tag("pd-T26")
    @DisplayName("T26: a client that names a prefill endpoint is not followed")
    void prefillEndpointOfTheClient() {
        double before = fetched();

        RunningSuite.Answer answer = suite.postTo(
                "/v1/chat/completions",
                body("own", ",\"max_tokens\":3"),
                "x-prefiller-host-port",
                "169.254.169.254:80");

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEmpty();
        assertThat(fetched() - before).isGreaterThan(100);
    }

    @Test
    @Tag("pd-T44")
    @Tag("pd-T45")
    @DisplayName("T44, T45: what is too large or no JSON reaches no endpoint")
    void badBodies() {
        double before = prefills();

        assertThat(suite.chat("{\"model\":\"sim-8b\",").status()).isEqualTo(400);
        assertThat(suite.chat("{\"model\":\"sim-8b\",\"messages\":[{\"role\":\"user\",\"content\":\""
                                + "x".repeat(65 << 20) + "\"}]}")
                        .status())
                .isEqualTo(413);
        assertThat(prefills()).isEqualTo(before);
    }

    @Test
    @Tag("pd-T48")
    @DisplayName("T48: of 200 requests at a time each is decoded with its own blocks")
    void noCrossTalk() throws Exception {
        double fetched = fetched();
        double failed = suite.endpointMeter(1, "vllm:nixl_num_failed_transfers_total")
                + suite.endpointMeter(2, "vllm:nixl_num_failed_transfers_total");
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<RunningSuite.Answer>> answers = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                String body = body("one of many, number " + i + " ".repeat(i), ",\"max_tokens\":3,\"ignore_eos\":true");
                answers.add(clients.submit(() -> suite.chat(body)));
            }
            for (Future<RunningSuite.Answer> answer : answers) {
                assertThat(answer.get().status()).as(answer.get().body()).isEqualTo(200);
                assertThat(answer.get().fallback()).isEmpty();
                assertThat(answer.get().json().at("/usage/completion_tokens").asInt())
                        .isEqualTo(3);
            }
        }
        assertThat(fetched() - fetched).isGreaterThan(200 * 100);
        assertThat(suite.endpointMeter(1, "vllm:nixl_num_failed_transfers_total")
                        + suite.endpointMeter(2, "vllm:nixl_num_failed_transfers_total"))
                .isEqualTo(failed);
    }

    @Test
    @Tag("pd-T17")
    @DisplayName("T17: cached tokens are put right though the event with them comes in many pieces")
    void usageInPieces() throws IOException {
        suite.faults(1, "{\"drip\":{\"bytes\":23,\"every\":\"2ms\"}}");
        suite.faults(2, "{\"drip\":{\"bytes\":23,\"every\":\"2ms\"}}");

        String events = stream("pieces", ",\"max_tokens\":3,\"stream_options\":{\"include_usage\":true}");

        assertThat(events)
                .contains("\"cached_tokens\":0", "\"completion_tokens\":3")
                .endsWith("data: [DONE]\n\n");
    }

    @Test
    @Tag("pd-T19")
    @DisplayName("T19: an error in the stream of the decode endpoint goes on, and the end that follows it")
    void errorInTheStream() throws IOException {
        suite.faults(1, "{\"error_after_tokens\":2}");
        suite.faults(2, "{\"error_after_tokens\":2}");

        String events = stream("dying", ",\"max_tokens\":9,\"ignore_eos\":true");

        assertThat(events).contains("\"content\":\"", "data: {\"error\":").endsWith("data: [DONE]\n\n");
        assertThat(events).doesNotContain("finish_reason\":\"");
    }

    private static String stream(String text, String more) throws IOException {
        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send(body(text, more + ",\"stream\":true"));
            return ClientSocket.body(client.readAll());
        }
    }

    @Test
    @Tag("pd-T30")
    @DisplayName("T30: blocks of another version of the engine are not asked for")
    void otherVersion() throws IOException {
        String before = Files.readString(suite.endpointsFile());
        try {
            Files.writeString(
                    suite.endpointsFile(),
                    before.replace("role: prefill", "role: prefill, llm-d.ai/engine-version: \"a\"")
                            .replace("role: decode", "role: decode, llm-d.ai/engine-version: \"b\""));
            AtomicInteger asked = new AtomicInteger();

            await("the versions are known").untilAsserted(() -> {
                double prefills = prefills();
                RunningSuite.Answer answer =
                        suite.chat(body("version " + asked.getAndIncrement(), ",\"max_tokens\":3"));
                assertThat(answer.status()).as(answer.body()).isEqualTo(200);
                assertThat(answer.fallback()).isEqualTo("no-compatible-prefill");
                assertThat(prefills()).isEqualTo(prefills);
            });
        } finally {
            Files.writeString(suite.endpointsFile(), before);
        }
        awaitSplit();
    }

    @Test
    @Tag("pd-T50")
    @DisplayName("T50: a prefill endpoint that leaves the pool ends its leg, and gets no other one")
    void prefillLeavesThePool() throws Exception {
        String before = Files.readString(suite.endpointsFile());
        double fetched = fetched();
        suite.faults(PREFILL, "{\"slow_factor\":100}");
        try (ExecutorService clients = Executors.newSingleThreadExecutor()) {
            Future<RunningSuite.Answer> answer = clients.submit(() -> suite.chat(body("leaving", ",\"max_tokens\":3")));
            await("the prompt is computed")
                    .until(() -> suite.endpoints().get(PREFILL).statistics().active() == 1);
            Files.writeString(
                    suite.endpointsFile(),
                    before.lines()
                            .filter(line -> !line.contains("role: prefill"))
                            .collect(Collectors.joining("\n", "", "\n")));

            assertThat(answer.get().fallback()).isEmpty();
            assertThat(fetched() - fetched).isGreaterThan(100);
            suite.endpoints().get(PREFILL).faults(faults -> Faults.NONE);
            AtomicInteger asked = new AtomicInteger();
            await("nobody sends prompts there any longer").untilAsserted(() -> {
                double prefills = prefills();
                assertThat(suite.chat(body("left " + asked.getAndIncrement(), ",\"max_tokens\":3"))
                                .status())
                        .isEqualTo(200);
                assertThat(prefills()).isEqualTo(prefills);
            });
        } finally {
            Files.writeString(suite.endpointsFile(), before);
        }
        awaitSplit();
    }

    private static void awaitSplit() {
        AtomicInteger asked = new AtomicInteger();
        await("requests are split again").untilAsserted(() -> {
            double fetched = fetched();
            RunningSuite.Answer answer =
                    suite.chat(body("again " + System.nanoTime() + asked.getAndIncrement(), ",\"max_tokens\":3"));
            assertThat(answer.fallback()).isEmpty();
            assertThat(fetched() - fetched).isGreaterThan(100);
        });
    }
}
