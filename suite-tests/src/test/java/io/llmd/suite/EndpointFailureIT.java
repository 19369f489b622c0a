package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.contracts.schedule.EndpointStatus;
import io.llmd.simulator.VllmSimulator;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An endpoint that dies under load. */
class EndpointFailureIT {

    private RunningSuite suite;

    @BeforeEach
    void start() {
        suite = RunningSuite.start(
                3, settings -> settings.option("time-to-first-token", "100ms").option("inter-token-latency", "20ms"));
    }

    @AfterEach
    void stop() {
        suite.close();
    }

    @Test
    void streamsUnderWayGetOneErrorEventAndLaterRequestsAreServedElsewhere() throws Exception {
        int streams = 30;
        CountDownLatch running = new CountDownLatch(streams);
        try (ExecutorService clients = Executors.newFixedThreadPool(streams)) {
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < streams; i++) {
                String body = chat("Stream " + i, 100);
                answers.add(clients.submit(() -> stream(body, running)));
            }
            running.await();
            VllmSimulator victim = busiest();
            victim.close();

            int broken = 0;
            for (Future<String> answer : answers) {
                String text = answer.get();
                assertThat(text).startsWith("HTTP/1.1 200").endsWith("0\r\n\r\n");
                String events = ClientSocket.body(text);
                if (events.contains("data: [DONE]")) {
                    assertThat(events).doesNotContain("\"error\":{");
                } else {
                    broken++;
                    assertThat(events).containsOnlyOnce("\"error\":{");
                }
            }
            assertThat(broken).isBetween(1, streams - 1);
        }

        for (int i = 0; i < 20; i++) {
            RunningSuite.Answer answer =
                    suite.chat(chat("Afterwards " + i, 2).replace("\"stream\":true", "\"stream\":false"));
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        }
        await("nothing is left on the books")
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(suite.placedLoad().endpoints())
                        .extracting(EndpointStatus::inFlightRequests)
                        .containsOnly(0L));
    }

    @Test
    void requestsWithoutAByteAreServedByAnotherEndpoint() throws Exception {
        int requests = 30;
        CountDownLatch sent = new CountDownLatch(requests);
        try (ExecutorService clients = Executors.newFixedThreadPool(requests)) {
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < requests; i++) {
                String body = chat("Waiting " + i + " for its first token. ".repeat(8), 4)
                        .replace("\"stream\":true", "\"stream\":false");
                answers.add(clients.submit(() -> whole(body, sent)));
            }
            sent.await();
            await("requests are in the engines")
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> suite.endpoints().stream()
                            .map(VllmSimulator::statistics)
                            .anyMatch(engine -> engine.active() > 0));
            busiest().close();
            for (Future<String> answer : answers) {
                assertThat(answer.get()).startsWith("HTTP/1.1 200").contains("\"finish_reason\"");
            }
        }
    }

    private VllmSimulator busiest() {
        return suite.endpoints().stream()
                .max(Comparator.comparingInt(endpoint -> endpoint.statistics().active()))
                .orElseThrow();
    }

    private String stream(String body, CountDownLatch running) throws IOException {
        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send(body);
            client.readUntil("\"content\":\"");
            running.countDown();
            return client.readAll();
        }
    }

    private String whole(String body, CountDownLatch sent) throws IOException {
        try (ClientSocket client = new ClientSocket(suite.port())) {
            client.send(body);
            sent.countDown();
            return client.readAll();
        }
    }

    private static String chat(String text, int maxTokens) {
        return """
                {"model":"sim-8b","max_tokens":%d,"ignore_eos":true,"stream":true,"messages":[{"role":"user","content":"%s"}]}""".formatted(maxTokens, text);
    }
}
