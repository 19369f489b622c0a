package io.llmd.gateway.disagg;

import static io.llmd.gateway.disagg.SplitPool.CHAT;
import static io.llmd.gateway.disagg.SplitPool.FALLBACK;
import static io.llmd.gateway.disagg.SplitPool.HANDOFF;
import static io.llmd.gateway.disagg.SplitPool.JSON;
import static io.llmd.gateway.disagg.SplitPool.header;
import static io.llmd.gateway.disagg.SplitPool.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.gateway.GatewayFixture;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.RecordedRequest;
import io.llmd.testsupport.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** What the legs of a disaggregated request carry. */
class SplitLegsIT {

    private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";
    private static SplitPool pool;

    @BeforeAll
    static void start() {
        pool = new SplitPool("gateway.expose-endpoint=true", "gateway.disaggregation.max-handoffs=500");
    }

    @AfterAll
    static void stop() {
        pool.close();
    }

    @AfterEach
    void nothingIsLeft() {
        pool.reset();
    }

    private static RawClient.Answer chat(String members, String... headers) {
        return pool.gateway().post(CHAT, "{\"model\":\"sim-8b\"," + MESSAGES + members + "}", headers);
    }

    /** The decode leg's body without the handoff. */
    private static ObjectNode withoutHandoff(RecordedRequest decode) {
        ObjectNode body = (ObjectNode) json(decode);
        body.remove("kv_transfer_params");
        return body;
    }

