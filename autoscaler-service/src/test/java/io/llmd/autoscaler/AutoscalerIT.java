package io.llmd.autoscaler;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The whole service between pages that the test serves. */
class AutoscalerIT {

    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicInteger arrivals = new AtomicInteger();

    private String page(boolean isRouter) {
        return isRouter
                ? "llm_d_epp_request_total{model_name=\"m\",target_model_name=\"m\",fairness_id=\"a\",priority=\"0\"} "
                        + arrivals.addAndGet(40) + "\n"
                : "vllm:num_requests_running 3\nvllm:num_requests_waiting 0\nvllm:kv_cache_usage_perc 0.1\n";
    }

    private String get(String url) {
        try {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(URI.create(url))
                            .timeout(Duration.ofSeconds(30))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            return response.statusCode() + " " + response.body();
        } catch (java.io.IOException e) {
            return "failed " + e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    @Test
    void pagesBecomeNumbersAndReasons(@TempDir Path folder) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            boolean isRouter = exchange.getRequestURI().getPath().startsWith("/router");
            byte[] bytes = page(isRouter).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            try (OutputStream body = exchange.getResponseBody()) {
                body.write(bytes);
            }
        });
        server.start();
        int port = server.getAddress().getPort();
        Path endpoints = folder.resolve("endpoints.yaml");
        Files.writeString(
                endpoints,
                "endpoints: [{name: a, address: 127.0.0.1, port: " + port + ", labels: {llm-d.ai/variant: big}}]");
        Path state = folder.resolve("state.json");
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(AutoscalerApplication.class)
                .properties("spring.config.name=autoscaler")
                .run(
                        "--server.port=0",
                        "--server.address=127.0.0.1",
                        "--management.server.port=0",
                        "--management.server.address=127.0.0.1",
                        "--spring.cloud.config.enabled=false",
                        // There, headers would say where a request comes from, were it not set otherwise.
                        "--spring.main.cloud-platform=kubernetes",
                        "--autoscaler.period=2s",
                        "--autoscaler.watch-period=100ms",
                        "--autoscaler.state-file=" + state,
                        "--autoscaler.routers[0]=http://127.0.0.1:" + port + "/router",
                        "--autoscaler.endpoints-file=" + endpoints,
                        "--autoscaler.tiers[0].name=chat",
                        "--autoscaler.tiers[0].inter-token=72ms",
                        "--autoscaler.variants[0].name=big",
                        "--autoscaler.variants[0].model=m",
                        "--autoscaler.variants[0].cost-per-hour=4",
                        "--autoscaler.variants[0].accelerator=gpu",
                        "--autoscaler.variants[0].max=3")) {
            String base = "http://127.0.0.1:" + context.getEnvironment().getRequiredProperty("local.server.port");
            String management = "http://127.0.0.1:"
                    + context.getEnvironment().getRequiredProperty("local.management.port") + "/actuator";
            Awaitility.await("a jump of the rate is planned for")
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(get(base + "/api/v1/variants/default/big/explain"))
                            .startsWith("200")
                            .contains("\"current\":1", "\"desired\":3", "G12"));
            Awaitility.await("and told by meters")
                    .untilAsserted(
                            () -> assertThat(get(management + "/prometheus"))
                                    .contains(
                                            "autoscaler_replicas_desired{model=\"m\",namespace=\"default\",role=\"unified\",variant=\"big\"} 3",
                                            "wva_desired_replicas{accelerator_type=\"gpu\",namespace=\"default\",variant_name=\"big\"} 3"));
            assertThat(get(management + "/health/readiness")).startsWith("200");
            assertThat(client.send(
                                    HttpRequest.newBuilder(
                                                    URI.create(base + "/api/v1/variants/default/big/pause?ttl=1m"))
                                            .header("X-Forwarded-For", "203.0.113.7")
                                            .PUT(HttpRequest.BodyPublishers.noBody())
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode())
                    .as("a header changes nothing about who may write")
                    .isEqualTo(200);
        } finally {
            server.stop(0);
        }
        assertThat(state).as("what was learnt is kept at the end").isNotEmptyFile();
    }
}
