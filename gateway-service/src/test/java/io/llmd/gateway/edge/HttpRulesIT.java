package io.llmd.gateway.edge;

import static io.llmd.gateway.GatewayFixture.AUTH;
import static io.llmd.gateway.GatewayFixture.BODY;
import static io.llmd.gateway.GatewayFixture.CHAT;
import static io.llmd.gateway.GatewayFixture.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.header.LlmdHeader;
import io.llmd.gateway.GatewayFixture;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.RecordedRequest;
import io.llmd.testsupport.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** The HTTP and header rows of the bad-input catalogue, sent as raw bytes. */
class HttpRulesIT {

    private static final String HEAD = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n" + AUTH + "\r\n";

    private static GatewayFixture gateway;

    @BeforeAll
    static void start() {
        gateway = new GatewayFixture(
                1,
                "gateway.limits.body=64KB",
                "gateway.timeouts.header=300ms",
                "gateway.timeouts.body-gap=300ms",
                "gateway.access.cors-origins=https://page.example");
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @AfterEach
    void nothingIsLeft() {
        gateway.awaitQuiet();
    }

    static Stream<Arguments> brokenRequests() {
        return Stream.of(
                Arguments.of(
                        "B1 length and chunked",
                        400,
                        HEAD + "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
                Arguments.of("B2 two lengths", 400, HEAD + "content-length: 2\r\ncontent-length: 3\r\n\r\n{}x"),
                Arguments.of(
                        "B2 the same length twice", 400, HEAD + "content-length: 2\r\ncontent-length: 2\r\n\r\n{}"),
                Arguments.of("B3 unknown coding", 400, HEAD + "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n"),
                Arguments.of("B3 coding list", 400, HEAD + "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
                Arguments.of("B3 coding with tab", 400, HEAD + "transfer-encoding: \tchunked\tx\r\n\r\n0\r\n\r\n"),
                Arguments.of("B3 folded coding", 400, HEAD + "transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
                Arguments.of(
                        "B4 chunk with bare LF", 400, HEAD + "transfer-encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n"),
                Arguments.of(
                        "B4 chunk extension with bare LF",
                        400,
                        HEAD + "transfer-encoding: chunked\r\n\r\n2;a=\nb\r\n{}\r\n0\r\n\r\n"),
                Arguments.of(
                        "B4 quoted chunk extension with CR LF",
                        400,
                        HEAD + "transfer-encoding: chunked\r\n\r\n2;a=\"\r\n\"\r\n{}\r\n0\r\n\r\n"),
                Arguments.of(
                        "B4 negative chunk", 400, HEAD + "transfer-encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n"),
                Arguments.of(
                        "B4 17 hex digits",
                        400,
                        HEAD + "transfer-encoding: chunked\r\n\r\n00000000000000002\r\n{}\r\n11111111111111111\r\n"),
                Arguments.of("B5 space before colon", 400, HEAD + "x-a : b\r\ncontent-length: 2\r\n\r\n{}"),
                Arguments.of("B5 NUL in a value", 400, HEAD + "x-a: b\0c\r\ncontent-length: 2\r\n\r\n{}"),
                Arguments.of("B5 CR in a value", 400, HEAD + "x-a: b\rc\r\ncontent-length: 2\r\n\r\n{}"),
                Arguments.of("B6 folded header", 400, HEAD + "x-a: b\r\n  c\r\ncontent-length: 2\r\n\r\n{}"),
                Arguments.of("B7 no host", 400, "POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}"),
                Arguments.of("B7 two hosts", 400, HEAD + "host: y\r\ncontent-length: 2\r\n\r\n{}"),
                Arguments.of("B8 101 headers", 431, HEAD + "a: b\r\n".repeat(99) + "\r\n"),
                Arguments.of("B8 17 KiB of headers", 431, HEAD + "x-a: " + "b".repeat(17 << 10) + "\r\n\r\n"),
                Arguments.of(
                        "B9 long request line", 414, "GET /" + "a".repeat(9 << 10) + " HTTP/1.1\r\nhost: x\r\n\r\n"));
    }

    @ParameterizedTest(name = "{0}")
    @Tag("bad-input-B1")
    @Tag("bad-input-B2")
    @Tag("bad-input-B3")
    @Tag("bad-input-B4")
    @Tag("bad-input-B5")
    @Tag("bad-input-B6")
    @Tag("bad-input-B7")
    @Tag("bad-input-B8")
    @Tag("bad-input-B9")
    @MethodSource("brokenRequests")
    void brokenHttpIsRefusedAndTheConnectionClosed(String row, int status, String bytes) {
        int before = gateway.endpoint().requests().size();
        try (RawClient client = gateway.connect()) {
            RawClient.Answer answer = client.send(bytes).receive();

            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.header("content-type")).isEqualTo("application/json");
            assertThat(answer.header("x-request-id")).isNotBlank();
            assertThat(answer.body()).contains("\"error\"");
            assertThat(client.isClosedByServer()).isTrue();
        }
        assertThat(gateway.endpoint().requests()).hasSize(before);
    }

    @ParameterizedTest
    @Tag("bad-input-B10")
    @CsvSource({"FOO,405", "TRACE,405", "GET,405"})
    void otherMethodsOnAnInferenceRouteAre405(String method, int status) {
        try (RawClient client = gateway.connect()) {
            RawClient.Answer answer = client.send(method + " " + CHAT + " HTTP/1.1\r\nhost: x\r\n\r\n")
                    .receive();

            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.header("allow")).contains("POST");
        }
    }

    @ParameterizedTest
    @Tag("bad-input-B11")
    @Tag("bad-input-B12")
    @Tag("bad-input-B67")
    @CsvSource({
        "http://other.example/v1/chat/completions,404",
        "//v1/chat/completions,404",
        "/v1/../actuator/env,404",
        "/v1/%2e%2e/actuator/env,404",
        "/v1/chat/completions;jsessionid=1,404",
        "/v1%2fchat/completions,404",
        "/v1/nothing,404",
        "/v1/responses/../keys,404",
        "/v1/responses/..%2fkeys,404",
        "/v1/conversations/%2e%2e/keys,404",
        "/actuator/health,404",
        "/v1/%zz,400",
        "/v1/%ff,400",
        "/v1/%,400"
    })
    void strangePathsReachNothing(String target, int status) {
        try (RawClient client = gateway.connect()) {
            RawClient.Answer answer = client.send("GET " + target + " HTTP/1.1\r\nhost: x\r\n" + AUTH + "\r\n\r\n")
                    .receive();

            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.body()).contains(status == 404 ? "unknown_url" : "invalid_http");
            assertThat(answer.header("x-request-id")).isNotBlank();
        }
    }

    @Test
    @Tag("bad-input-B13")
    void queryIsIgnored() {
        String query = "?a=1" + "&b=2".repeat(99);

        assertThat(gateway.post(CHAT + query, BODY).status()).isEqualTo(200);
        assertThat(gateway.endpoint().lastRequest().uri()).isEqualTo(CHAT);
    }

    @Test
    @Tag("bad-input-B14")
    void pipelinedRequestsAreAnsweredInOrder() {
        gateway.endpoint().script(Reply.chat("first").delay(Duration.ofMillis(100)), Reply.chat("second"));
        String health = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
        String unknown = "GET /nothing/here HTTP/1.1\r\nhost: x\r\n\r\n";
        try (RawClient client = gateway.connect()) {
            client.send(
                    RawClient.post(CHAT, BODY, AUTH) + unknown + health + RawClient.post(CHAT, BODY, AUTH) + unknown);

            assertThat(client.receive().body()).contains("first");
            assertThat(client.receive().status()).isEqualTo(404);
            assertThat(client.receive().body()).contains("ok");
            assertThat(client.receive().body()).contains("second");
            assertThat(client.receive().body()).contains("unknown_url");
        }
    }

    @Test
    @Tag("bad-input-B15")
    void upgradeIsIgnored() {
        assertThat(gateway.post(
                                CHAT,
                                BODY,
                                "connection: upgrade, http2-settings",
                                "upgrade: h2c",
                                "http2-settings: AAM")
                        .status())
                .isEqualTo(200);
        assertThat(gateway.endpoint().lastRequest().hasHeader("upgrade")).isFalse();

        assertThat(gateway.post(
                                CHAT,
                                BODY,
                                "connection: upgrade",
                                "upgrade: websocket",
                                "sec-websocket-version: 13",
                                "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==")
                        .status())
                .isEqualTo(200);
        assertThat(gateway.endpoint().lastRequest().hasHeader("upgrade")).isFalse();
    }

    @Test
    void tlsOnThePlainPortIsClosed() {
        try (RawClient client = gateway.connect()) {
            assertThat(client.send(new byte[] {0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5}).isClosedByServer())
                    .isTrue();
        }
    }

    @Test
    @Tag("bad-input-B18")
    @Tag("bad-input-B19")
    void spoofedHeadersNeverReachTheEndpointNorTheScheduler() {
        List<String> lines = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (LlmdHeader header : LlmdHeader.values()) {
            if (header.access() != LlmdHeader.Access.CLIENT) {
                names.add(header.wireName());
                names.addAll(header.aliases());
            }
        }
        names.addAll(List.of("x-envoy-original-path", "forwarded", "x-forwarded-for", "x-real-ip"));
        for (String name : List.copyOf(names)) {
            names.add(name.replace('-', '_'));
        }
        names.forEach(name -> lines.add(name + ": 169.254.169.254:80"));

        RawClient.Answer answer = gateway.post(CHAT, BODY, lines.toArray(String[]::new));

        assertThat(answer.status()).isEqualTo(200);
        RecordedRequest seen = gateway.endpoint().lastRequest();
        assertThat(seen.headers()).noneMatch(h -> h.getValue().contains("169.254"));
        assertThat(gateway.scheduler().headers().getLast().values()).noneMatch(v -> v.contains("169.254"));
        assertThat(gateway.scheduler().headers().getLast())
                .containsEntry("x-llmd-key-id", "demo")
                .containsEntry("x-llmd-tenant", "demo")
                .doesNotContainKey("x-llm-d-inference-fairness-id");
    }

    @Test
    @Tag("bad-input-B18")
    void headersWithUnderscoresAreNotTakenForThoseWithDashes() {
        RawClient.Answer answer = gateway.post(CHAT, BODY, "x_request_id: mine", "content_type: text/plain");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("x-request-id")).hasSize(36);
        RecordedRequest seen = gateway.endpoint().lastRequest();
        assertThat(seen.headers()).noneMatch(header -> header.getKey().contains("_"));
        assertThat(gateway.scheduler().headers().getLast().keySet()).noneMatch(name -> name.contains("_"));
    }

