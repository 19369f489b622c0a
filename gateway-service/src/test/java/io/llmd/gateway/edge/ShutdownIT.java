package io.llmd.gateway.edge;

import static io.llmd.gateway.GatewayFixture.AUTH;
import static io.llmd.gateway.GatewayFixture.CHAT;
import static io.llmd.gateway.GatewayFixture.STREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.gateway.GatewayFixture;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.ReadinessState;

/** One of two gateways is told to end, as SIGTERM does, under 200 streams. */
class ShutdownIT {

    private static final int STREAMS = 200;

    @Test
    @Tag("fault-F50")
    void streamsEndAndNewRequestsAreServedByTheOtherGateway() throws Exception {
        GatewayFixture first = new GatewayFixture(1, "gateway.drain.linger=500ms", "gateway.drain.timeout=30s");
        first.endpoint().always(Reply.stream(60).gap(Duration.ofMillis(50)));
        List<RawClient> running = new ArrayList<>();
        try (GatewayFixture second = new GatewayFixture(1)) {
            for (int i = 0; i < STREAMS; i++) {
                running.add(first.connect().send(RawClient.post(CHAT, STREAM, AUTH)));
            }
            await("streams under way").until(() -> first.endpoint().requests().size() == STREAMS);
            Thread stopper = Thread.ofPlatform().start(first.context()::close);

            await("readiness goes off first").until(() -> !isReady(first));
            assertThat(first.context().getBean(ActiveExchanges.class).isDraining())
                    .as("requests of those who have not heard of it are still taken")
                    .isFalse();
            for (int i = 0; i < 100; i++) {
                assertThat((isReady(first) ? first : second).chat().status()).isEqualTo(200);
            }

            for (RawClient client : running) {
                RawClient.Answer answer = client.receive();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.body()).contains("\"t59 \"").endsWith("data: [DONE]\n\n");
            }
            stopper.join();
            second.awaitQuiet();
        } finally {
            running.forEach(RawClient::close);
            first.close();
        }
    }

    private static boolean isReady(GatewayFixture gateway) {
        return gateway.context().getBean(ApplicationAvailability.class).getReadinessState()
                == ReadinessState.ACCEPTING_TRAFFIC;
    }
}
