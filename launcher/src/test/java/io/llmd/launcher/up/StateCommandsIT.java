package io.llmd.launcher.up;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.llmd.launcher.Captured;
import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.RunFile;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.home.RunStatus;
import io.llmd.launcher.terminal.Json;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class StateCommandsIT {

    @TempDir
    Path folder;

    private final Captured captured = new Captured();
    private LlmdHome home;
    private RunFile runFile;

    @BeforeEach
    void useFolder() {
        System.setProperty("llmd.home", folder.toString());
        home = LlmdHome.current();
        runFile = new RunFile(home);
    }

    @AfterEach
    void forgetFolder() {
        System.clearProperty("llmd.home");
    }

    @Test
    void statusOfARunIsOneObject() throws Exception {
        HttpServer well = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        well.createContext("/", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(200, -1);
            }
        });
        well.start();
        String url = "http://127.0.0.1:" + well.getAddress().getPort();
        long self = ProcessHandle.current().pid();
        runFile.write(run(
                self,
                new RunState.Part("gateway", url, url + "/actuator/health", self),
                new RunState.Part("sim-1", "prefill", "http://127.0.0.1:1", "http://127.0.0.1:1/health", self)));
        String table;
        try {
            assertThat(captured.run("status")).isEqualTo(3);
            table = captured.out();
            assertThat(captured.out())
                    .containsPattern("part +role +state")
                    .containsPattern("sim-1 +prefill +not ready");
            assertThat(captured.run("status", "--json")).isEqualTo(3);
        } finally {
            well.stop(0);
        }

        JsonNode status = Json.MAPPER.readTree(captured.out().substring(table.length()));
        assertThat(status.path("gateway").asString()).isEqualTo("http://localhost:8080");
        assertThat(status.path("key").asString()).isEqualTo("sk-demo-1");
        assertThat(status.path("parts").path(0).path("state").asString()).isEqualTo("ready");
        assertThat(status.path("parts").path(0).path("pid").asLong()).isEqualTo(self);
        assertThat(status.path("parts").path(1).path("state").asString()).isEqualTo("not ready");
        assertThat(status.path("parts").path(1).path("role").asString()).isEqualTo("prefill");
    }

    @Test
    void statusSaysWhatToDoWhenNothingRuns() {
        assertThat(captured.run("status")).isEqualTo(3);
        assertThat(captured.err()).contains("nothing is running; './llmd up'");
    }

    @Test
    void downEndsTheStarterAndForgetsIt() throws Exception {
        Process starter = new ProcessBuilder("sleep", "60").start();
        runFile.write(new RunState(starter.pid(), RunFile.startOf(starter.toHandle()), true, "", "", "", List.of()));

        assertThat(captured.run("down")).isZero();

        assertThat(starter.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(runFile.status()).isEqualTo(new RunStatus.Absent());
    }

    @Test
    void downWithAStaleOrBrokenRunFileCleansUp() throws Exception {
        runFile.write(run(ProcessHandle.current().pid() + 1_000_000));
        assertThat(captured.run("down")).isZero();
        assertThat(captured.out()).contains("was gone already");

        Files.writeString(home.runFile(), "{");
        assertThat(captured.run("down")).isZero();
        assertThat(captured.out()).contains("removed an unreadable run file");
        assertThat(captured.run("down")).isZero();
        assertThat(captured.out()).contains("nothing is running");
    }

    @Test
    void secondUpIsRefusedWhileOneRuns() {
        runFile.write(run(ProcessHandle.current().pid()));

        assertThat(captured.run("up")).isEqualTo(1);
        assertThat(captured.err())
                .contains(
                        "already running as process " + ProcessHandle.current().pid());
    }

    @Test
    void portInUseIsNamedWithItsOwnerAndAWayOut() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = socket.getLocalPort();
            // The gateway's own port, or, where that leaves no room for the others, the management port.
            int base = port <= 64_000 ? port : port - 1_000;

            assertThat(captured.run("up", "--port-base", String.valueOf(base))).isEqualTo(1);
            assertThat(captured.err()).contains("port " + port + " (gateway", "--port-base 18080");
        }
    }

    @Test
    void wrongPlansAreUsageErrors() {
        assertThat(captured.run("up", "--pods", "0")).isEqualTo(2);
        assertThat(captured.run("up", "--port-base", "80")).isEqualTo(2);
        assertThat(captured.run("up", "--config", "/nonexistent.yaml")).isEqualTo(2);
        assertThat(captured.run("serve", "--roles", "gatway")).isEqualTo(2);
        assertThat(captured.err())
                .contains(
                        "role: gatway (expected: config-server, kv-index, scheduler, autoscaler, gateway, sidecar, coordinator)");
    }

    @Test
    void logsShowTheEndOfOnePartOrOfAll() throws Exception {
        assertThat(captured.run("logs")).isEqualTo(3);
        Files.createDirectories(home.logs());
        Files.writeString(home.log("gateway"), "one\ntwo\nthree\n");
        Files.writeString(home.log("sim-1"), "four\n");

        Captured one = new Captured();
        assertThat(one.run("logs", "gateway", "-n", "2")).isZero();
        assertThat(one.out()).isEqualTo("two\nthree\n");
        Captured all = new Captured();
        assertThat(all.run("logs")).isZero();
        assertThat(all.out()).contains("== gateway", "== sim-1", "four");
        assertThat(all.run("logs", "nothing")).isEqualTo(3);
        assertThat(all.run("logs", "-f")).isEqualTo(2);
    }

    private static RunState run(long pid, RunState.Part... parts) {
        String start = ProcessHandle.of(pid).map(RunFile::startOf).orElse("");
        return new RunState(pid, start, true, "http://localhost:8080", "sk-demo-1", "sim-8b", List.of(parts));
    }
}
