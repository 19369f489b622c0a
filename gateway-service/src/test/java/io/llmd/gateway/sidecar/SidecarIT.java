package io.llmd.gateway.sidecar;

import static io.llmd.gateway.GatewayFixture.BODY;
import static io.llmd.gateway.GatewayFixture.CHAT;
import static io.llmd.gateway.GatewayFixture.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.gateway.GatewayFixture;
import io.llmd.gateway.ProfileFixture;
import io.llmd.gateway.TlsServer;
import io.llmd.testsupport.FakeModelServer;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.RecordedRequest;
import io.llmd.testsupport.Reply;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The gateway beside one model server: headers in, legs out. */
class SidecarIT {

    private static final String HANDOFF =
            "{\"do_remote_prefill\":true,\"remote_engine_id\":\"e-1\",\"remote_host\":\"127.0.0.1\"}";
    private static final String PREFILLED =
            "{\"choices\":[],\"usage\":{\"prompt_tokens\":7},\"kv_transfer_params\":" + HANDOFF + "}";
    private static final String FALLBACK = "x-llmd-disaggregation-fallback";

    @TempDir
    static Path folder;

    private static FakeModelServer decode;
    private static FakeModelServer prefill;
    private static FakeModelServer encoder;
    private static FakeModelServer foreign;
    private static ProfileFixture sidecar;

    @BeforeAll
    static void start() throws Exception {
        decode = FakeModelServer.start();
        prefill = FakeModelServer.start();
        encoder = FakeModelServer.start();
        foreign = FakeModelServer.start();
        sidecar = new ProfileFixture(
                "sidecar",
                "gateway.sidecar.decoder=http://" + decode.hostPort(),
                "gateway.sidecar.allow=127.0.0.1:" + prefill.port() + ",127.0.0.0/8:" + encoder.port() + "-"
                        + encoder.port(),
                "gateway.sidecar.chunk-tokens=4",
                "gateway.endpoints.eject-after=1000",
                "gateway.disaggregation.handoff-lease=300ms",
                "gateway.disaggregation.prefill-retries=1",
                "gateway.disaggregation.retry-backoff=10ms");
    }

    @AfterAll
    static void stop() {
        sidecar.close();
        List.of(decode, prefill, encoder, foreign).forEach(FakeModelServer::close);
    }

    @BeforeEach
    void answerAsUsual() {
        prefill.always(Reply.json(200, PREFILLED));
        decode.answering(request -> request.text().contains("\"stream\":true")
                ? Reply.stream("Hello", " world")
                : Reply.chat("Hello world"));
        encoder.always(Reply.json(
                200, "{\"choices\":[],\"ec_transfer_params\":{\"h\":{\"peer_host\":\"127.0.0.1\",\"peer_port\":5}}}"));
    }

    @AfterEach
    void nothingIsLeft() {
        sidecar.awaitQuiet();
        List.of(decode, prefill, encoder, foreign).forEach(FakeModelServer::reset);
        decode.healthReply(Reply.json(200, ""));
    }

    private static RawClient.Answer chat(String body, String... headers) {
        return sidecar.post(CHAT, body, headers);
    }

    private static JsonNode json(RecordedRequest request) {
        return JsonMapper.shared().readTree(request.text());
    }

    @Test
    @Tag("pd-S2")
    @DisplayName("S2: the endpoint that the header names computes the prompt, the one beside answers")
    void prefillByHeader() {
        RawClient.Answer answer = chat(
                STREAM,
                "x-prefiller-host-port: " + prefill.hostPort(),
                "x-request-id: one",
                "authorization: Bearer engine-key");

        assertThat(answer.body()).contains("Hello").endsWith("data: [DONE]\n\n");
        assertThat(answer.header(FALLBACK)).isNull();
        assertThat(json(prefill.lastRequest()).path("max_tokens").asInt()).isEqualTo(1);
        assertThat(decode.lastRequest().text()).contains("\"kv_transfer_params\":" + HANDOFF);
        for (FakeModelServer server : List.of(prefill, decode)) {
            assertThat(server.lastRequest().header("x-request-id")).contains("one");
            assertThat(server.lastRequest().header("authorization")).contains("Bearer engine-key");
            assertThat(server.lastRequest().hasHeader("x-prefiller-host-port")).isFalse();
        }
    }

    @Test
    @DisplayName("of several prefill endpoints the first counts, with a scheme or under the older name")
    void firstPrefiller() {
        chat(BODY, "x-prefiller-url: http://" + prefill.hostPort() + "," + foreign.hostPort());

        assertThat(prefill.requests()).hasSize(1);
        assertThat(foreign.requests()).isEmpty();
    }