    @Test
    @Tag("pd-T1")
    @Tag("pd-S2")
    @DisplayName("T1: a streamed chat becomes a prefill leg of one token and a decode leg with its handoff")
    void streamedChat() {
        String body = "{\"model\":\"sim-8b\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                + "\"max_tokens\":50,\"min_tokens\":3,\"seed\":12345678901234567890," + MESSAGES + "}";

        RawClient.Answer answer = pool.gateway().post(CHAT, body);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).contains("Hello", "world").endsWith("data: [DONE]\n\n");
        assertThat(answer.header(FALLBACK)).isNull();
        assertThat(answer.header("x-prefiller-host-port"))
                .isEqualTo(pool.prefill().hostPort());
        assertThat(SplitPool.members(json(pool.prefill().lastRequest())))
                .isEqualTo(SplitPool.members(JSON.readTree("{\"model\":\"sim-8b\",\"stream\":false,\"max_tokens\":1,"
                        + "\"max_completion_tokens\":1,\"seed\":12345678901234567890," + MESSAGES
                        + ",\"kv_transfer_params\":{\"do_remote_decode\":true,\"do_remote_prefill\":false,"
                        + "\"remote_engine_id\":null,\"remote_block_ids\":null,\"remote_host\":null,"
                        + "\"remote_port\":null}}")));
        assertThat(withoutHandoff(pool.decode().lastRequest())).isEqualTo(JSON.readTree(body));
        assertThat(pool.prefill().requests()).hasSize(1);
        assertThat(pool.decode().requests()).hasSize(1);
    }

    @Test
    @Tag("pd-T2")
    @DisplayName("T2: a limit that the client did not set is not there on the decode leg")
    void noLimitIsAdded() {
        chat("");

        assertThat(pool.decode().lastRequest().text()).doesNotContain("max_tokens", "max_completion_tokens");
    }

    @Test
    @Tag("pd-T3")
    @DisplayName("T3: min_tokens is for the decode leg alone")
    void minTokens() {
        chat(",\"min_tokens\":10,\"max_tokens\":20");

        assertThat(pool.prefill().lastRequest().text()).doesNotContain("min_tokens");
        assertThat(json(pool.decode().lastRequest()).path("min_tokens").asInt()).isEqualTo(10);
        assertThat(json(pool.decode().lastRequest()).path("max_tokens").asInt()).isEqualTo(20);
    }

    @Test
    @Tag("pd-T4")
    @DisplayName("T4: the Responses API has a limit of its own")
    void responses() {
        pool.decode().always(Reply.json(200, "{\"id\":\"r\",\"usage\":{\"input_tokens\":3}}"));

        RawClient.Answer answer = pool.gateway()
                .post("/v1/responses", "{\"model\":\"sim-8b\",\"input\":\"hi\",\"max_output_tokens\":100}");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(json(pool.prefill().lastRequest()).path("max_output_tokens").asInt())
                .isEqualTo(1);
        assertThat(json(pool.decode().lastRequest()).path("max_output_tokens").asInt())
                .isEqualTo(100);
        assertThat(pool.prefill().lastRequest().text()
                        + pool.decode().lastRequest().text())
                .doesNotContain("\"max_tokens\"", "max_completion_tokens");
        assertThat(answer.body()).contains("\"input_tokens_details\":{\"cached_tokens\":0}");
    }

    @Test
    @Tag("pd-T5")
    @DisplayName("T5: generate gets sampling_params for the prefill leg, and the handoff in both places")
    void generate() {
        pool.decode().always(Reply.json(200, "{\"request_id\":\"g\",\"choices\":[]}"));

        RawClient.Answer answer =
                pool.gateway().post("/inference/v1/generate", "{\"model\":\"sim-8b\",\"token_ids\":[1,2,3]}");

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(pool.prefill().lastRequest().uri()).isEqualTo("/inference/v1/generate");
        assertThat(json(pool.prefill().lastRequest())
                        .path("sampling_params")
                        .path("max_tokens")
                        .asInt())
                .isEqualTo(1);
        assertThat(json(pool.prefill().lastRequest())
                        .path("sampling_params")
                        .path("extra_args")
                        .path("kv_transfer_params")
                        .path("do_remote_decode")
                        .asBoolean())
                .isTrue();
        assertThat(json(pool.decode().lastRequest()).path("sampling_params").propertyNames())
                .containsExactly("extra_args");
        assertThat(json(pool.decode().lastRequest())
                        .path("sampling_params")
                        .path("extra_args")
                        .path("kv_transfer_params"))
                .isEqualTo(json(pool.decode().lastRequest()).path("kv_transfer_params"))
                .isEqualTo(JSON.readTree(HANDOFF));
        pool.gateway()
                .post(
                        "/inference/v1/generate",
                        "{\"model\":\"sim-8b\",\"token_ids\":[1],\"sampling_params\":{\"min_tokens\":2,\"max_tokens\":7}}");
        assertThat(pool.prefill().lastRequest().text()).doesNotContain("min_tokens");
        assertThat(json(pool.decode().lastRequest())
                        .path("sampling_params")
                        .path("max_tokens")
                        .asInt())
                .isEqualTo(7);
        assertThat(pool.gateway()
                        .post(
                                "/inference/v1/generate",
                                "{\"model\":\"sim-8b\",\"token_ids\":[1],\"sampling_params\":{\"extra_args\":"
                                        + "{\"kv_transfer_params\":{}}}}")
                        .status())
                .isEqualTo(400);
    }

    @Test
    @Tag("pd-T46")
    @DisplayName(
            "T46: of Anthropic's messages max_tokens alone is changed, and the events are relayed with their names")
    void anthropicMessages() {
        pool.prefill()
                .always(Reply.json(
                        200,
                        "{\"type\":\"message\",\"usage\":{\"input_tokens\":5,\"cache_read_input_tokens\":10},"
                                + "\"kv_transfer_params\":" + HANDOFF + "}"));
        String events = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"sim-8b\","
                + "\"usage\":{\"input_tokens\":15}}}\n\n"
                + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"a\"}}\n\n"
                + "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},"
                + "\"usage\":{\"input_tokens\":0,\"output_tokens\":3,\"cache_read_input_tokens\":15}}\n\n"
                + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
        pool.decode().always(Reply.events(1, i -> events.getBytes()));
        String body =
                "{\"model\":\"sim-8b\",\"system\":\"be kind\",\"max_tokens\":50,\"stream\":true," + MESSAGES + "}";

        RawClient.Answer answer = pool.gateway().post("/v1/messages", body, "anthropic-version: 2023-06-01");

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body())
                .isEqualTo(events.replace("\"input_tokens\":0", "\"input_tokens\":5")
                        .replace("_tokens\":15}}\n\nevent: message_stop", "_tokens\":10}}\n\nevent: message_stop"));
        ObjectNode primed = (ObjectNode) JSON.readTree(body);
        primed.put("max_tokens", 1).put("stream", false);
        ObjectNode leg = (ObjectNode) json(pool.prefill().lastRequest());
        leg.remove("kv_transfer_params");
        assertThat(leg).isEqualTo(primed);
        assertThat(withoutHandoff(pool.decode().lastRequest())).isEqualTo(JSON.readTree(body));
        OutcomeReport ended = await(pool);
        assertThat(ended.usage()).isEqualTo(new io.llmd.contracts.schedule.TokenUsage(15, 3, 10));
    }

    private static OutcomeReport await(SplitPool pool) {
        pool.gateway().awaitQuiet();
        return pool.gateway().scheduler().ended().getLast();
    }

    @Test
    @Tag("pd-T45")
    @DisplayName("T45: errors have the shape of the client's API")
    void errorShapes() {
        assertThat(pool.gateway().post("/v1/messages", "{").body())
                .startsWith("{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":");
        assertThat(chat(",\"n\":0").body()).startsWith("{\"error\":{\"message\":");
        RawClient.Answer cut = pool.gateway().post(CHAT, "{\"model\":");
        assertThat(cut.status()).isEqualTo(400);
        assertThat(cut.body()).startsWith("{\"error\":{\"message\":").contains("\"invalid_request_error\"");
        assertThat(pool.gateway().post("/v1/messages", "{").status()).isEqualTo(400);
        assertThat(pool.decode().requests()).isEmpty();
        pool.prefill()
                .always(Reply.json(
                        404, "{\"type\":\"error\",\"error\":{\"type\":\"x\",\"message\":\"no such model\"}}"));
        assertThat(pool.gateway()
                        .post("/v1/messages", "{\"model\":\"sim-8b\",\"max_tokens\":5," + MESSAGES + "}")
                        .body())
                .isEqualTo("{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\","
                        + "\"message\":\"no such model\"}}");
        // an address in a content part is not fetched by anybody
        assertThat(pool.gateway()
                        .post(
                                "/v1/messages",
                                "{\"model\":\"sim-8b\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":"
                                        + "[{\"type\":\"tool_result\",\"content\":[{\"type\":\"image\",\"source\":"
                                        + "{\"type\":\"url\",\"url\":\"http://169.254.169.254/\"}}]}]}]}")
                        .status())
                .isEqualTo(400);
        try (RawClient client = pool.gateway().connect()) {
            assertThat(client.send(RawClient.post(
                                    "/v1/messages",
                                    "{\"model\":\"sim-8b\",\"max_tokens\":1," + MESSAGES + "}",
                                    "x-api-key: " + io.llmd.gateway.GatewayFixture.KEY))
                            .receive()
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    @Tag("pd-T6")
    @DisplayName("T6: the handoff is copied byte for byte")
    void handoffIsOpaque() {
        chat("");

        assertThat(pool.decode().lastRequest().text()).contains("\"kv_transfer_params\":" + HANDOFF);
    }

    @Test
    @Tag("pd-T7")
    @DisplayName("T7: without an id of the client both legs have the same new one")
    void newId() {
        RawClient.Answer answer = chat("");

        List<String> id = header(pool.prefill().lastRequest(), "x-request-id");
        assertThat(id).hasSize(1).isEqualTo(header(pool.decode().lastRequest(), "x-request-id"));
        assertThat(answer.header("x-request-id")).isEqualTo(id.getFirst());
    }

    @Test
    @Tag("pd-T8")
    @DisplayName("T8: the client's id is that of both legs")
    void clientsId() {
        chat("", "x-request-id: abc");

        assertThat(header(pool.prefill().lastRequest(), "x-request-id")).containsExactly("abc");
        assertThat(header(pool.decode().lastRequest(), "x-request-id")).containsExactly("abc");
    }

    @Test
    @DisplayName("F20: an id that another request under way has gets a suffix on the legs, and stays for the client")
    void idInUse() {
        pool.prefill().script(SplitPool.prefilled(HANDOFF).delay(Duration.ofMillis(600)));
        try (RawClient first = pool.gateway().connect()) {
            first.send(RawClient.post(
                    CHAT,
                    "{\"model\":\"sim-8b\"," + MESSAGES + "}",
                    io.llmd.gateway.GatewayFixture.AUTH,
                    "x-request-id: abc"));
            org.awaitility.Awaitility.await("first leg under way")
                    .until(() -> pool.prefill().requests().size() == 1);

            RawClient.Answer second = chat("", "x-request-id: abc");

            assertThat(second.header("x-request-id")).isEqualTo("abc");
            assertThat(header(pool.decode().lastRequest(), "x-request-id").getFirst())
                    .startsWith("abc-")
                    .hasSize(12);
            assertThat(first.receive().status()).isEqualTo(200);
        }
        assertThat(pool.prefill().requests())
                .extracting(r -> header(r, "x-request-id").getFirst())
                .doesNotHaveDuplicates();
    }

    @Test
    @Tag("pd-T16")
    @DisplayName("T16: cached tokens are those of the prefill endpoint, every other byte is the decode endpoint's")
    void cachedTokensOfAStream() {
        pool.prefill()
                .always(SplitPool.prefilled(
                        HANDOFF,
                        "\"usage\":{\"prompt_tokens\":600,\"prompt_tokens_details\":{\"cached_tokens\":128}}"));
        String usage = "{\"choices\":[],\"usage\":{\"prompt_tokens\":600,\"total_tokens\":610,\"completion_tokens\":10,"
                + "\"prompt_tokens_details\":{\"cached_tokens\":512}}}";
        String first = "{\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":{}\"}}]}";
        pool.decode().always(Reply.events(first, usage, "[DONE]"));

        String answer = chat(",\"stream\":true").body();

        assertThat(answer)
                .isEqualTo("data: " + first + "\n\ndata: " + usage.replace("512", "128") + "\n\ndata: [DONE]\n\n");
    }

    @Test
    @Tag("pd-T17")
    @DisplayName("T17: also when usage comes in three pieces")
    void cachedTokensInPieces() {
        pool.prefill()
                .always(SplitPool.prefilled(HANDOFF, "\"usage\":{\"prompt_tokens_details\":{\"cached_tokens\":128}}"));
        String[] pieces = {
            "data: {\"choices\":[]}\n\ndata: {\"usage\":{\"prompt_tokens_det",
            "ails\":{\"cached_tokens\":5",
            "12}}}\n\ndata: [DONE]"
        };
        pool.decode().always(Reply.events(3, i -> pieces[i].getBytes()).gap(Duration.ofMillis(20)));

        String answer = chat(",\"stream\":true").body();

        assertThat(answer)
                .isEqualTo("data: {\"choices\":[]}\n\n"
                        + "data: {\"usage\":{\"prompt_tokens_details\":{\"cached_tokens\":128}}}\n\ndata: [DONE]");
    }

    @Test
    @Tag("pd-T18")
    @DisplayName("T18: a prefill endpoint that says nothing had nothing cached")
    void cachedTokensAreAdded() {
        pool.decode().always(Reply.json(200, "{\"id\":\"x\",\"usage\":{\"prompt_tokens\":7}}"));

        RawClient.Answer answer = chat("");

        assertThat(answer.body())
                .isEqualTo("{\"id\":\"x\",\"usage\":{\"prompt_tokens\":7,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":0}}}");
        assertThat(answer.header("content-length"))
                .isEqualTo(Integer.toString(answer.body().length()));
    }

    @Test
    @Tag("pd-T19")
    @DisplayName("T19: an end marker after an error event of the endpoint is relayed as it is")
    void ownErrorEvent() {
        pool.decode()
                .always(Reply.events(
                        "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
                        "{\"error\":{\"message\":\"x\",\"type\":\"y\",\"param\":null,\"code\":500}}",
                        "[DONE]"));

        assertThat(chat(",\"stream\":true").body())
                .isEqualTo("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
                        + "data: {\"error\":{\"message\":\"x\",\"type\":\"y\",\"param\":null,\"code\":500}}\n\n"
                        + "data: [DONE]\n\n");
    }

    @ParameterizedTest
    @Tag("pd-T23")
    @Tag("pd-T24")
    @DisplayName("T23, T24: what needs more than the KV blocks is not split")
    @ValueSource(
            strings = {
                ",\"n\":2",
                ",\"best_of\":2",
                ",\"use_beam_search\":true",
                ",\"prompt_logprobs\":1",
                ",\"prompt_logprobs\":0",
                ",\"echo\":true,\"logprobs\":true",
                ",\"max_tokens\":1",
                ",\"max_completion_tokens\":1"
            })
    void notSplittable(String members) {
        RawClient.Answer answer = chat(members);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header(FALLBACK)).isEqualTo("not-splittable");
        assertThat(pool.prefill().requests()).isEmpty();
        assertThat(pool.decode().lastRequest().text()).doesNotContain("kv_transfer_params");
        assertThat(pool.decode().lastRequest().hasHeader("x-prefiller-host-port"))
                .isFalse();
    }

    @Test
    void severalPromptsAreNotSplit() {
        pool.gateway().post("/v1/completions", "{\"model\":\"sim-8b\",\"prompt\":[\"a\",\"b\"]}");
        pool.gateway().post("/v1/completions", "{\"model\":\"sim-8b\",\"prompt\":[[1,2],[3]]}");
        assertThat(pool.prefill().requests()).isEmpty();

        pool.gateway().post("/v1/completions", "{\"model\":\"sim-8b\",\"prompt\":[1,2,3],\"logprobs\":1}");
        assertThat(pool.prefill().requests()).hasSize(1);
        assertThat(pool.prefill().lastRequest().uri()).isEqualTo("/v1/completions");
    }

    @Test
    @Tag("pd-T47")
    @DisplayName("T47: embeddings are never split")
    void poolingIsNotSplit() {
        pool.gateway().post("/v1/embeddings", "{\"model\":\"sim-8b\",\"input\":\"a\"}");

        assertThat(pool.prefill().requests()).isEmpty();
        assertThat(pool.decode().requests()).hasSize(1);
    }

    @Test
    @Tag("pd-T25")
    @DisplayName("T25: transfer parameters of a client are taken out and counted")
    void clientsTransferParams() {
        double before = stripped();

        RawClient.Answer answer =
                chat(",\"kv_transfer_params\":{\"do_remote_prefill\":true,\"remote_host\":\"10.0.0.9\"},"
                        + "\"ec_transfer_params\":{}");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(pool.prefill().lastRequest().text()).doesNotContain("10.0.0.9", "ec_transfer_params");
        assertThat(pool.decode().lastRequest().text())
                .doesNotContain("10.0.0.9", "ec_transfer_params")
                .contains("\"kv_transfer_params\":" + HANDOFF);
        assertThat(stripped()).isEqualTo(before + 1);
    }

    private static double stripped() {
        return pool.gateway().meters().get("gateway.stripped.fields").counter().count();
    }

    @Test
    @Tag("pd-T26")
    @DisplayName("T26: a prefill endpoint that a client names is not contacted")
    void clientsPrefillEndpoint() {
        pool.gateway().scheduler().deciding(decision -> SplitPool.decide(decision, Map.of()));

        RawClient.Answer answer =
                chat("", "x-prefiller-host-port: " + pool.prefill().hostPort());

        assertThat(answer.status()).isEqualTo(200);
        assertThat(pool.prefill().requests()).isEmpty();
        assertThat(pool.decode().lastRequest().hasHeader("x-prefiller-host-port"))
                .isFalse();
    }

    @Test
    @Tag("pd-T48")
    @DisplayName("T48: 200 requests at a time get each their own handoff")
    void noCrossTalk() {
        Random random = new Random(1);
        pool.prefill().answering(request -> {
            String own = json(request).path("messages").path(0).path("content").asString();
            return SplitPool.prefilled("{\"do_remote_prefill\":true,\"remote_engine_id\":\"" + own + "\"}")
                    .delay(Duration.ofMillis(random.nextInt(30)));
        });
        List<CompletableFuture<Integer>> answers = new ArrayList<>();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 200; i++) {
                String body = "{\"model\":\"sim-8b\",\"messages\":[{\"role\":\"user\",\"content\":\"c" + i + "\"}]}";
                answers.add(CompletableFuture.supplyAsync(
                        () -> pool.gateway().post(CHAT, body).status(), clients));
            }
        }

        assertThat(answers).extracting(CompletableFuture::join).containsOnly(200);
        assertThat(pool.decode().requests())
                .hasSize(200)
                .allSatisfy(request -> assertThat(json(request)
                                .path("kv_transfer_params")
                                .path("remote_engine_id")
                                .asString())
                        .isEqualTo(json(request)
                                .path("messages")
                                .path(0)
                                .path("content")
                                .asString()));
    }

    @Test
    @Tag("pd-T49")
    @DisplayName("T49: each leg has the data-parallel rank of its own endpoint")
    void ranks() {
        Map<String, String> headers = new HashMap<>(Map.of("x-data-parallel-rank", "3"));
        headers.put("x-prefiller-host-port", pool.prefill().hostPort());
        pool.gateway().scheduler().deciding(decision -> SplitPool.decide(decision, headers));
        chat("");
        assertThat(header(pool.decode().lastRequest(), "x-data-parallel-rank")).containsExactly("3");
        assertThat(pool.prefill().lastRequest().hasHeader("x-data-parallel-rank"))
                .isFalse();

        pool.gateway().scheduler().label(2, Map.of("llm-d.ai/role", "prefill", "llm-d.ai/data-parallel-rank", "1"));
        pool.awaitLabel(pool.prefill(), "llm-d.ai/data-parallel-rank", "1");
        chat("");
        pool.labels("v1", "v1");

        assertThat(header(pool.decode().lastRequest(), "x-data-parallel-rank")).containsExactly("3");
        assertThat(header(pool.prefill().lastRequest(), "x-data-parallel-rank")).containsExactly("1");
    }

    @Test
    void modelNameOfTheDecisionIsThatOfBothLegs() {
        pool.gateway()
                .scheduler()
                .deciding(d -> pool.decide(new io.llmd.contracts.schedule.ScheduleDecision(
                        d.requestId(), 0, "adapter-1", d.profile(), d.endpoints(), d.prefix(), Map.of(), Map.of())));

        RawClient.Answer answer = chat("");

        assertThat(json(pool.prefill().lastRequest()).path("model").asString()).isEqualTo("adapter-1");
        assertThat(json(pool.decode().lastRequest()).path("model").asString()).isEqualTo("adapter-1");
        assertThat(answer.body()).contains("\"model\":\"sim-8b\"");
    }

    @Test
    void endpointWithASidecarGetsTheHeadersAndOneLeg() {
        pool.gateway().scheduler().label(0, Map.of("llm-d.ai/role", "decode", "llm-d.ai/routing-sidecar", "true"));
        pool.awaitLabel(pool.decode(), "llm-d.ai/routing-sidecar", "true");

        RawClient.Answer answer = chat("");
        pool.labels("v1", "v1");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(pool.prefill().requests()).isEmpty();
        assertThat(header(pool.decode().lastRequest(), "x-prefiller-host-port"))
                .containsExactly(pool.prefill().hostPort());
    }

    @Test
    void traceGoesToBothLegs() {
        String parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

        chat("", "traceparent: " + parent);

        assertThat(header(pool.prefill().lastRequest(), "traceparent")).containsExactly(parent);
        assertThat(header(pool.decode().lastRequest(), "traceparent")).containsExactly(parent);
    }

    @Test
    @Tag("pd-T44")
    @DisplayName("T44: a body that is too large is refused before any leg")
    void tooLargeBody() {
        try (RawClient client = pool.gateway().connect()) {
            RawClient.Answer answer = client.send("POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n"
                            + GatewayFixture.AUTH + "\r\ncontent-type: application/json\r\ncontent-length: "
                            + (65 << 20) + "\r\n\r\n")
                    .receive();

            assertThat(answer.status()).isEqualTo(413);
        }
        assertThat(pool.prefill().requests()).isEmpty();
        assertThat(pool.decode().requests()).isEmpty();
    }

    @Test
    @Tag("pd-S3")
    @DisplayName("S3: the handoff of a prefill endpoint that pushes goes on as it is")
    void pushedBlocks() {
        String pushing = HANDOFF.replace("\"tp_size\":1", "\"transfer_mode\":\"push\",\"tp_size\":1");
        pool.prefill().always(SplitPool.prefilled(pushing));

        assertThat(chat(",\"stream\":true").body()).endsWith("data: [DONE]\n\n");

        assertThat(pool.decode().lastRequest().text()).contains("\"kv_transfer_params\":" + pushing);
    }

    @Test
    void timeToFirstTokenCountsBothLegs() {
        pool.prefill().script(SplitPool.prefilled(HANDOFF).delay(Duration.ofMillis(60)));
        pool.decode().script(Reply.chat("x").delay(Duration.ofMillis(60)));

        chat("");
        pool.gateway().awaitQuiet();

        OutcomeReport ended = pool.gateway().scheduler().ended().getLast();
        assertThat(ended.timeToFirstTokenMicros()).isGreaterThanOrEqualTo(120_000);
        assertThat(ended.endpointId()).isEqualTo("default/sim-0");
        assertThat(pool.gateway().scheduler().ended()).hasSize(1);
    }
}
