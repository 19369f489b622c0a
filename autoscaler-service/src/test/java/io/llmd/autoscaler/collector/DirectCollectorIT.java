package io.llmd.autoscaler.collector;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pages over real sockets. */
class DirectCollectorIT {

    private static final String PAGE = "vllm:num_requests_running 3\nvllm:num_requests_waiting 1\n";

    private final CountDownLatch ended = new CountDownLatch(1);
    private final DirectCollector collector = new DirectCollector(Duration.ofSeconds(2), Duration.ofSeconds(6));
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        answer("/metrics", 200, PAGE);
        answer("/broken", 500, PAGE);
        answer("/router", 200, "llm_d_epp_ready_endpoints{name=\"p\"} 3\n");
        answer("/other", 200, "<html>hello</html>");
        server.createContext("/endless", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            byte[] line = "# nothing of interest in this line of a page without end\n"
                    .repeat(512)
                    .getBytes(StandardCharsets.UTF_8);
            try (OutputStream body = exchange.getResponseBody()) {
                for (int i = 0; i < 10_000; i++) {
                    body.write(line);
                }
            }
        });
        server.createContext("/silent", exchange -> {
            try {
                ended.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
    }

    private void answer(String path, int status, String text) {
        server.createContext(path, exchange -> {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            try (OutputStream body = exchange.getResponseBody()) {
                body.write(bytes);
            }
        });
    }

    @AfterEach
    void stop() {
        ended.countDown();
        collector.close();
        server.stop(0);
    }

    private URI page(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }

    @Test
    void onlyPagesOfEnginesAreRead() {
        Map<String, EngineReading> read = collector.engines(
                Map.of(
                        "good", page("/metrics"),
                        "broken", page("/broken"),
                        "other", page("/other"),
                        "endless", page("/endless"),
                        "silent", page("/silent"),
                        "gone", URI.create("http://127.0.0.1:1/metrics")),
                42);
        assertThat(read).containsOnlyKeys("good");
        assertThat(read.get("good").running()).isEqualTo(3);
        assertThat(read.get("good").atSeconds()).isEqualTo(42);
    }

    @Test
    void routersAreKnownByTheirAddress() {
        // The page of an engine says nothing of requests that come, and is no router without any.
        assertThat(collector.routers(java.util.List.of(page("/router"), page("/metrics"), page("/broken")), 1))
                .containsOnlyKeys(page("/router"));
    }
}