    @Test
    @Tag("bad-input-B20")
    void keyAndHopByHopHeadersStayHere() {
        RawClient.Answer answer = gateway.post(
                CHAT, BODY, "connection: authorization, x-private", "x-private: 1", "te: trailers", "cookie: a=b");

        assertThat(answer.status()).isEqualTo(200);
        RecordedRequest seen = gateway.endpoint().lastRequest();
        assertThat(seen.hasHeader("authorization")).isFalse();
        assertThat(seen.hasHeader("x-private")).isFalse();
        assertThat(seen.hasHeader("te")).isFalse();
        assertThat(seen.hasHeader("cookie")).isFalse();
        assertThat(gateway.scheduler().headers().getLast()).doesNotContainKey("authorization");
    }

    @Test
    void cookiesReachTheSchedulerAndNoEndpoint() {
        gateway.post(CHAT, BODY, "cookie: a=b", "cookie: session=c");

        assertThat(gateway.endpoint().lastRequest().hasHeader("cookie")).isFalse();
        assertThat(gateway.scheduler().headers().getLast()).containsEntry("cookie", "a=b; session=c");
    }

    @Test
    void controlHeadersOfTrustedProxiesReachTheSchedulerAndNoEndpoint() {
        try (GatewayFixture trusting = new GatewayFixture(1, "gateway.access.trusted-proxies=127.0.0.0/8")) {
            trusting.post(CHAT, BODY, "epp-profile: prefill", "x-gateway-inference-objective: urgent");

            assertThat(trusting.endpoint().lastRequest().hasHeader("epp-profile"))
                    .isFalse();
            assertThat(trusting.endpoint().lastRequest().hasHeader("x-gateway-inference-objective"))
                    .isFalse();
            assertThat(trusting.scheduler().headers().getLast())
                    .containsEntry("epp-profile", "prefill")
                    .containsEntry("x-gateway-inference-objective", "urgent");
        }
    }