    @ParameterizedTest
    @Tag("pd-T26")
    @DisplayName("T26, F22: a prefill endpoint that is not allowed is 403, and nobody is contacted")
    @ValueSource(strings = {"169.254.169.254:80", "FOREIGN", "localhost:1", "nonsense", "FOREIGN,PREFILL"})
    void foreignPrefiller(String named) {
        RawClient.Answer answer = chat(
                BODY,
                "x-prefiller-host-port: "
                        + named.replace("FOREIGN", foreign.hostPort()).replace("PREFILL", prefill.hostPort()));

        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.body()).contains("permission_denied");
        assertThat(foreign.requests()).isEmpty();
        assertThat(prefill.requests()).isEmpty();
        assertThat(decode.requests()).isEmpty();
    }

    @Test
    @Tag("pd-S10")
    @DisplayName("S10, F22: of the encode endpoints those that are not allowed are left out; media may be addresses")
    void encoders() {
        String body =
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
                        + "{\"url\":\"https://example.org/a.png\"}}]}]}";

        assertThat(chat(body, "x-encoder-hosts-ports: " + foreign.hostPort() + "," + encoder.hostPort())
                        .body())
                .contains("Hello world");
        assertThat(encoder.requests()).hasSize(1);
        assertThat(json(decode.lastRequest()).path("ec_transfer_params").has("h"))
                .isTrue();

        chat(body, "x-encoder-hosts-ports: " + foreign.hostPort());
        assertThat(decode.lastRequest().text()).isEqualTo(body);
        assertThat(foreign.requests()).isEmpty();
    }

    @Test
    @DisplayName("without headers the body goes on as it is, but for what addresses the memory of endpoints")
    void plain() {
        String body = "{\"model\":\"anything\",\"priority\":3,\"kv_transfer_params\":{\"remote_host\":\"10.0.0.9\"},"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

        RawClient.Answer answer =
                chat(body, "x-data-parallel-rank: 3", "x-kv-cache-source-host-port: " + foreign.hostPort());

        assertThat(answer.body()).contains("Hello world");
        assertThat(decode.lastRequest().text())
                .isEqualTo("{\"model\":\"anything\",\"priority\":3,"
                        + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
        assertThat(decode.lastRequest().header("x-data-parallel-rank")).contains("3");
        assertThat(decode.lastRequest().hasHeader("x-kv-cache-source-host-port"))
                .isFalse();
    }

    @Test
    @Tag("pd-T49")
    @DisplayName("T49: the rank is for the decode leg")
    void rank() {
        chat(BODY, "x-data-parallel-rank: 3", "x-prefiller-host-port: " + prefill.hostPort());

        assertThat(decode.lastRequest().header("x-data-parallel-rank")).contains("3");
        assertThat(prefill.lastRequest().hasHeader("x-data-parallel-rank")).isFalse();
        assertThat(chat(BODY, "x-data-parallel-host-port: 10.0.0.1:7999").status())
                .isEqualTo(400);
    }

    @Test
    @Tag("pd-T10")
    @DisplayName("T10: 503 of the prefill endpoint is tried again there, then decode does it alone")
    void retries() {
        prefill.script(Reply.error(503, "x"));
        assertThat(chat(BODY, "x-prefiller-host-port: " + prefill.hostPort()).header(FALLBACK))
                .isNull();
        assertThat(prefill.requests()).hasSize(2);

        prefill.always(Reply.error(503, "x"));
        assertThat(chat(BODY, "x-prefiller-host-port: " + prefill.hostPort()).header(FALLBACK))
                .isEqualTo("prefill-failed");
        assertThat(prefill.requests()).hasSize(4);
        assertThat(decode.lastRequest().text()).isEqualTo(BODY);
    }

    @Test
    @DisplayName("F8: when the model server cannot use the blocks it computes the prompt itself")
    void unusableHandoff() {
        decode.script(Reply.error(500, "kv load failed"));

        RawClient.Answer answer = chat(BODY, "x-prefiller-host-port: " + prefill.hostPort());

        assertThat(answer.body()).contains("Hello world");
        assertThat(answer.header(FALLBACK)).isEqualTo("decode-failed");
        assertThat(decode.requests()).hasSize(2);
        assertThat(decode.lastRequest().text()).isEqualTo(BODY);
    }

    @Test
    void modelServerThatIsNotThereIsAnError() {
        decode.refuseConnections();
        try {
            assertThat(chat(BODY).status()).isEqualTo(502);
        } finally {
            decode.acceptConnections();
        }
    }

    @Test
    @Tag("pd-T47")
    @DisplayName("everything else goes to the model server, /health within a second")
    void otherPaths() {
        assertThat(get("/v1/models").body()).contains("sim-8b");
        assertThat(get("/metrics").status()).isEqualTo(200);
        assertThat(sidecar.post("/v1/rerank", "{\"model\":\"m\"}").status()).isEqualTo(200);
        assertThat(decode.requests())
                .filteredOn(request -> request.uri().equals("/v1/rerank"))
                .hasSize(1);
        assertThat(prefill.requests()).isEmpty();
        assertThat(get("/health").status()).isEqualTo(200);
        decode.healthReply(Reply.json(503, ""));
        assertThat(get("/health").status()).isEqualTo(503);
        decode.healthReply(Reply.json(200, "").delay(Duration.ofSeconds(20)));
        long begin = System.nanoTime();
        assertThat(get("/health").status()).isEqualTo(504);
        assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin)).isLessThan(10);
    }

    private static Reply piece(String text, int tokens, String reason) {
        return Reply.json(200, """
                {"id":"c-%1$s","object":"chat.completion","created":5,"model":"m","choices":[{"index":0,"message":\
                {"role":"assistant","content":"%1$s","reasoning":null},"logprobs":null,"finish_reason":"%3$s",\
                "stop_reason":null}],"usage":{"prompt_tokens":7,"total_tokens":%2$d,"completion_tokens":%2$d}}\
                """.formatted(text, tokens, reason));
    }

    private static String longChat(String more) {
        return "{\"model\":\"m\",\"max_tokens\":10,\"min_tokens\":5" + more
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    }

    @Test
    @Tag("pd-S14")
    @DisplayName("S14: a long answer is made of pieces, each going on from the text so far, one event each")
    void piecesOfAStream() {
        decode.script(piece("one ", 4, "length"), piece("two ", 4, "length"), piece("three", 2, "length"));

        RawClient.Answer answer = chat(longChat(",\"stream\":true,\"stream_options\":{\"include_usage\":true}"));

        assertThat(answer.body()).isEqualTo("""
                data: {"id":"c-one ","object":"chat.completion.chunk","created":5,"model":"m","choices":[{"index":0,\
                "delta":{"role":"assistant","content":"one "},"logprobs":null,"finish_reason":null}]}

                data: {"id":"c-one ","object":"chat.completion.chunk","created":5,"model":"m","choices":[{"index":0,\
                "delta":{"content":"two "},"logprobs":null,"finish_reason":null}]}

                data: {"id":"c-one ","object":"chat.completion.chunk","created":5,"model":"m","choices":[{"index":0,\
                "delta":{"content":"three"},"logprobs":null,"finish_reason":"length"}]}

                data: {"id":"c-one ","object":"chat.completion.chunk","created":5,"model":"m","choices":[],"usage":\
                {"prompt_tokens":7,"total_tokens":17,"completion_tokens":10}}

                data: [DONE]

                """);
        List<JsonNode> sent = decode.requests().stream().map(SidecarIT::json).toList();
        assertThat(sent).extracting(body -> body.path("max_tokens").asInt()).containsExactly(4, 4, 2);
        assertThat(sent).extracting(body -> body.path("min_tokens").asInt(-1)).containsExactly(4, 1, -1);
        assertThat(sent)
                .allSatisfy(body -> assertThat(body.path("stream").asBoolean()).isFalse());
        assertThat(sent.getFirst().has("continue_final_message")).isFalse();
        assertThat(sent.getLast().path("continue_final_message").asBoolean()).isTrue();
        assertThat(sent.getLast().path("add_generation_prompt").asBoolean(true)).isFalse();
        assertThat(sent.getLast().path("messages"))
                .isEqualTo(
                        JsonMapper.shared()
                                .readTree(
                                        "[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"one two \"}]"));
    }

    @Test
    @Tag("pd-S14")
    @DisplayName("S14: a whole answer has the text of all pieces and the end of the last one")
    void piecesOfAWholeAnswer() {
        decode.script(piece("one ", 4, "length"), piece("two", 2, "stop"));

        JsonNode answer = JsonMapper.shared().readTree(chat(longChat("")).body());

        assertThat(answer.path("choices")
                        .path(0)
                        .path("message")
                        .path("content")
                        .asString())
                .isEqualTo("one two");
        assertThat(answer.path("choices").path(0).path("finish_reason").asString())
                .isEqualTo("stop");
        assertThat(answer.path("usage").path("completion_tokens").asInt()).isEqualTo(6);
        assertThat(answer.path("id").asString()).isEqualTo("c-one ");
        assertThat(decode.requests()).hasSize(2);
    }

    @Test
    @Tag("pd-S14")
    @DisplayName("S14: an error of a later piece is the answer, or ends the stream")
    void failedPiece() {
        decode.script(piece("one ", 4, "length"), Reply.error(400, "too long"));
        assertThat(chat(longChat("")).status()).isEqualTo(400);

        decode.script(piece("one ", 4, "length"), Reply.error(500, "x"));
        RawClient.Answer cut = chat(longChat(",\"stream\":true"));
        assertThat(cut.status()).isEqualTo(200);
        assertThat(cut.body()).contains("one ", "\"code\":\"upstream_incomplete\"");
        assertThat(decode.requests()).hasSize(4);
    }

    @ParameterizedTest
    @DisplayName("what cannot be gone on with is one request, as it came")
    @ValueSource(
            strings = {",\"tools\":[]", ",\"n\":2", ",\"logprobs\":true", ",\"response_format\":{\"type\":\"text\"}"})
    void onePiece(String more) {
        String body = longChat(more);

        assertThat(chat(body).status()).isEqualTo(200);

        assertThat(decode.requests()).hasSize(1);
        assertThat(decode.lastRequest().text()).isEqualTo(body);
    }

    @Test
    @DisplayName(
            "S14: where a coordinator's parameters go on, only the first piece names the blocks, and nothing is repeated")
    void piecesAfterAHandoff() {
        String body = longChat(",\"kv_transfer_params\":" + HANDOFF);
        try (ProfileFixture behind = new ProfileFixture(
                "sidecar",
                "gateway.sidecar.decoder=http://" + decode.hostPort(),
                "gateway.sidecar.chunk-tokens=4",
                "gateway.access.transfer-params=pass")) {
            decode.script(piece("one ", 4, "length"), piece("two", 2, "stop"));
            assertThat(behind.post(CHAT, body).status()).isEqualTo(200);
            assertThat(decode.requests().getFirst().text()).contains(HANDOFF);
            assertThat(json(decode.lastRequest()).has("kv_transfer_params")).isFalse();

            decode.script(Reply.error(500, "kv load failed"));
            assertThat(behind.post(CHAT, body).status()).isEqualTo(502);
            assertThat(decode.requests()).hasSize(3);
            behind.awaitQuiet();
        }
    }

    private static RawClient.Answer get(String path) {
        try (RawClient client = RawClient.connect(sidecar.port())) {
            return client.send("GET " + path + " HTTP/1.1\r\nhost: x\r\n\r\n").receive();
        }
    }

    @Test
    @DisplayName("a gateway of ours leaves the legs to an endpoint that is labelled as one with a sidecar")
    void behindAGateway() {
        try (GatewayFixture gateway = new GatewayFixture(0)) {
            gateway.scheduler().serve("127.0.0.1", sidecar.port());
            gateway.scheduler().label(0, Map.of("llm-d.ai/role", "decode", "llm-d.ai/routing-sidecar", "true"));
            gateway.scheduler()
                    .deciding(d -> new io.llmd.contracts.schedule.ScheduleDecision(
                            d.requestId(),
                            0,
                            d.model(),
                            "decode",
                            d.endpoints(),
                            d.prefix(),
                            Map.of("x-prefiller-host-port", prefill.hostPort()),
                            Map.of()));
            org.awaitility.Awaitility.await("the model is known through the sidecar")
                    .until(() -> gateway.models().knows("sim-8b"));

            RawClient.Answer answer = gateway.post(CHAT, STREAM);

            assertThat(answer.body()).contains("Hello").endsWith("data: [DONE]\n\n");
            assertThat(prefill.requests()).hasSize(1);
            assertThat(decode.lastRequest().text()).contains("\"kv_transfer_params\":" + HANDOFF);
            gateway.awaitQuiet();
        }
    }

    @Test
    @DisplayName("prefill legs over TLS go to endpoints whose certificate is trusted and names them, and to no others")
    void tls() throws Exception {
        TlsServer peer = TlsServer.start(folder, PREFILLED);
        try (ProfileFixture secure = new ProfileFixture(
                "sidecar",
                "gateway.sidecar.decoder=http://" + decode.hostPort(),
                "gateway.sidecar.allow=127.0.0.1:1-65535,localhost:1-65535",
                "gateway.sidecar.prefiller-tls=true",
                "gateway.sidecar.tls-bundle=peers",
                "spring.ssl.bundle.jks.peers.truststore.location=file:" + peer.store(),
                "spring.ssl.bundle.jks.peers.truststore.password=changeit",
                "spring.ssl.bundle.jks.peers.truststore.type=PKCS12")) {
            assertThat(secure.post(CHAT, BODY, "x-prefiller-host-port: 127.0.0.1:" + peer.port())
                            .header(FALLBACK))
                    .isNull();
            assertThat(peer.bodies()).hasSize(1).first().asString().contains("\"max_tokens\":1");
            assertThat(decode.lastRequest().text()).contains(HANDOFF);

            // The certificate is for the address alone.
            assertThat(secure.post(CHAT, BODY, "x-prefiller-host-port: localhost:" + peer.port())
                            .header(FALLBACK))
                    .isEqualTo("prefill-unreachable");
            assertThat(peer.bodies()).hasSize(1);
            secure.awaitQuiet();
        } finally {
            peer.close();
        }
    }
}
