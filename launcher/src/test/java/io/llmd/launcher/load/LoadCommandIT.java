package io.llmd.launcher.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.launcher.Captured;
import io.llmd.launcher.FakeGateway;
import io.llmd.launcher.terminal.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class LoadCommandIT {

    private final Captured captured = new Captured();

    @Test
    void reportGoesToTerminalAndFileWithoutTheKey(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("report.json");
        try (FakeGateway gateway = FakeGateway.start(reply -> reply.words("pod", "a", "b"))) {
            int code = captured.run(
                    "load",
                    "--url",
                    gateway.uri() + "/v1",
                    "--key",
                    "sk-secret",
                    "--rps",
                    "20",
                    "--for",
                    "300ms",
                    "--spacing",
                    "constant",
                    "--out",
                    file.toString());

            assertThat(captured.err()).isEmpty();
            assertThat(code).isZero();
            assertThat(captured.out())
                    .contains("time to first token", "inter-token latency", "own lateness", "throughput");
            JsonNode report = Json.MAPPER.readTree(Files.readString(file));
            assertThat(report.path("requests").asInt()).isEqualTo(6);
            assertThat(report.path("run").path("seed").asInt()).isEqualTo(1);
            assertThat(report.path("run").path("command").asString()).contains("--key ***");
            assertThat(Files.readString(file)).doesNotContain("sk-secret");
            assertThat(gateway.bodies()).allSatisfy(body -> assertThat(body).contains("\"model\":\"sim-8b\""));
        }
    }

    @Test
    void jsonIsOneLine() {
        try (FakeGateway gateway = FakeGateway.start(reply -> reply.words("pod", "a"))) {
            captured.run("load", "--url", gateway.uri().toString(), "--rps", "20", "--for", "200ms", "--json");

            assertThat(captured.out().strip().lines()).hasSize(1);
            assertThat(Json.MAPPER.readTree(captured.out()).path("answered").asInt())
                    .isPositive();
        }
    }

    @Test
    void errorsGiveExitCodeOneUnlessAllowed() {
        try (FakeGateway gateway = FakeGateway.start(reply -> reply.json(503, "{}"))) {
            String url = gateway.uri().toString();

            assertThat(captured.run("load", "--url", url, "--rps", "20", "--for", "200ms"))
                    .isEqualTo(1);
            assertThat(captured.out()).contains("503 without_code");
            assertThat(captured.run("load", "--url", url, "--rps", "20", "--for", "200ms", "--max-error-share", "1"))
                    .isZero();
        }
    }

    @Test
    void brokenLimitsGiveExitCodeFour() {
        try (FakeGateway gateway = FakeGateway.start(reply -> {
            LockSupport.parkNanos(100_000_000);
            reply.words("pod", "a");
        })) {
            int code = captured.run(
                    "load", "--url", gateway.uri().toString(), "--rps", "10", "--for", "300ms", "--slo-ttft", "5ms");

            assertThat(captured.out()).contains("goodput      0.0 %");
            assertThat(code).isIn(1, 4);
            assertThat(code == 1).isEqualTo(captured.out().contains("INVALID"));
        }
    }

    @Test
    void aRecordingIsPlayedAtItsSpeedWhereverItsNameStands(@TempDir Path folder) throws Exception {
        Path recording = folder.resolve("trace.jsonl");
        Files.writeString(recording, """
                {"timestamp": 0, "input_length": 512, "output_length": 2, "hash_ids": [1]}
                {"timestamp": 400, "input_length": 512, "output_length": 2, "hash_ids": [1]}
                {"timestamp": 60000, "input_length": 512, "output_length": 2, "hash_ids": [2]}
                """);
        try (FakeGateway gateway = FakeGateway.start(reply -> reply.words("pod", "a", "b"))) {
            String url = gateway.uri().toString();
            int before = captured.run(
                    "replay", "--speed", "2", recording.toString(), "--url", url, "--for", "300ms", "--json");
            int after = captured.run(
                    "replay", recording.toString(), "--for", "300ms", "--speed", "2", "--url", url, "--json");

            assertThat(captured.err()).isEmpty();
            assertThat(before).isZero();
            assertThat(after).isZero();
            assertThat(captured.out().strip().lines())
                    .hasSize(2)
                    .allSatisfy(line -> assertThat(
                                    Json.MAPPER.readTree(line).path("requests").asInt())
                            .isEqualTo(2));
        }
    }

    @Test
    void otherMachinesAndExcessNeedToBeAsked() {
        assertThat(captured.run("load", "--url", "http://192.0.2.1:8080", "-m", "x"))
                .isEqualTo(2);
        assertThat(captured.err()).contains("--allow-remote");
        assertThat(captured.run("load", "--url", "http://127.0.0.1:1", "-m", "x", "--rps", "1001"))
                .isEqualTo(2);
        assertThat(captured.run("load", "--url", "http://127.0.0.1:1", "-m", "x", "--for", "11m"))
                .isEqualTo(2);
        assertThat(captured.run("load", "--url", "http://127.0.0.1:1", "-m", "x", "--concurrency", "4097"))
                .isEqualTo(2);
    }

    @Test
    void wrongOptionsAreUsageErrors() {
        assertThat(captured.run("load", "--rps", "5", "--concurrency", "2")).isEqualTo(2);
        assertThat(captured.run("load", "--for", "soon")).isEqualTo(2);
        assertThat(captured.run("load", "--url", "http://127.0.0.1:1", "-m", "x", "--groups", "0"))
                .isEqualTo(2);
        assertThat(captured.run("load", "--prompt-tokens", "many")).isEqualTo(2);
        assertThat(captured.err()).contains("expected: N, MIN-MAX or exp:MEAN");
    }

    @Test
    void absentGatewayIsNotReady() {
        assertThat(captured.run("load", "--url", "http://127.0.0.1:1")).isEqualTo(3);
    }
}