    @Test
    @DisplayName(
            "F7: blocks that a trusted proxy names are fetched by one endpoint, and token ids are for the scheduler")
    void transferParametersOfTrustedProxiesGoOnOnce() {
        try (GatewayFixture trusting = new GatewayFixture(
                2, "gateway.access.trusted-proxies=127.0.0.0/8", "gateway.access.transfer-params=trusted")) {
            String tokens = "\"tokens\":{\"token_ids\":[1,2]},";
            String made = "{\"kv_transfer_params\":{\"do_remote_decode\":true}," + tokens + BODY.substring(1);
            String used = "{\"kv_transfer_params\":{\"do_remote_prefill\":true}," + BODY.substring(1);
            trusting.endpoint(0).script(Reply.error(500, "x"), Reply.error(500, "x"));
            trusting.endpoint(1).script(Reply.error(500, "x"), Reply.error(500, "x"));

            assertThat(trusting.post(CHAT, used).status()).isEqualTo(502);
            assertThat(trusting.endpoint(0).requests().size()
                            + trusting.endpoint(1).requests().size())
                    .isEqualTo(1);
            trusting.post(CHAT, made);
            assertThat(trusting.endpoint(0).requests().size()
                            + trusting.endpoint(1).requests().size())
                    .isEqualTo(3);
            assertThat(trusting.endpoint(1).lastRequest().text()).isEqualTo(made.replace(tokens, ""));
            assertThat(trusting.scheduler().bodies().getLast()).isEqualTo(made);
        }
        gateway.post(CHAT, "{\"tokens\":{\"token_ids\":[1]}," + BODY.substring(1));
        assertThat(gateway.endpoint().lastRequest().text()).isEqualTo(BODY);
        assertThat(gateway.scheduler().bodies().getLast()).isEqualTo(BODY);
    }

