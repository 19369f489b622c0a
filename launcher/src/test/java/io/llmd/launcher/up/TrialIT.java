package io.llmd.launcher.up;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.llmd.launcher.Captured;
import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.RunState;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.testsupport.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrialIT {

    private final Captured captured = new Captured();
    private final List<String> events = new ArrayList<>();
    private final Consumer<List<RunState.Part>> ignored = parts -> {};

    @Test
    void partsStartInPhasesAndStopTheOtherWayRound() throws Exception {
        Trial trial = trial(List.of(
                List.of(new FakePart("config", 200), new FakePart("sim-1", 200)),
                List.of(new FakePart("gateway", 200))));

        trial.start(ignored);
        trial.stop();
        trial.stop();

        assertThat(events)
                .containsExactly(
                        "config begins",
                        "sim-1 begins",
                        "gateway begins",
                        "gateway stops",
                        "sim-1 stops",
                        "config stops");
        assertThat(captured.out().lines().map(String::strip))
                .hasSize(3)
                .first()
                .asString()
                .startsWith("config   ready");
        assertThat(captured.err()).contains("drained 0 requests, broke off 7", "stopped in");
    }

    @Test
    void partThatStaysUnwellFailsTheStart() throws Exception {
        Trial trial = trial(List.of(List.of(new FakePart("scheduler", 503))));

        assertThatThrownBy(() -> trial.start(ignored))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("not well after 0.3 s")
                .hasMessageContaining("503");
        trial.stop();
        assertThat(events).endsWith("scheduler stops");
    }

    @Test
    void processThatEndsAtOnceFailsTheStartWithItsLog(@TempDir Path folder) throws Exception {
        LlmdHome home = new LlmdHome(folder);
        Files.createDirectories(home.logs());
        int port = FreePorts.next();
        Trial trial = trial(List.of(List.of(new ProcessPart(
                "gateway",
                "",
                "http://localhost:" + port,
                "http://127.0.0.1:" + port + "/health",
                List.of("sh", "-c", "echo one; echo two >&2; exit 7"),
                home.log("gateway")))));

        assertThatThrownBy(() -> trial.start(ignored))
                .isInstanceOf(StartFailure.class)
                .hasMessageContaining("its process ended");
        assertThat(LogTail.lines(home.log("gateway"), 1)).containsExactly("two");
        trial.stop();
    }

    @Test
    void endpointsRunInThisProcess() throws Exception {
        int port = FreePorts.next();
        EndpointPart part = new EndpointPart(
                "sim-1",
                "decode",
                SimulatorSettings.fromOptions(Map.of("host", "127.0.0.1", "port", String.valueOf(port))));
        Trial trial = trial(List.of(List.of(part)));

        trial.start(ignored);
        assertThat(InFlight.count(List.of(part.url()))).isZero();
        trial.stop();

        assertThat(part.isAlive()).isFalse();
        assertThat(trial.described())
                .containsExactly(new RunState.Part(
                        "sim-1",
                        "decode",
                        "http://localhost:" + port,
                        "http://127.0.0.1:" + port + "/health",
                        ProcessHandle.current().pid()));
    }

    @Test
    void nothingStartsAfterStop() throws Exception {
        Trial trial = trial(List.of(List.of(new FakePart("config", 200))));
        trial.stop();

        assertThatThrownBy(() -> trial.start(ignored)).hasMessageContaining("stopped before its start");
        assertThat(events).isEmpty();
    }

    @Test
    void processOfAPartIsNotedAsSoonAsItHasBegun(@TempDir Path folder) throws Exception {
        List<Long> noted = new ArrayList<>();
        ProcessPart part = new ProcessPart(
                "x",
                "",
                "",
                "http://127.0.0.1:" + FreePorts.next() + "/health",
                List.of("sleep", "30"),
                folder.resolve("x.log"));
        Trial trial = trial(List.of(List.of(part)));

        assertThatThrownBy(() -> trial.start(parts -> noted.add(parts.getFirst().pid())))
                .isInstanceOf(StartFailure.class);

        assertThat(noted).singleElement().satisfies(pid -> assertThat(pid).isEqualTo(part.pid()));
        trial.stop();
    }

    @Test
    void processDoesNotStartAfterItsStop(@TempDir Path folder) {
        ProcessPart part = new ProcessPart("x", "", "", "", List.of("sleep", "30"), folder.resolve("x.log"));

        part.stop(Duration.ofMillis(200));

        assertThatThrownBy(part::begin).hasMessage("x was stopped before its start");
        assertThat(part.isAlive()).isFalse();
    }

    @Test
    void processThatIgnoresTheRequestToEndIsForced(@TempDir Path folder) {
        ProcessPart part = new ProcessPart(
                "x",
                "",
                "",
                "",
                List.of("sh", "-c", "trap '' TERM; while :; do sleep 1; done"),
                folder.resolve("x.log"));
        part.begin();
        ProcessHandle process = ProcessHandle.of(part.pid()).orElseThrow();

        part.stop(Duration.ofMillis(200));

        assertThat(process.isAlive()).isFalse();
        assertThat(part.isAlive()).isFalse();
    }

    @Test
    void leftoversOfOtherProgramsAreLeftAlone() throws Exception {
        Process other = new ProcessBuilder("sleep", "30").start();
        try {
            RunState state =
                    new RunState(1, "", true, "", "", "", List.of(new RunState.Part("sim-1", "", "", other.pid())));

            assertThat(new Leftovers(Duration.ofSeconds(1)).end(state)).isZero();
            assertThat(other.isAlive()).isTrue();
        } finally {
            other.destroyForcibly().waitFor();
        }
    }

    @Test
    void requestsInFlightAreThoseThatRunOrWait() {
        assertThat(InFlight.sum("""
                        # TYPE vllm:num_requests_running gauge
                        vllm:num_requests_running{engine="0",model_name="sim-8b"} 3.0
                        vllm:num_requests_waiting{engine="0",model_name="sim-8b"} 4.0
                        vllm:num_requests_waiting_by_reason{reason="capacity"} 4.0
                        """)).isEqualTo(7);
    }

    private Trial trial(List<List<TrialPart>> phases) {
        return new Trial(phases, Duration.ofMillis(300), Duration.ofSeconds(5), captured.terminal());
    }

    /** A part that answers its health probe with a status and always has seven requests under way. */
    private final class FakePart implements TrialPart {
        private final String name;
        private final HttpServer server;

        FakePart(String name, int status) {
            this.name = name;
            try {
                server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            server.createContext("/health", exchange -> {
                try (exchange) {
                    exchange.sendResponseHeaders(status, -1);
                }
            });
            server.createContext("/metrics", exchange -> {
                byte[] body = "vllm:num_requests_running{a=\"b\"} 7.0\n".getBytes(StandardCharsets.UTF_8);
                try (exchange) {
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                }
            });
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public String url() {
            return "http://127.0.0.1:" + server.getAddress().getPort();
        }

        @Override
        public String health() {
            return url() + "/health";
        }

        @Override
        public long pid() {
            return ProcessHandle.current().pid();
        }

        @Override
        public void begin() {
            events.add(name + " begins");
            server.start();
        }

        @Override
        public boolean isAlive() {
            return true;
        }

        @Override
        public void stop(Duration patience) {
            events.add(name + " stops");
            server.stop(0);
        }
    }
}
