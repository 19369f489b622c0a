package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.contracts.schedule.EndpointStatus;
import io.llmd.simulator.VllmSimulator;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients that leave at any point leave nothing behind. */
class DisconnectIT {

    private static final int REQUESTS = 10_000;
    private static final int CLIENTS = 32;
    private static RunningSuite suite;

    @BeforeAll
    static void start() {
        suite = RunningSuite.start(
                3, settings -> settings.option("time-to-first-token", "5ms").option("inter-token-latency", "1ms"));
    }

    @AfterAll
    static void stop() {
        suite.close();
    }

    @Test
    void tenThousandRequestsWithRandomDisconnectsLeaveAllCountersAtZero() throws Exception {
        AtomicInteger next = new AtomicInteger();
        AtomicInteger complete = new AtomicInteger();
        AtomicInteger left = new AtomicInteger();
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                all.add(clients.submit(() -> {
                    for (int n = next.getAndIncrement(); n < REQUESTS; n = next.getAndIncrement()) {
                        if (oneRequest(n)) {
                            complete.incrementAndGet();
                        } else {
                            left.incrementAndGet();
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> client : all) {
                client.get();
            }
        }

        assertThat(complete.get() + left.get()).isEqualTo(REQUESTS);
        assertThat(complete.get()).as("requests that were read to their end").isPositive();
        assertThat(left.get()).as("clients that left").isGreaterThan(REQUESTS / 2);
        await("the scheduler's books are empty").atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            assertThat(suite.placedLoad().endpoints())
                    .extracting(EndpointStatus::inFlightRequests)
                    .containsOnly(0L);
            assertThat(suite.placedLoad().endpoints())
                    .extracting(EndpointStatus::inFlightTokens)
                    .containsOnly(0L);
        });
        await("the engines are idle").atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            assertThat(suite.endpoints())
                    .extracting(VllmSimulator::statistics)
                    .allSatisfy(engine -> assertThat(engine.active()).isZero());
        });
        await("the gateway's counters are zero").atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            assertThat(suite.gatewayMeter("gateway_inflight")).isZero();
            assertThat(suite.gatewayMeter("gateway_held_body_bytes")).isZero();
        });
    }

    /** Leaves at a random point; true when it stayed to the end. */
    private static boolean oneRequest(int number) throws IOException {
        SplittableRandom random = new SplittableRandom(number);
        boolean stream = random.nextBoolean();
        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send("""
                    {"model":"sim-8b","max_tokens":8,"stream":%s,"messages":[{"role":"user","content":"Request %d"}]}""".formatted(stream, number % 500));
            switch (random.nextInt(5)) {
                case 0 -> {
                    return false;
                }
                case 1 -> {
                    client.readUntil("HTTP/1.1 200");
                    return false;
                }
                case 2 -> {
                    client.readUntil(stream ? "data: " : "\r\n\r\n");
                    return false;
                }
                case 3 -> {
                    client.readUntil(stream ? "\"content\":" : "choices");
                    return false;
                }
                default -> {
                    assertThat(client.readAll()).contains(stream ? "data: [DONE]" : "\"finish_reason\"");
                    return true;
                }
            }
        }
    }
}