    @Test
    void refusedExpectationClosesTheConnectionAsItsBodyMayNeverCome() {
        try (RawClient client = gateway.connect()) {
            RawClient.Answer answer = client.send("POST " + CHAT
                            + " HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
                    .receive();

            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.header("connection")).isEqualTo("close");
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    @Tag("bad-input-B21")
    void twoAuthorizationHeadersAre400() {
        RawClient.Answer answer = gateway.post(CHAT, BODY, AUTH);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body()).contains("\"type\":\"invalid_request_error\"");
    }

    @ParameterizedTest
    @Tag("bad-input-B22")
    @ValueSource(
            strings = {
                "authorization: Basic abc",
                "authorization: Bearer ",
                "authorization: Bearer wrong",
                "x-nothing: 1"
            })
    void wrongKeysAre401(String line) {
        try (RawClient client = gateway.connect()) {
            RawClient.Answer answer =
                    client.send(RawClient.post(CHAT, BODY, line)).receive();

            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.header("www-authenticate")).isEqualTo("Bearer");
        }
    }

    @Test
    @Tag("bad-input-B22")
    void keysThatNobodyCanHaveAreRefused() throws Exception {
        try (RawClient client = gateway.connect()) {
            String tooLong = RawClient.post(CHAT, BODY, "authorization: Bearer " + "k".repeat(10 << 10));
            String notAscii = RawClient.post(CHAT, BODY, "authorization: Bearer sk-ö");

            assertThat(client.send(tooLong).receive().status()).isEqualTo(431);
            assertThat(client.send(notAscii).receive().status()).isEqualTo(401);
        }
    }

