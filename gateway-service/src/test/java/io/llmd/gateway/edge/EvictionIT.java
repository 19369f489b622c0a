package io.llmd.gateway.edge;

import static io.llmd.gateway.GatewayFixture.AUTH;
import static io.llmd.gateway.GatewayFixture.BODY;
import static io.llmd.gateway.GatewayFixture.CHAT;
import static io.llmd.gateway.GatewayFixture.STREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.gateway.GatewayFixture;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.Reply;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Requests that the scheduler ends for more important ones, or keeps waiting. */
class EvictionIT {

    private static GatewayFixture gateway;

    @BeforeAll
    static void start() {
        gateway = new GatewayFixture(1, "gateway.timeouts.queue=300ms");
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    @AfterEach
    void nothingIsLeft() {
        gateway.scheduler().letGo();
        gateway.awaitQuiet();
        gateway.reset();
    }

    @Test
    @Tag("flow-control-F44")
    void beforeTheFirstByteItIs429WithTheReasonAndTheEndpointIsAborted() {
        gateway.endpoint().script(Reply.none(Reply.Cut.STALL));
        try (RawClient client = gateway.connect()) {
            client.send(RawClient.post(CHAT, BODY, AUTH));
            await("request arrived").until(() -> !gateway.endpoint().requests().isEmpty());

            gateway.scheduler().evict(99);
            gateway.scheduler().evict(1);

            RawClient.Answer answer = client.receive();
            assertThat(answer.status()).isEqualTo(429);
            assertThat(answer.header("x-llm-d-request-dropped-reason")).isEqualTo("evicted");
            assertThat(answer.header("retry-after")).isEqualTo("1");
            assertThat(answer.body()).contains("\"code\":\"server_overloaded\"");
        }
        await("abort seen").until(() -> gateway.endpoint().lastRequest().isAborted());
        await("lease ended")
                .untilAsserted(() -> assertThat(gateway.scheduler().ended())
                        .singleElement()
                        .satisfies(report -> assertThat(report.cause()).isEqualTo(Cause.EVICTED)));
    }

    @Test
    void insideOfAStreamItIsOneErrorEventWithoutTheEndMarker() throws Exception {
        gateway.endpoint().script(Reply.stream(1_000).gap(Duration.ofMillis(10)));
        try (RawClient client = gateway.connect()) {
            client.send(RawClient.post(CHAT, STREAM, AUTH));
            client.receiveHead();
            client.line();

            gateway.scheduler().evict(1);

            StringBuilder rest = new StringBuilder();
            for (String line = client.line(); !line.equals("0"); line = client.line()) {
                rest.append(line);
            }
            assertThat(rest).contains("data: {\"error\":{").doesNotContain("[DONE]");
        }
        await("abort seen").until(() -> gateway.endpoint().lastRequest().isAborted());
        await("lease ended")
                .untilAsserted(() -> assertThat(gateway.scheduler().ended())
                        .singleElement()
                        .satisfies(report -> assertThat(report.cause()).isEqualTo(Cause.EVICTED)));
    }

    @Test
    void waitingLongerThanTheGatewayAllowsIs429AndCancelsTheQuestion() {
        gateway.scheduler().hold();

        RawClient.Answer answer = gateway.chat();

        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.header("x-llm-d-request-dropped-reason")).isEqualTo("rejected-ttl-expired");
        await("question cancelled").until(() -> gateway.scheduler().cancellations() == 1);
    }
}
