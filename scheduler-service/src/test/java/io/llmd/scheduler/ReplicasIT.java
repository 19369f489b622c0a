package io.llmd.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.testsupport.KafkaBroker;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Two schedulers of one pool, each a whole service, and a real broker between them. */
@Timeout(90)
class ReplicasIT {

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private static KafkaBroker broker;
    private static Replica first;
    private static Replica second;

    @BeforeAll
    static void start() {
        broker = KafkaBroker.start();
        first = new Replica();
        second = new Replica();
        await("they hear of each other").atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            assertThat(first.metric("scheduler_replicas_others")).isEqualTo(1.0);
            assertThat(second.metric("scheduler_replicas_others")).isEqualTo(1.0);
        });
    }

    @AfterAll
    static void stop() {
        first.context.close();
        second.context.close();
        broker.close();
    }

    @Test
    void loadOfBothIsCountedOnceByBothAndGoneAtTheEnd() throws Exception {
        List<JsonNode> ofFirst = new ArrayList<>();
        List<JsonNode> ofSecond = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            ofFirst.add(first.schedule("first-" + i));
        }
        for (int i = 0; i < 8; i++) {
            ofSecond.add(second.schedule("second-" + i));
        }
        await("both see all 20").untilAsserted(() -> {
            assertThat(first.inFlight()).isEqualTo(20);
            assertThat(second.inFlight()).isEqualTo(20);
        });
        // a sum over the replicas' meters is the truth as well
        assertThat(first.metric("llm_d_epp_inflight_requests")).isEqualTo(12.0);
        assertThat(second.metric("llm_d_epp_inflight_requests")).isEqualTo(8.0);

        for (JsonNode decision : ofFirst) {
            first.end(decision);
            first.end(decision);
        }
        for (JsonNode decision : ofSecond) {
            second.end(decision);
            first.end(decision);
        }
        await("nothing is left").untilAsserted(() -> {
            assertThat(first.inFlight()).isZero();
            assertThat(second.inFlight()).isZero();
        });
    }

    @Test
    void theLoadOfASchedulerThatStopsIsGone() throws Exception {
        Replica third = new Replica();
        third.schedule("third");
        await("it is heard")
                .untilAsserted(() ->
                        assertThat(second.metric("scheduler_replicas_others")).isEqualTo(2.0));
        third.context.close();
        await("it is forgotten").untilAsserted(() -> {
            assertThat(second.metric("scheduler_replicas_others")).isEqualTo(1.0);
            assertThat(second.inFlight()).isZero();
        });
    }

    private static final class Replica {
        private final ConfigurableApplicationContext context;

        Replica() {
            context = SchedulerApplication.application()
                    .run(
                            "--server.port=0",
                            "--management.server.port=0",
                            "--spring.cloud.config.enabled=false",
                            "--spring.config.import=",
                            "--scheduler.discovery.allow-loopback=true",
                            "--scheduler.discovery.endpoints[0].name=only",
                            "--scheduler.discovery.endpoints[0].address=127.0.0.1",
                            "--scheduler.discovery.endpoints[0].port=9",
                            "--scheduler.replicas.bootstrap-servers=" + broker.bootstrapServers(),
                            "--scheduler.replicas.interval=50ms");
        }

        JsonNode schedule(String id) throws IOException, InterruptedException {
            String body = "{\"model\":\"m\",\"prompt\":\"" + "word ".repeat(100) + "\"}";
            return JsonMapper.shared()
                    .readTree(send(HttpRequest.newBuilder(url("local.server.port", "/v1/schedule"))
                            .header("x-request-id", id)
                            .POST(BodyPublishers.ofString(body))));
        }

        void end(JsonNode decision) throws IOException, InterruptedException {
            String report = "{\"reports\":[{\"requestId\":\"r\",\"leaseId\":" + decision.get("leaseId")
                    + ",\"endpointId\":\"e\",\"phase\":\"ENDED\",\"cause\":\"NATURAL\",\"status\":200,\"usage\":"
                    + "{\"promptTokens\":1,\"completionTokens\":1,\"cachedTokens\":0},\"timeToFirstTokenMicros\":1,"
                    + "\"durationMicros\":1}]}";
            send(HttpRequest.newBuilder(url("local.server.port", "/v1/outcomes"))
                    .header("content-type", "application/json")
                    .POST(BodyPublishers.ofString(report)));
        }

        int inFlight() throws IOException, InterruptedException {
            JsonNode list = JsonMapper.shared()
                    .readTree(send(HttpRequest.newBuilder(url("local.server.port", "/v1/endpoints"))));
            return list.at("/endpoints/0/inFlightRequests").asInt();
        }

        double metric(String name) throws IOException, InterruptedException {
            return send(HttpRequest.newBuilder(url("local.management.port", "/actuator/prometheus")))
                    .lines()
                    .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .findFirst()
                    .orElse(Double.NaN);
        }

        private URI url(String port, String path) {
            return URI.create("http://localhost:" + context.getEnvironment().getProperty(port) + path);
        }

        private static String send(HttpRequest.Builder request) throws IOException, InterruptedException {
            return CLIENT.send(request.build(), BodyHandlers.ofString()).body();
        }
    }
}
