package io.llmd.launcher.explain;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConsoleFindingsTest {

    private HttpServer gateway;

    @BeforeEach
    void start() throws IOException {
        gateway = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        gateway.start();
    }

    @AfterEach
    void stop() {
        gateway.stop(0);
    }

    private String text(int status, String body) throws InterruptedException {
        gateway.createContext("/console/api/requests/r-1", exchange -> {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            try (exchange) {
                exchange.sendResponseHeaders(status, bytes.length);
                exchange.getResponseBody().write(bytes);
            }
        });
        URI base = URI.create("http://127.0.0.1:" + gateway.getAddress().getPort() + "/");
        return ConsoleFindings.text(base, "r-1");
    }

    @Test
    void findingsReadLikeThis() throws InterruptedException {
        assertThat(text(200, """
                {"requests": [{"findings": [{"cause": "queue", "text": "It waited."}, {"cause": "retries", "text": "Two tries."}]}]}""")).isEqualTo("""
                         what stands out
                           It waited.
                           Two tries.
                        """);
    }

    @Test
    void consoleThatIsClosedSaysNothing() throws InterruptedException {
        assertThat(text(401, "{}")).isEmpty();
    }

    @Test
    void answerThatIsNotOfAConsoleSaysNothing() throws InterruptedException {
        assertThat(text(200, "<html>")).isEmpty();
    }

    @Test
    void gatewayThatIsGoneSaysNothing() throws InterruptedException {
        URI base = URI.create("http://127.0.0.1:" + gateway.getAddress().getPort());
        gateway.stop(0);

        assertThat(ConsoleFindings.text(base, "r1")).isEmpty();
    }
}
