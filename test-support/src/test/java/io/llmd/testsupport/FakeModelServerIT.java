package io.llmd.testsupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FakeModelServerIT {

    private static final String CHAT = "/v1/chat/completions";

    private final FakeModelServer server = FakeModelServer.start();

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void answersAsScriptedAndThenByDefault() {
        server.script(Reply.error(503, "busy").header("retry-after", "7"));
        try (RawClient client = RawClient.connect(server.port())) {
            RawClient.Answer first =
                    client.send(RawClient.post(CHAT, "{}", "X-Mark: a")).receive();
            RawClient.Answer second =
                    client.send(RawClient.post(CHAT, "{\"n\":1}")).receive();

            assertThat(first.status()).isEqualTo(503);
            assertThat(first.header("retry-after")).isEqualTo("7");
            assertThat(second.body()).contains("Hello world");
        }
        assertThat(server.requests()).hasSize(2);
        assertThat(server.requests().getFirst().header("x-mark")).contains("a");
        assertThat(server.lastRequest().text()).isEqualTo("{\"n\":1}");
        assertThat(server.lastRequest().connection()).isEqualTo(1);
    }

    @Test
    void streamEndsWithDoneUnlessToldOtherwise() {
        server.script(
                Reply.stream("a", "b").gap(Duration.ofMillis(1)),
                Reply.stream(2).withoutDone());
        try (RawClient client = RawClient.connect(server.port())) {
            String whole = client.send(RawClient.post(CHAT, "{}")).receive().body();
            String cut = client.send(RawClient.post(CHAT, "{}")).receive().body();

            assertThat(whole).contains("\"content\":\"a\"").endsWith("data: [DONE]\n\n");
            assertThat(cut).contains("\"content\":\"t1 \"").doesNotContain("[DONE]");
        }
    }

    @Test
    void resetInsideOfAStreamLeavesTheMessageIncomplete() {
        server.script(Reply.stream(3).cutAfter(2, Reply.Cut.CLOSE));
        try (RawClient client = RawClient.connect(server.port())) {
            assertThat(client.send(RawClient.post(CHAT, "{}")).receive().complete())
                    .isFalse();
        }
    }

    @Test
    void leavingClientIsSeenAsAbort() {
        server.script(Reply.none(Reply.Cut.STALL));
        RawClient client = RawClient.connect(server.port()).send(RawClient.post(CHAT, "{}"));
        await("request arrived").until(() -> server.requests().size() == 1);
        client.close();

        await("abort seen").until(() -> server.lastRequest().isAborted());
    }

    @Test
    void refusesConnectionsAndAcceptsThemAgainOnTheSamePort() {
        server.refuseConnections();
        assertThatThrownBy(() -> RawClient.connect(server.port())).hasMessageContaining("refused");

        server.acceptConnections();
        try (RawClient client = RawClient.connect(server.port())) {
            assertThat(client.send(RawClient.post(CHAT, "{}")).receive().status())
                    .isEqualTo(200);
        }
    }

    @Test
    void modelsAndMetricsAreSettableAndDoNotUseUpTheScript() {
        server.models("m1", "m2").metrics("vllm:num_requests_running 3\n").script(Reply.error(500, "x"));
        try (RawClient client = RawClient.connect(server.port())) {
            String get = "GET %s HTTP/1.1\r\nhost: x\r\n\r\n";

            assertThat(client.send(get.formatted("/v1/models")).receive().body())
                    .contains("\"id\":\"m1\"", "\"id\":\"m2\"");
            assertThat(client.send(get.formatted("/metrics")).receive().body())
                    .isEqualTo("vllm:num_requests_running 3\n");
            assertThat(client.send(RawClient.post(CHAT, "{}")).receive().status())
                    .isEqualTo(500);
        }
        assertThat(server.probes()).hasSize(2);
    }
}
