package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.contracts.schedule.EndpointStatus;
import io.llmd.simulator.VllmSimulator;
import io.llmd.simulator.fault.Faults;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** One endpoint for prefill, two for decode, in both generations of handoffs: with a fixed time, and with a lease. */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class DisaggregationIT {

    private static final int PREFILL = 0;
    private static final String PROMPT = "The model reads a prompt and computes keys and values. ".repeat(20);
    private static RunningSuite suite;
    private int strandedBefore;

    DisaggregationIT(String version) {
        assertThat(version).isNotEmpty();
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        suite = RunningSuite.startSplit(
                1,
                2,
                settings -> settings.option("emulate-version", version)
                        .option("prefill-overhead", "20ms")
                        .option("inter-token-latency", "10ms")
                        .option("kv-handshake-time", "20ms"));
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        suite.close();
    }

    @AfterEach
    void nothingIsLeft() {
        suite.endpoints().forEach(endpoint -> endpoint.faults(faults -> Faults.NONE));
        await("nothing is left on the books, and no blocks are held")
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> {
                    assertThat(suite.placedLoad().endpoints())
                            .extracting(EndpointStatus::inFlightRequests)
                            .containsOnly(0L);
                    assertThat(suite.endpoints())
                            .extracting(e -> e.statistics().active())
                            .containsOnly(0);
                });
    }

    private static String body(String text, int maxTokens, String more) {
        return "{\"model\":\"sim-8b\",\"max_tokens\":" + maxTokens + ",\"ignore_eos\":true" + more
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + text + " " + PROMPT + "\"}]}";
    }

    private static double fetched() {
        return suite.endpointMeter(1, "vllm:external_prefix_cache_hits_total")
                + suite.endpointMeter(2, "vllm:external_prefix_cache_hits_total");
    }

    /** Blocks that faults of other tests have stranded stay until their time is over. */
    private void assertNoBlocksAreHeld() {
        await("blocks are free")
                .atMost(Duration.ofSeconds(15))
                .until(() -> suite.endpoints().get(PREFILL).statistics().leases() <= strandedBefore);
    }

    @BeforeEach
    void countStranded() {
        strandedBefore = suite.endpoints().get(PREFILL).statistics().leases();
    }

    @Test
    @Tag("pd-T6")
    @Tag("pd-T7")
    @Tag("pd-S2")
    @DisplayName("S2: blocks are computed at one endpoint and read by the other, and its cached tokens are told")
    void promptIsTransferred() {
        double before = fetched();

        RunningSuite.Answer answer = suite.chat(body("once", 5, ""));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEmpty();
        assertThat(answer.json().path("id").asString()).isEqualTo("chatcmpl-" + answer.requestId());
        JsonNode usage = answer.json().path("usage");
        assertThat(usage.path("completion_tokens").asInt()).isEqualTo(5);
        assertThat(usage.path("prompt_tokens_details").path("cached_tokens").asInt(-1))
                .isZero();
        assertThat(fetched() - before).isGreaterThan(100);
        assertNoBlocksAreHeld();

        int prompt = usage.path("prompt_tokens").asInt();
        RunningSuite.Answer again = suite.chat(body("once", 5, ""));
        assertThat(again.json()
                        .path("usage")
                        .path("prompt_tokens_details")
                        .path("cached_tokens")
                        .asInt())
                .isBetween(prompt - 32, prompt - 1);
    }

    /** Endpoints refuse {@code stream_options} without a stream, and more tokens at least than at most. */
    @Test
    @Tag("pd-T1")
    @Tag("pd-T3")
    @Tag("pd-T16")
    @Tag("pd-S2")
    @DisplayName(
            "T1, T3, T16: a stream is complete, has its least number of tokens, and tells the prefill leg's cached ones")
    void streamIsComplete() throws IOException {
        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send(
                    body("stream", 8, ",\"min_tokens\":8,\"stream\":true,\"stream_options\":{\"include_usage\":true}"));

            String events = ClientSocket.body(client.readAll());

            assertThat(events.split("\"content\":\"", -1)).hasSizeGreaterThanOrEqualTo(9);
            assertThat(events)
                    .contains("\"completion_tokens\":8", "\"cached_tokens\":0", "data: [DONE]")
                    .doesNotContain("\"error\"");
        }
        assertNoBlocksAreHeld();
    }

    @Test
    @Tag("pd-T4")
    @Tag("pd-T5")
    @Tag("pd-T46")
    @DisplayName("T4, T5, T46: requests of all APIs are split, and get the tokens that they ask for")
    void everyApi() {
        String words = "Requests of all APIs. " + PROMPT;
        assertSplit("/v1/completions", "\"prompt\":\"" + words + "\",\"max_tokens\":4", "/usage/completion_tokens");
        assertSplit("/v1/responses", "\"input\":\"R " + words + "\",\"max_output_tokens\":4", "/usage/output_tokens");
        assertSplit(
                "/v1/messages",
                "\"max_tokens\":4,\"messages\":[{\"role\":\"user\",\"content\":\"M " + words + "\"}]",
                "/usage/output_tokens");
        String ids = IntStream.range(1000, 1300).mapToObj(String::valueOf).collect(Collectors.joining(","));
        double before = fetched();
        RunningSuite.Answer generated = suite.postTo(
                "/inference/v1/generate",
                "{\"model\":\"sim-8b\",\"token_ids\":[" + ids
                        + "],\"sampling_params\":{\"max_tokens\":4,\"min_tokens\":4,\"ignore_eos\":true}}");
        assertThat(generated.status()).as(generated.body()).isEqualTo(200);
        assertThat(generated.json().at("/choices/0/token_ids")).hasSize(4);
        assertThat(fetched() - before).isGreaterThan(250);
    }

    private static void assertSplit(String path, String members, String tokens) {
        double before = fetched();
        RunningSuite.Answer answer = suite.postTo(path, "{\"model\":\"sim-8b\",\"ignore_eos\":true," + members + "}");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEmpty();
        assertThat(answer.json().at(tokens).asInt()).as(answer.body()).isEqualTo(4);
        assertThat(fetched() - before).as(path).isGreaterThan(100);
    }

    @Test
    @Tag("pd-T24")
    @Tag("pd-T47")
    @DisplayName("T24, T47: what needs more than blocks, or no tokens, is not split")
    void neverSplit() {
        double before = fetched();
        RunningSuite.Answer probabilities = suite.chat(body("prompt logprobs", 2, ",\"prompt_logprobs\":1"));
        assertThat(probabilities.status()).as(probabilities.body()).isEqualTo(200);
        assertThat(probabilities.fallback()).isEqualTo("not-splittable");
        RunningSuite.Answer embedded =
                suite.post("/embeddings", "{\"model\":\"sim-8b\",\"input\":\"embed " + PROMPT + "\"}");
        assertThat(embedded.status()).as(embedded.body()).isEqualTo(200);
        assertThat(fetched()).isEqualTo(before);
    }

    /** Endpoints would try to fetch blocks from that host. */
    @Test
    @Tag("pd-T25")
    @DisplayName("T25: transfer parameters of a client reach no endpoint")
    void clientsTransferParams() {
        RunningSuite.Answer answer = suite.chat(body(
                "own parameters",
                3,
                ",\"kv_transfer_params\":{\"do_remote_prefill\":true,\"remote_engine_id\":\"e\","
                        + "\"remote_request_id\":\"r\",\"remote_block_ids\":[[1]],\"remote_host\":\"127.0.0.9\","
                        + "\"remote_port\":9}"));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEmpty();
        assertThat(answer.json().at("/usage/completion_tokens").asInt()).isEqualTo(3);
    }

    @Test
    @Tag("pd-T22")
    @DisplayName("T22: a stream that breaks off ends with an error event, and nobody else is asked")
    void brokenStream() throws IOException {
        suite.faults(1, "{\"reset_after_tokens\":3}");
        suite.faults(2, "{\"reset_after_tokens\":3}");
        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send(body("breaks off", 20, ",\"stream\":true"));

            String events = ClientSocket.body(client.readAll());

            assertThat(events).contains("\"content\":\"", "\"error\":{").doesNotContain("[DONE]");
            assertThat(events.split("\"role\":\"assistant\"", -1))
                    .as("one beginning")
                    .hasSize(2);
        }
    }

    @Test
    @Tag("pd-S1")
    @Tag("pd-T23")
    @DisplayName("S1: what cannot be split is served by one endpoint")
    void aggregated() {
        RunningSuite.Answer answer = suite.chat(body("two", 3, ",\"n\":2"));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.fallback()).isEqualTo("not-splittable");
        assertThat(answer.json().path("choices")).hasSize(2);
    }

    @Test
    @Tag("pd-S1")
    @DisplayName("S1: so is a stream of it")
    void aggregatedStream() throws IOException {
        double before = fetched();
        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send(body("two streams", 3, ",\"n\":2,\"stream\":true"));

            String events = ClientSocket.body(client.readAll());

            assertThat(events)
                    .contains("\"index\":0", "\"index\":1", "\"finish_reason\":\"length\"")
                    .endsWith("data: [DONE]\n\n");
        }
        assertThat(fetched()).isEqualTo(before);
    }

    @Test
    @Tag("pd-S13")
    @Tag("pd-T13")
    @Tag("pd-T52")
    @DisplayName("S13: a prefill endpoint that refuses, answers with an error or without a handoff is done without")
    void decodeOnly() {
        for (List<String> fault : List.of(
                List.of("{\"refuse\":{}}", "prefill-failed"),
                List.of("{\"status\":500}", "prefill-failed"),
                List.of("{\"handoff_absent\":{}}", "handoff-missing"))) {
            suite.faults(PREFILL, fault.getFirst());

            RunningSuite.Answer answer = suite.chat(body(fault.getFirst().replace('"', '.'), 3, ""));

            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.fallback()).isEqualTo(fault.getLast());
            await("the decision's record says so")
                    .untilAsserted(() -> assertThat(suite.decision(answer.requestId()))
                            .contains("\"fallback\":\"" + fault.getLast() + "\""));
            suite.endpoints().get(PREFILL).faults(faults -> Faults.NONE);
        }
    }

    @Test
    @Tag("pd-T21")
    @DisplayName("F8: a decode endpoint that cannot read the blocks is followed by one that computes the prompt")
    void unreadableBlocks() throws IOException {
        suite.faults(1, "{\"handoff_read_failure\":{}}");
        suite.faults(2, "{\"handoff_read_failure\":{}}");

        RunningSuite.Answer whole = suite.chat(body("unreadable", 3, ""));

        assertThat(whole.status()).as(whole.body()).isEqualTo(200);
        assertThat(whole.fallback()).isEqualTo("decode-failed");
        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send(body("unreadable stream", 4, ",\"stream\":true"));

            String answer = client.readAll();

            assertThat(answer)
                    .startsWith("HTTP/1.1 200")
                    .contains("data: [DONE]")
                    .doesNotContain("\"error\"");
        }
    }

    @Test
    @Tag("pd-T9")
    @DisplayName("T9: what the prefill endpoint refuses is refused")
    void refused() {
        RunningSuite.Answer answer = suite.chat(body("x", 3, ",\"temperature\":1,\"top_logprobs\":3"));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body()).contains("\"error\":{");
    }

    @Test
    @Tag("pd-T14")
    @DisplayName("T14: a client that leaves during prefill ends it, and no decode endpoint is asked")
    void leavingDuringPrefill() throws IOException {
        suite.faults(PREFILL, "{\"slow_factor\":100}");
        VllmSimulator prefill = suite.endpoints().get(PREFILL);
        long before = prefill.statistics().aborted();
        double decoded = finished();
        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send(body("leaves early", 3, ""));
            await("the prompt is computed").until(() -> prefill.statistics().active() == 1);
        }
        await("aborted").until(() -> prefill.statistics().aborted() == before + 1);
        nothingIsLeft();
        assertThat(finished()).isEqualTo(decoded);
    }

    private static double finished() {
        return suite.endpoints().get(1).statistics().finished()
                + suite.endpoints().get(2).statistics().finished();
    }

    @Test
    @Tag("pd-T15")
    @DisplayName("T15: a client that leaves during decode ends it, and no blocks stay behind")
    void leavingDuringDecode() throws IOException {
        long before = suite.endpoints().get(1).statistics().aborted()
                + suite.endpoints().get(2).statistics().aborted();
        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send(body("leaves late", 500, ",\"stream\":true"));
            client.readUntil("\"content\":\"");
        }
        await("aborted")
                .until(() -> suite.endpoints().get(1).statistics().aborted()
                                + suite.endpoints().get(2).statistics().aborted()
                        == before + 1);
        assertNoBlocksAreHeld();
    }
}
