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
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
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
    @Tag("bad-input-B38")
    @Tag("bad-input-B42")
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
    @Tag("bad-input-B68")
    void wholeStreamArrivesByteForByte() {
        gateway.endpoint().script(Reply.stream("a", "ü", "\\u00e9", "\\n\\ndata: [DONE]\\n\\n", "d"));

        RawClient.Answer answer = gateway.post(CHAT, STREAM);

        assertThat(answer.complete()).isTrue();
        assertThat(answer.body())
                .contains("\"content\":\"a\"", "\"content\":\"ü\"", "\"content\":\"\\u00e9\"")
                .contains("\"content\":\"\\n\\ndata: [DONE]\\n\\n\"", "\"content\":\"d\"")
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
    @Tag("fault-F25")
    void jsonAnswerToAStreamRequestIsRelayedAsJson() {
        double before = oddAnswers("mode");
        gateway.endpoint().script(Reply.chat("plain"));

        RawClient.Answer answer = gateway.post(CHAT, STREAM);

        assertThat(answer.header("content-type")).isEqualTo("application/json");
        assertThat(answer.body()).contains("plain");
        assertThat(oddAnswers("mode")).isEqualTo(before + 1);
        assertThat(gateway.scheduler().ended().getLast().usage()).isEqualTo(new TokenUsage(7, 3, -1));
    }

    @Test
    @Tag("bad-input-B77")
    void streamWithoutContentTypeIsStillAStream() {
        gateway.endpoint().script(Reply.stream("x").withoutHeader("content-type"));

        RawClient.Answer answer = gateway.post(CHAT, STREAM);

        assertThat(answer.header("content-type")).isEqualTo("text/event-stream");
        assertThat(answer.body()).endsWith("data: [DONE]\n\n");
    }

    @Test
    @Tag("bad-input-B77")
    void streamOfAnotherContentTypeIsReadAsAStream() {
        gateway.endpoint().script(Reply.stream("x").header("content-type", "text/plain"));

        assertThat(gateway.post(CHAT, STREAM).body()).endsWith("data: [DONE]\n\n");
        assertThat(gateway.scheduler().ended().getLast().usage()).isEqualTo(new TokenUsage(7, 1, -1));
    }

    @Test
    @Tag("bad-input-B72")
    @Tag("bad-input-B73")
    @Tag("bad-input-B74")
    @Tag("bad-input-B75")
    void whatNobodyReadsIsRelayedAsItIs() {
        byte[] invalid = {'d', 'a', 't', 'a', ':', ' ', '"', (byte) 0xff, '"', '\n', '\n'};
        List<byte[]> events = List.of(
                utf8("data: {\"choices\":null}\n\n"),
                utf8("data: {\"x\":1}\n\n"),
                utf8("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tired\"}]}\n\n"),
                utf8("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":\"7\",\"completion_tokens\":2.5}}\n\n"),
                utf8(": note\n".repeat(10_000)),
                utf8("data: {broken\n\n"),
                invalid,
                utf8("data: [DONE]\n\n"));
        double usagesBefore = oddAnswers("usage");
        double eventsBefore = oddAnswers("event");
        gateway.endpoint().script(Reply.events(events.size(), events::get));
        try (RawClient client = gateway.connect()) {
            RawClient.Answer answer =
                    client.send(RawClient.post(CHAT, STREAM, AUTH)).receive();

            assertThat(answer.complete()).isTrue();
            assertThat(answer.body())
                    .isEqualTo(events.stream()
                            .map(event -> new String(event, StandardCharsets.UTF_8))
                            .collect(Collectors.joining()));
        }
        assertThat(gateway.scheduler().ended().getLast().cause()).isEqualTo(Cause.NATURAL);
        assertThat(gateway.scheduler().ended().getLast().usage()).isEqualTo(new TokenUsage(7, -1, -1));
        assertThat(oddAnswers("usage")).isEqualTo(usagesBefore + 1);
        assertThat(oddAnswers("event")).isEqualTo(eventsBefore + 1);
    }

    private static double oddAnswers(String reason) {
        return gateway.meters().find("gateway.odd.answers").tag("reason", reason).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
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