    @Test
    void refusedKeyWithALargeBodyOnTheWayClosesTheConnection() {
        try (RawClient client = gateway.connect()) {
            RawClient.Answer answer = client.send(
                            "POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ncontent-length: 10000000\r\n\r\n{")
                    .receive();

            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.header("connection")).isEqualTo("close");
        }
    }

    @ParameterizedTest
    @Tag("bad-input-B23")
    @ValueSource(strings = {"", "bad id", "\u00e9", "a,b"})
    void badRequestIdIsReplaced(String id) {
        RawClient.Answer answer = gateway.post(CHAT, BODY, "x-request-id: " + id);

        assertThat(answer.header("x-request-id")).matches("[0-9a-f-]{36}");
        assertThat(gateway.endpoint().lastRequest().header("x-request-id")).contains(answer.header("x-request-id"));
    }

    @Test
    @Tag("bad-input-B23")
    @ExtendWith(OutputCaptureExtension.class)
    void tooLongRequestIdIsReplacedAndNotLogged(CapturedOutput output) {
        String id = "do-not-log-me-" + "a".repeat(186);

        assertThat(gateway.post(CHAT, BODY, "x-request-id: " + id).header("x-request-id"))
                .hasSize(36);
        assertThat(gateway.post(CHAT, "{", "x-request-id: " + id).header("x-request-id"))
                .hasSize(36);
        assertThat(output).doesNotContain("do-not-log-me");
    }

    @Test
    @Tag("bad-input-B23")
    void lineBreakInARequestIdBeginsAnotherHeader() {
        RawClient.Answer answer =
                gateway.post(CHAT, BODY, "x-request-id: my-id\r\nx-gateway-destination-endpoint: 1.2.3.4:5");

        assertThat(answer.header("x-request-id")).isEqualTo("my-id");
        assertThat(gateway.endpoint().lastRequest().hasHeader("x-gateway-destination-endpoint"))
                .isFalse();
    }

    @Test
    @Tag("bad-input-B24")
    void wellFormedTraceIsPassedOnAndAMalformedOneIsNot() {
        String good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        gateway.post(CHAT, BODY, "traceparent: " + good, "baggage: a=b");
        assertThat(gateway.endpoint().lastRequest().header("traceparent")).contains(good.replace("-01", "-00"));
        assertThat(gateway.endpoint().lastRequest().hasHeader("baggage")).isFalse();

        for (String bad : List.of(
                "00-" + "0".repeat(32) + "-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0".repeat(16) + "-01",
                "nonsense")) {
            gateway.post(CHAT, BODY, "traceparent: " + bad, "tracestate: a=b");
            assertThat(gateway.endpoint().lastRequest().hasHeader("traceparent"))
                    .isFalse();
            assertThat(gateway.endpoint().lastRequest().hasHeader("tracestate")).isFalse();
        }
    }

    @Test
    void onlyATrustedProxyHasItsRequestsTraced() {
        String sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03";
        gateway.post(CHAT, BODY, "traceparent: " + sampled);
        assertThat(gateway.endpoint().lastRequest().header("traceparent"))
                .contains("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02");

        try (GatewayFixture trusting = new GatewayFixture(1, "gateway.access.trusted-proxies=127.0.0.0/8")) {
            trusting.post(CHAT, BODY, "traceparent: " + sampled);
            assertThat(trusting.endpoint().lastRequest().header("traceparent")).contains(sampled);
        }
    }

    @Test
    @Tag("bad-input-B24")
    void tooMuchTraceStateAndBaggageIsDropped() {
        String good = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        String baggage = "baggage: k=v" + ",k=v".repeat(99);
        RawClient.Answer answer = gateway.post(CHAT, BODY, good, "tracestate: a=" + "b".repeat(10 << 10), baggage);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(gateway.endpoint().lastRequest().hasHeader("tracestate")).isFalse();
        assertThat(gateway.endpoint().lastRequest().hasHeader("baggage")).isFalse();
        assertThat(gateway.post(CHAT, BODY, good, "tracestate: a=" + "b".repeat(64 << 10))
                        .status())
                .as("more than all headers together may have")
                .isEqualTo(431);
    }

    @ParameterizedTest
    @Tag("bad-input-B25")
    @CsvSource({"-5,false", "abc,false", "1e9,false", "9223372036854775808,false", "250,true"})
    void senselessObjectivesAreIgnored(String value, boolean kept) {
        gateway.post(CHAT, BODY, "x-llm-d-slo-ttft-ms: " + value);

        assertThat(gateway.scheduler().headers().getLast().containsKey("x-llm-d-slo-ttft-ms"))
                .isEqualTo(kept);
    }

    @ParameterizedTest
    @Tag("bad-input-B26")
    @CsvSource({
        "text/plain,415",
        "application/xml,415",
        "application/json; charset=utf-16,415",
        "application/json; charset=UTF-8,200"
    })
    void contentTypeHasToBeJson(String type, int status) {
        try (RawClient client = gateway.connect()) {
            String request =
                    RawClient.post(CHAT, BODY, AUTH).replace("content-type: application/json", "content-type: " + type);

            assertThat(client.send(request).receive().status()).isEqualTo(status);
        }
    }

    @Test
    @Tag("bad-input-B26")
    void bodyWithoutATypeIsTakenForJson() {
        try (RawClient client = gateway.connect()) {
            String request = RawClient.post(CHAT, BODY, AUTH).replace("content-type: application/json\r\n", "");

            assertThat(client.send(request).receive().status()).isEqualTo(200);
            assertThat(client.send(request.replace("{\"model\"", "<\"model\""))
                            .receive()
                            .status())
                    .isIn(400, 415);
        }
    }

    @ParameterizedTest
    @Tag("bad-input-B27")
    @ValueSource(strings = {"text/event-stream", "image/png"})
    void theBodyAndNotTheAcceptHeaderDecidesAboutStreams(String accept) {
        RawClient.Answer answer = gateway.post(CHAT, BODY, "accept: " + accept);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("content-type")).isEqualTo("application/json");
    }

    @Test
    @Tag("bad-input-B39")
    void bodiesUpToTheLimitAreTaken() {
        for (int size : new int[] {(64 << 10) - 1, 64 << 10, (64 << 10) + 1}) {
            String body = BODY + " ".repeat(size - BODY.length());
            int status = size > 64 << 10 ? 413 : 200;
            try (RawClient client = gateway.connect()) {
                assertThat(client.send(RawClient.post(CHAT, body, AUTH))
                                .receive()
                                .status())
                        .isEqualTo(status);
            }
            try (RawClient client = gateway.connect()) {
                client.send(HEAD + "transfer-encoding: chunked\r\n\r\n" + Integer.toHexString(size) + "\r\n" + body
                        + "\r\n0\r\n\r\n");
                assertThat(client.receive().status()).isEqualTo(status);
            }
        }
    }

    @Test
    void compressedBodyIs415() {
        assertThat(gateway.post(CHAT, BODY, "content-encoding: gzip").status()).isEqualTo(415);
    }

    @Test
    @Tag("bad-input-B28")
    void preflightOfAForeignPageIs403AndOfAKnownPage204() {
        String preflight = "OPTIONS " + CHAT + " HTTP/1.1\r\nhost: x\r\norigin: %s\r\n"
                + "access-control-request-method: POST\r\naccess-control-request-headers: x-stainless-os\r\n\r\n";
        try (RawClient client = gateway.connect()) {
            RawClient.Answer foreign =
                    client.send(preflight.formatted("https://evil.example")).receive();
            RawClient.Answer known =
                    client.send(preflight.formatted("https://page.example")).receive();

            assertThat(foreign.status()).isEqualTo(403);
            assertThat(foreign.header("access-control-allow-origin")).isNull();
            assertThat(known.status()).isEqualTo(204);
            assertThat(known.header("access-control-allow-headers")).isEqualTo("x-stainless-os");
            assertThat(known.header("vary")).contains("origin");
        }
    }

    @Test
    void expectContinueIsAnsweredBeforeTheBody() throws Exception {
        try (RawClient client = gateway.connect()) {
            client.send(HEAD + "expect: 100-continue\r\ncontent-length: " + BODY.length() + "\r\n\r\n");
            assertThat(client.receiveHead().status()).isEqualTo(100);

            assertThat(client.send(BODY).receive().status()).isEqualTo(200);
        }
    }

    @Test
    @Tag("bad-input-B40")
    void announcedTooLargeBodyIs413BeforeItIsSent() {
        try (RawClient client = gateway.connect()) {
            RawClient.Answer answer =
                    client.send(HEAD + "content-length: 1073741824\r\n\r\n").receive();

            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.header("connection")).isEqualTo("close");
        }
    }

    @Test
    void chunkedBodyIs413AsSoonAsTheLimitIsCrossed() {
        try (RawClient client = gateway.connect()) {
            client.send(HEAD + "transfer-encoding: chunked\r\n\r\n");
            client.send("4000\r\n" + "x".repeat(0x4000) + "\r\n");
            client.send(("4000\r\n" + "x".repeat(0x4000) + "\r\n").repeat(4));

            assertThat(client.receive().status()).isEqualTo(413);
        }
    }

    @Test
    void chunkedBodyIsForwardedWithItsLength() {
        try (RawClient client = gateway.connect()) {
            String first = BODY.substring(0, 10);
            String rest = BODY.substring(10);
            client.send(HEAD + "transfer-encoding: chunked\r\n\r\na\r\n" + first + "\r\n")
                    .send(Integer.toHexString(rest.length()) + "\r\n" + rest + "\r\n0\r\n\r\n");

            assertThat(client.receive().status()).isEqualTo(200);
            assertThat(gateway.endpoint().lastRequest().text()).isEqualTo(BODY);
            assertThat(gateway.endpoint().lastRequest().hasHeader("transfer-encoding"))
                    .isFalse();
        }
    }

    @Test
    void slowHeadIs408() {
        try (RawClient client = gateway.connect()) {
            RawClient.Answer answer = client.send("POST /v1/chat/comp").receive();

            assertThat(answer.status()).isEqualTo(408);
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    @Tag("bad-input-B41")
    void slowBodyIs408() {
        try (RawClient client = gateway.connect()) {
            RawClient.Answer answer =
                    client.send(HEAD + "content-length: 100\r\n\r\n{").receive();

            assertThat(answer.status()).isEqualTo(408);
            assertThat(answer.body()).contains("request_timeout");
            assertThat(client.isClosedByServer()).isTrue();
        }
    }

    @Test
    @Tag("bad-input-B30")
    void brokenJsonIs400AndTheConnectionGoesOn() {
        try (RawClient client = gateway.connect()) {
            assertThat(client.send(RawClient.post(CHAT, "{", AUTH)).receive().body())
                    .contains("invalid_json");
            assertThat(client.send(RawClient.post(CHAT, BODY, AUTH)).receive().status())
                    .isEqualTo(200);
        }
    }

    @Test
    void unknownModelIs404() {
        RawClient.Answer answer = gateway.post(CHAT, BODY.replace("sim-8b", "gpt-x"));

        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.body()).contains("model_not_found");
    }

    @Test
    void modelsAreListedWithAndWithoutVersionForValidKeysOnly() {
        String get = "GET %s HTTP/1.1\r\nhost: x\r\n%s\r\n\r\n";
        try (RawClient client = gateway.connect()) {
            for (String path : List.of("/v1/models", "/models", "/v1/models/")) {
                assertThat(client.send(get.formatted(path, AUTH)).receive().body())
                        .contains("\"sim-8b\"");
            }
            assertThat(client.send(get.formatted("/v1/models/sim-8b", AUTH))
                            .receive()
                            .body())
                    .contains("\"object\":\"model\"");
            assertThat(client.send(get.formatted("/v1/models/nope", AUTH))
                            .receive()
                            .status())
                    .isEqualTo(404);
            assertThat(client.send(get.formatted("/v1/models", "x-a: 1"))
                            .receive()
                            .status())
                    .isEqualTo(401);
            assertThat(client.send(get.formatted("/health", "x-a: 1")).receive().status())
                    .isEqualTo(200);
        }
    }

    @Test
    void routesAreServedWithoutVersionAndWithTrailingSlash() {
        assertThat(gateway.post("/chat/completions", BODY).status()).isEqualTo(200);
        assertThat(gateway.post(CHAT + "/", STREAM).body()).endsWith("data: [DONE]\n\n");
        assertThat(gateway.endpoint().lastRequest().uri()).isEqualTo(CHAT);
    }
}
