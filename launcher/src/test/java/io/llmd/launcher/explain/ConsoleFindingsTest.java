package io.llmd.launcher.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpServer;
import io.llmd.launcher.Captured;
import io.llmd.launcher.terminal.CommandFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
        answer("/console/api/requests/r-1", status, body);
        URI base = URI.create("http://127.0.0.1:" + gateway.getAddress().getPort() + "/");
        return ConsoleFindings.text(base, "r-1");
    }

    private void answer(String path, int status, String body) {
        gateway.createContext(path, exchange -> {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            try (exchange) {
                exchange.sendResponseHeaders(status, bytes.length);
                exchange.getResponseBody().write(bytes);
            }
        });
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
    void requestThatTheGatewayDoesNotKnowHasNone() throws InterruptedException {
        assertThat(text(200, "{\"requests\": []}")).isEmpty();
    }

    @Test
    void consoleThatIsClosedOrNoneIsTold() {
        assertThatExceptionOfType(CommandFailure.class)
                .isThrownBy(() -> text(401, "{}"))
                .withMessageContaining("401");
    }

    @Test
    void answerThatIsNotOfAConsoleIsTold() {
        assertThatExceptionOfType(CommandFailure.class)
                .isThrownBy(() -> text(200, "<html>"))
                .withMessageContaining("no JSON");
    }

    @Test
    void explainTellsOfAGatewayThatIsNotThereAndOfTheDecisionAllTheSame() {
        String scheduler = "http://127.0.0.1:" + gateway.getAddress().getPort();
        answer("/v1/decisions/r-1", 200, "{\"requestId\": \"r-1\", \"attempts\": [{}]}");
        Captured captured = new Captured();

        for (String wrong : List.of("http://127.0.0.1:1", "localhost:8080")) {
            captured.run("explain", "r-1", "--url", scheduler, "--gateway", wrong);

            assertThat(captured.err()).contains("--gateway: ").contains(wrong);
            assertThat(captured.out()).contains("request r-1");
        }
    }
}
