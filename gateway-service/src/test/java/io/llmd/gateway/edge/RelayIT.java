package io.llmd.gateway.edge;

import static io.llmd.gateway.GatewayFixture.AUTH;
import static io.llmd.gateway.GatewayFixture.BODY;
import static io.llmd.gateway.GatewayFixture.CHAT;
import static io.llmd.gateway.GatewayFixture.STREAM;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.ScheduleDecision;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.gateway.GatewayFixture;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.Reply;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RelayIT {

    private static GatewayFixture gateway;

    @BeforeAll
    static void start() {
        gateway = new GatewayFixture(1);
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @BeforeEach
    void plainDecisions() {
        gateway.scheduler().deciding(decision -> decision);
    }

    @AfterEach
    void nothingIsLeft() {
        gateway.awaitQuiet();
    }

    @Test
    void answerIsRelayedAndItsUsageReported() {
        gateway.endpoint().script(Reply.chat("Hello"));

        RawClient.Answer answer = gateway.post(CHAT, BODY, "x-request-id: my-id-1");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).contains("\"content\":\"Hello\"");
        assertThat(answer.header("content-type")).isEqualTo("application/json");
        assertThat(answer.header("x-request-id")).isEqualTo("my-id-1");
        assertThat(gateway.endpoint().lastRequest().text()).isEqualTo(BODY);
        assertThat(gateway.endpoint().lastRequest().header("x-request-id")).contains("my-id-1");
        var ended = gateway.scheduler().ended().getLast();
        assertThat(ended.cause()).isEqualTo(Cause.NATURAL);
        assertThat(ended.usage()).isEqualTo(new TokenUsage(7, 3, -1));
        assertThat(ended.timeToFirstTokenMicros()).isPositive();
    }

    @Test
    void streamIsRelayedEventByEvent() throws Exception {
        gateway.endpoint().script(Reply.stream("a", "b", "c").gap(Duration.ofMillis(50)));
        try (RawClient client = gateway.connect()) {
            client.send(RawClient.post(CHAT, STREAM, AUTH));
            RawClient.Answer head = client.receiveHead();
            client.line();
            String firstEvent = client.line();

            assertThat(head.header("content-type")).startsWith("text/event-stream");
            assertThat(firstEvent).startsWith("data: ").contains("\"content\":\"a\"");
            assertThat(gateway.endpoint().lastRequest().isAnswered()).isFalse();
        }
    }

    @Test
    void wholeStreamArrivesByteForByte() {
        gateway.endpoint().script(Reply.stream("a", "ü", "\\u00e9", "d"));

        RawClient.Answer answer = gateway.post(CHAT, STREAM);

        assertThat(answer.complete()).isTrue();
        assertThat(answer.body())
                .contains("\"content\":\"a\"", "\"content\":\"ü\"", "\"content\":\"\\u00e9\"")
                .endsWith("data: [DONE]\n\n");
        assertThat(gateway.scheduler().reports().reversed().stream().limit(2))
                .extracting(r -> r.phase())
                .containsExactly(Phase.ENDED, Phase.STARTED);
    }

    @Test
    void connectionsAreReusedOnBothSides() {
        try (RawClient client = gateway.connect()) {
            for (int i = 0; i < 5; i++) {
                assertThat(client.send(RawClient.post(CHAT, BODY, AUTH))
                                .receive()
                                .status())
                        .isEqualTo(200);
            }
        }
        var requests = gateway.endpoint().requests().reversed();
        assertThat(requests.get(0).connection()).isEqualTo(requests.get(3).connection());
    }

    @Test
    void decisionRenamesTheModelAndAddsHeaders() {
        gateway.scheduler()
                .deciding(d -> new ScheduleDecision(
                        d.requestId(),
                        0,
                        "adapter-1",
                        "default",
                        d.endpoints(),
                        d.prefix(),
                        Map.of("x-data-parallel-host-port", "127.0.0.1:9"),
                        Map.of("x-session-token", "abc")));

        RawClient.Answer answer = gateway.chat();

        assertThat(gateway.endpoint().lastRequest().text()).isEqualTo(BODY.replace("sim-8b", "adapter-1"));
        assertThat(gateway.endpoint().lastRequest().header("x-data-parallel-host-port"))
                .contains("127.0.0.1:9");
        assertThat(gateway.endpoint().lastRequest().header("content-length"))
                .contains(Integer.toString(BODY.length() + "adapter-1".length() - "sim-8b".length()));
        assertThat(answer.header("x-session-token")).isEqualTo("abc");
        assertThat(answer.header("x-gateway-destination-endpoint-served")).isNull();
    }

    @Test
    void answersNameTheModelThatTheClientAskedFor() {
        gateway.scheduler()
                .deciding(d -> new ScheduleDecision(
                        d.requestId(), 0, "adapter-1", "default", d.endpoints(), d.prefix(), Map.of(), Map.of()));
        gateway.endpoint()
                .script(
                        Reply.json(200, "{\"id\":\"1\",\"model\":\"adapter-1\",\"choices\":[]}"),
                        Reply.events(
                                3,
                                i -> (i == 2
                                                ? "data: [DONE]\n\n"
                                                : "data: {\"model\":\"adapter-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n")
                                        .getBytes(StandardCharsets.UTF_8)));

        assertThat(gateway.chat().body()).isEqualTo("{\"id\":\"1\",\"model\":\"sim-8b\",\"choices\":[]}");
        assertThat(gateway.post(CHAT, STREAM).body())
                .doesNotContain("adapter-1")
                .containsOnlyOnce("[DONE]")
                .contains("data: {\"model\":\"sim-8b\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n");
    }

    @Test
    void endpointErrorOfTheClientIsRelayedWithoutExtras() {
        gateway.endpoint()
                .script(
                        Reply.json(
                                422,
                                "{\"error\":{\"message\":\"no\",\"type\":\"BadRequest\",\"param\":\"n\",\"code\":422,\"host\":\"10.0.0.1\"}}"));

        RawClient.Answer answer = gateway.chat();

        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.body())
                .isEqualTo("{\"error\":{\"message\":\"no\",\"type\":\"BadRequest\",\"param\":\"n\",\"code\":422}}");
    }

    @Test
    void jsonAnswerToAStreamRequestIsRelayedAsJson() {
        gateway.endpoint().script(Reply.chat("plain"));

        RawClient.Answer answer = gateway.post(CHAT, STREAM);

        assertThat(answer.header("content-type")).isEqualTo("application/json");
        assertThat(answer.body()).contains("plain");
    }

    @Test
    void streamWithoutContentTypeIsStillAStream() {
        gateway.endpoint().script(Reply.stream("x").withoutHeader("content-type"));

        RawClient.Answer answer = gateway.post(CHAT, STREAM);

        assertThat(answer.header("content-type")).isEqualTo("text/event-stream");
        assertThat(answer.body()).endsWith("data: [DONE]\n\n");
    }

    @Test
    void largeAnswerFlowsThrough() {
        String text = "x".repeat(1_000_000);
        gateway.endpoint().script(Reply.chat(text));

        RawClient.Answer answer = gateway.chat();

        assertThat(answer.complete()).isTrue();
        assertThat(answer.body()).contains(text);
        assertThat(gateway.scheduler().ended().getLast().usage().completionTokens())
                .isEqualTo(3);
    }

    @Test
    void oldClientWithoutChunksGetsTheStreamUpToTheEndOfTheConnection() {
        try (RawClient client = gateway.connect()) {
            RawClient.Answer answer = client.send(
                            RawClient.post(CHAT, STREAM, AUTH).replace("HTTP/1.1", "HTTP/1.0"))
                    .receive();

            assertThat(answer.header("transfer-encoding")).isNull();
            assertThat(answer.header("connection")).isEqualTo("close");
            assertThat(answer.body()).endsWith("data: [DONE]\n\n");
        }
    }
}
