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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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
                Arguments.of(
                        "B4 chunk with bare LF", 400, HEAD + "transfer-encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n"),
                Arguments.of(
                        "B4 negative chunk", 400, HEAD + "transfer-encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n"),
                Arguments.of(
                        "B4 17 hex digits",
                        400,
                        HEAD + "transfer-encoding: chunked\r\n\r\n00000000000000002\r\n{}\r\n11111111111111111\r\n"),
                Arguments.of("B5 space before colon", 400, HEAD + "x-a : b\r\ncontent-length: 2\r\n\r\n{}"),
                Arguments.of("B5 NUL in a value", 400, HEAD + "x-a: b\0c\r\ncontent-length: 2\r\n\r\n{}"),
                Arguments.of("B6 folded header", 400, HEAD + "x-a: b\r\n  c\r\ncontent-length: 2\r\n\r\n{}"),
                Arguments.of("B7 no host", 400, "POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}"),
                Arguments.of("B7 two hosts", 400, HEAD + "host: y\r\ncontent-length: 2\r\n\r\n{}"),
                Arguments.of("B8 101 headers", 431, HEAD + "a: b\r\n".repeat(99) + "\r\n"),
                Arguments.of("B8 17 KiB of headers", 431, HEAD + "x-a: " + "b".repeat(17 << 10) + "\r\n\r\n"),
                Arguments.of(
                        "B9 long request line", 414, "GET /" + "a".repeat(9 << 10) + " HTTP/1.1\r\nhost: x\r\n\r\n"));
    }

    @ParameterizedTest(name = "{0}")
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
    @CsvSource({
        "http://other.example/v1/chat/completions,404",
        "//v1/chat/completions,404",
        "/v1/../actuator/env,404",
        "/v1/%2e%2e/actuator/env,404",
        "/v1/chat/completions;jsessionid=1,404",
        "/v1%2fchat/completions,404",
        "/v1/nothing,404",
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
    void queryIsIgnored() {
        String query = "?a=1" + "&b=2".repeat(99);

        assertThat(gateway.post(CHAT + query, BODY).status()).isEqualTo(200);
        assertThat(gateway.endpoint().lastRequest().uri()).isEqualTo(CHAT);
    }

    @Test
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
    }

    @Test
    void tlsOnThePlainPortIsClosed() {
        try (RawClient client = gateway.connect()) {
            assertThat(client.send(new byte[] {0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5}).isClosedByServer())
                    .isTrue();
        }
    }

    @Test
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
    void keyAndHopByHopHeadersStayHere() {
        gateway.post(CHAT, BODY, "connection: authorization, x-private", "x-private: 1", "te: trailers", "cookie: a=b");

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
    void twoAuthorizationHeadersAre400() {
        assertThat(gateway.post(CHAT, BODY, AUTH).status()).isEqualTo(400);
    }

    @ParameterizedTest
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
    @ValueSource(strings = {"", "bad id", "\u00e9", "a,b"})
    void badRequestIdIsReplaced(String id) {
        RawClient.Answer answer = gateway.post(CHAT, BODY, "x-request-id: " + id);

        assertThat(answer.header("x-request-id")).matches("[0-9a-f-]{36}");
        assertThat(gateway.endpoint().lastRequest().header("x-request-id")).contains(answer.header("x-request-id"));
    }

    @Test
    void tooLongRequestIdIsReplaced() {
        assertThat(gateway.post(CHAT, BODY, "x-request-id: " + "a".repeat(200)).header("x-request-id"))
                .hasSize(36);
    }

    @Test
    void wellFormedTraceIsPassedOnAndAMalformedOneIsNot() {
        String good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        gateway.post(CHAT, BODY, "traceparent: " + good, "baggage: a=b");
        assertThat(gateway.endpoint().lastRequest().header("traceparent")).contains(good);
        assertThat(gateway.endpoint().lastRequest().hasHeader("baggage")).isFalse();

        gateway.post(CHAT, BODY, "traceparent: 00-" + "0".repeat(32) + "-00f067aa0ba902b7-01");
        assertThat(gateway.endpoint().lastRequest().hasHeader("traceparent")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"-5,false", "abc,false", "1e9,false", "9223372036854775808,false", "250,true"})
    void senselessObjectivesAreIgnored(String value, boolean kept) {
        gateway.post(CHAT, BODY, "x-llm-d-slo-ttft-ms: " + value);

        assertThat(gateway.scheduler().headers().getLast().containsKey("x-llm-d-slo-ttft-ms"))
                .isEqualTo(kept);
    }

    @ParameterizedTest
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
    void compressedBodyIs415() {
        assertThat(gateway.post(CHAT, BODY, "content-encoding: gzip").status()).isEqualTo(415);
    }

    @Test
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
    void announcedTooLargeBodyIs413BeforeItIsSent() {
        try (RawClient client = gateway.connect()) {
            RawClient.Answer answer =
                    client.send(HEAD + "content-length: 70000\r\n\r\n").receive();

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
