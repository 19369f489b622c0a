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

    /** So many that streams outlast the start of all others, and the linger. */
    private static final int TOKENS = 100;

    @Test
    @Tag("fault-F50")
    void streamsEndAndNewRequestsAreServedByTheOtherGateway() throws Exception {
        GatewayFixture first = new GatewayFixture(1, "gateway.drain.linger=3s", "gateway.drain.timeout=30s");
        first.endpoint().always(Reply.stream(TOKENS).gap(Duration.ofMillis(100)));
        List<RawClient> running = new ArrayList<>();
        try (GatewayFixture second = new GatewayFixture(1)) {
            for (int i = 0; i < STREAMS; i++) {
                running.add(first.connect().send(RawClient.post(CHAT, STREAM, AUTH)));
            }
            await("streams under way").until(() -> first.endpoint().requests().size() == STREAMS);
            // A context that is being closed may give no beans.
            ApplicationAvailability availability = first.context().getBean(ApplicationAvailability.class);
            ActiveExchanges exchanges = first.context().getBean(ActiveExchanges.class);
            assertThat(exchanges.count()).as("streams that have not ended").isPositive();
            Thread stopper = Thread.ofPlatform().start(first.context()::close);

            await("readiness goes off first").until(() -> !isReady(availability));
            assertThat(exchanges.isDraining())
                    .as("requests of those who have not heard of it are still taken")
                    .isFalse();
            for (int i = 0; i < 100; i++) {
                assertThat((isReady(availability) ? first : second).chat().status())
                        .isEqualTo(200);
            }

            for (RawClient client : running) {
                RawClient.Answer answer = client.receive();
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.body()).contains("\"t" + (TOKENS - 1) + " \"").endsWith("data: [DONE]\n\n");
            }
            stopper.join();
            second.awaitQuiet();
        } finally {
            running.forEach(RawClient::close);
            first.close();
        }
    }

    private static boolean isReady(ApplicationAvailability availability) {
        return availability.getReadinessState() == ReadinessState.ACCEPTING_TRAFFIC;
    }
}
