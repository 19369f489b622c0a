package io.llmd.autoscaler.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.sun.net.httpserver.HttpServer;
import io.llmd.autoscaler.collector.RouterReading.FlowKey;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Queries to a server that answers as Prometheus does, and pages where it has nothing. */
class PrometheusCollectorIT {

    private static final URI KNOWN = URI.create("http://10.0.0.1:8000/metrics");
    private static final URI LOST = URI.create("http://10.0.0.2:8000/metrics");
    private static final URI ROUTER = URI.create("http://10.0.0.9:9090/metrics");

    private final List<String> queries = Collections.synchronizedList(new ArrayList<>());
    private final List<String> tokens = Collections.synchronizedList(new ArrayList<>());
    private HttpServer server;
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile int status = 200;
    private volatile boolean isEndless;
    private volatile String scraped = "995.5";
    private volatile String otherScraped = "990";

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/api/v1/query", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String query = URLDecoder.decode(body.substring("query=".length()), StandardCharsets.UTF_8);
            queries.add(query);
            tokens.add(String.valueOf(exchange.getRequestHeaders().getFirst("authorization")));
            if (isEndless) {
                exchange.sendResponseHeaders(200, 0);
                exchange.getResponseBody().write('{');
                exchange.getResponseBody().flush();
                awaitOver();
                exchange.close();
                return;
            }
            byte[] bytes = answer(query).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(bytes);
            }
        });
        server.start();
    }

    @AfterEach
    void stop() {
        over.countDown();
        server.stop(0);
    }

    private void awaitOver() {
        try {
            over.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String series(String labels, String value) {
        return "{\"metric\":{" + labels + "},\"value\":[1000,\"" + value + "\"]}";
    }

    private String answer(String query) {
        String engine = "\"instance\":\"10.0.0.1:8000\"";
        String lost = "\"instance\":\"10.0.0.2:8000\"";
        String router = "\"instance\":\"10.0.0.9:9090\"";
        String twice = engine + ",\"job\":\"other\"";
        String scrape = ",\"llmd_scraped\":\"at\"";
        assertThat(query).contains(" or label_replace(max by (instance, job, ").contains("timestamp(");
        List<String> all = query.contains("llm_d_epp")
                ? List.of(
                        series(router + scrape, "999"),
                        series(
                                "\"__name__\":\"llm_d_epp_request_total\",\"target_model_name\":\"m\",\"priority\":\"1\","
                                        + "\"fairness_id\":\"a\\\"b\\\\c\"," + router,
                                "42"))
                : List.of(
                        series(engine + scrape, scraped),
                        series(lost + scrape, "900"),
                        series(twice + scrape, otherScraped),
                        series("\"__name__\":\"vllm:num_requests_running\"," + twice, "4"),
                        series("\"__name__\":\"vllm:num_requests_waiting\"," + twice, "2"),
                        series("\"__name__\":\"vllm:num_requests_running\"," + engine, "3"),
                        series("\"__name__\":\"vllm:num_requests_waiting\"," + engine, "1"),
                        series(
                                "\"__name__\":\"vllm:cache_config_info\",\"num_gpu_blocks\":\"100\","
                                        + "\"block_size\":\"16\"," + engine,
                                "1"),
                        series("\"__name__\":\"vllm:num_requests_running\"," + lost, "9"),
                        series("\"__name__\":\"vllm:num_requests_waiting\"," + lost, "9"));
        return "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" + String.join(",", all)
                + "]}}";
    }

    private PrometheusCollector prometheus(Path token) {
        return prometheus(token, Duration.ofSeconds(20));
    }

    private PrometheusCollector prometheus(Path token, Duration timeout) {
        return new PrometheusCollector(new PrometheusCollector.Settings(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"),
                "namespace=\"llm\"",
                token,
                timeout));
    }

    @Test
    void aPageThatTwoScrapeCountsOnce() {
        try (PrometheusCollector collector = prometheus(null)) {
            assertThat(collector.engines(Map.of("a", KNOWN), 50).get("a").running())
                    .as("of the two, that which was scraped last")
                    .isEqualTo(3);
            otherScraped = "999";
            EngineReading later = collector.engines(Map.of("a", KNOWN), 60).get("a");
            assertThat(later.running()).isEqualTo(4);
            assertThat(later.atSeconds()).isCloseTo(59, within(1e-9));
        }
    }

    @Test
    @Tag("fault-F62")
    void whatIsStillToldOfAReplicaThatIsGoneIsNotTaken() {
        try (PrometheusCollector collector = prometheus(null)) {
            assertThat(collector.engines(Map.of("a", KNOWN), 50)).containsOnlyKeys("a");
            assertThat(collector.engines(Map.of("a", KNOWN), 50).get("a").waiting())
                    .isEqualTo(1);
        }
    }

    @Test
    void anAnswerThatNeverEndsIsGivenUp() {
        isEndless = true;
        try (PrometheusCollector collector = prometheus(null, Duration.ofMillis(300))) {
            assertThat(collector.engines(Map.of("a", KNOWN), 50)).isEmpty();
            assertThat(queries).hasSize(1);
            assertThat(collector.engines(Map.of("a", KNOWN), 51)).isEmpty();
            assertThat(queries).as("left alone after a failure").hasSize(1);
        }
    }

    @Test
    void whatHasNoAgeIsMissing() {
        otherScraped = "NaN";
        for (String time : List.of("NaN", "+Inf", "x", "1000.5")) {
            scraped = time;
            try (PrometheusCollector collector = prometheus(null)) {
                assertThat(collector.engines(Map.of("a", KNOWN, "b", LOST), 50))
                        .as(time)
                        .containsOnlyKeys("b");
            }
        }
    }

    @Test
    void aTokenThatNoHeaderMayHaveIsAFailureLikeOthers(@TempDir Path folder) throws Exception {
        Path token = Files.writeString(folder.resolve("token"), "two\nlines");
        try (PrometheusCollector collector = prometheus(token)) {
            assertThat(collector.engines(Map.of("a", KNOWN), 50)).isEmpty();
            assertThat(queries).isEmpty();
        }
    }

    @Test
    void anAddressHasASchemeAndAHost() {
        for (String url : List.of("prometheus:9090", "/api", "ftp://prometheus", "http:///api", "http:x")) {
            assertThatThrownBy(() -> new PrometheusCollector.Settings(
                            URI.create(url), "namespace=\"llm\"", null, Duration.ofSeconds(3)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("autoscaler.prometheus.url");
        }
    }

    @Test
    void expressionsAreForNarrowOnes() {
        for (String selector : List.of("namespace=~\"a|b\"", "namespace=~\"llm-.*\"", "x=~\".*\",namespace=\"llm\"")) {
            assertThat(new PrometheusCollector.Settings(
                                    URI.create("http://prometheus:9090"), selector, null, Duration.ofSeconds(3))
                            .selector())
                    .isEqualTo(selector);
        }
    }

    @Test
    void allEnginesAreOneQuery(@TempDir Path folder) throws Exception {
        Path token = Files.writeString(folder.resolve("token"), "secret\n");
        try (PrometheusCollector collector = prometheus(token)) {
            Map<String, EngineReading> read = collector.engines(Map.of("a", KNOWN, "b", LOST), 50);
            assertThat(read.get("a").running()).isEqualTo(3);
            assertThat(read.get("a").kvTokens()).isEqualTo(1_600);
            assertThat(read.get("a").atSeconds()).as("scraped 4.5 s ago").isCloseTo(45.5, within(1e-9));
            assertThat(read.get("b").atSeconds()).as("lost sight of").isCloseTo(-50, within(1e-9));
            assertThat(queries).hasSize(1).allMatch(query -> query.contains("namespace=\"llm\""));
            assertThat(tokens).containsOnly("Bearer secret");
            Map<URI, RouterReading> routers = collector.routers(List.of(ROUTER), 50);
            assertThat(routers.get(ROUTER).flows().get(new FlowKey("m", 1)).arrivals())
                    .isEqualTo(42);
            assertThat(queries).hasSize(2);
        }
    }

    @Test
    void whatPrometheusHasLostIsReadDirectly() {
        List<String> asked = new ArrayList<>();
        Collector direct = new Collector() {
            @Override
            public Map<String, EngineReading> engines(Map<String, URI> pages, double atSeconds) {
                asked.addAll(pages.keySet());
                return Map.of();
            }

            @Override
            public Map<URI, RouterReading> routers(java.util.Collection<URI> pages, double atSeconds) {
                pages.forEach(page -> asked.add(page.toString()));
                return Map.of();
            }

            @Override
            public void close() {}
        };
        try (FallbackCollector collector = new FallbackCollector(prometheus(null), direct, 30)) {
            assertThat(collector.engines(Map.of("a", KNOWN, "b", LOST), 50)).containsOnlyKeys("a");
            assertThat(asked).containsExactly("b");
            assertThat(collector.routers(List.of(ROUTER), 50)).containsOnlyKeys(ROUTER);
            assertThat(asked).containsExactly("b");
            status = 503;
            asked.clear();
            int before = queries.size();
            assertThat(collector.engines(Map.of("a", KNOWN), 60)).isEmpty();
            collector.routers(List.of(ROUTER), 60);
            assertThat(asked).containsExactly("a", ROUTER.toString());
            assertThat(queries).as("left alone after a failure").hasSize(before + 1);
            asked.clear();
            collector.watched(List.of(ROUTER), 61);
            assertThat(asked).containsExactly(ROUTER.toString());
        }
    }

    @Test
    @DisplayName("row 69: queries that would find other pools are refused")
    @Tag("autoscaling-69")
    void queriesHaveToBeIsolated() {
        for (String selector : List.of(
                "",
                "  ",
                "namespace",
                "namespace=\"\"",
                "namespace=\"a\"} or up{x=\"b\"",
                "namespace=~\".*\"",
                "namespace=~\".+\"",
                "namespace=~\"a|.*\"",
                "namespace=~\"[a-z0-9-]+\",pod=~\"(.*)\"",
                "namespace=~\"(\"")) {
            assertThatThrownBy(() -> new PrometheusCollector.Settings(
                            URI.create("http://prometheus:9090"), selector, null, Duration.ofSeconds(3)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("UNISOLATED_QUERY");
        }
    }
}
