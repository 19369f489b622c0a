package io.llmd.launcher.home;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFileTest {

    @TempDir
    Path folder;

    private LlmdHome home;
    private RunFile file;

    @BeforeEach
    void open() {
        home = new LlmdHome(folder);
        file = new RunFile(home);
    }

    @Test
    void noFileIsNoRun() {
        assertThat(file.status()).isEqualTo(new RunStatus.Absent());
    }

    @Test
    void liveProcessIsARun() {
        RunState state = state(ProcessHandle.current().pid(), RunFile.startOf(ProcessHandle.current()));
        file.write(state);

        assertThat(file.status()).isEqualTo(new RunStatus.Running(state));
    }

    @Test
    void processIdThatWasReusedIsStale() {
        RunState state = state(ProcessHandle.current().pid(), "2001-01-01T00:00:00Z");
        file.write(state);

        assertThat(file.status()).isEqualTo(new RunStatus.Stale(state));
    }

    @Test
    void endedProcessIsStale() throws Exception {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        RunState state = state(ended.pid(), "");
        file.write(state);

        assertThat(file.status()).isEqualTo(new RunStatus.Stale(state));
    }

    @Test
    void brokenFileIsSaidToBe() throws Exception {
        Files.createDirectories(home.state());
        Files.writeString(home.runFile(), "{\"pid\":");

        assertThat(file.status())
                .isInstanceOfSatisfying(
                        RunStatus.Unreadable.class,
                        unreadable -> assertThat(unreadable.reason()).contains("run.json"));
    }

    @Test
    void fileWithTheKeyIsForItsOwnerOnly() throws Exception {
        file.write(state(1, ""));

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.runFile())))
                .isEqualTo("rw-------");
    }

    @Test
    void deletedFileIsNoRun() {
        file.write(state(1, ""));
        file.delete();
        file.delete();

        assertThat(file.status()).isEqualTo(new RunStatus.Absent());
    }

    private static RunState state(long pid, String startedAt) {
        return new RunState(
                pid,
                startedAt,
                true,
                "http://localhost:8080",
                "sk-demo-1",
                "sim-8b",
                List.of(new RunState.Part(
                        "gateway", "http://localhost:8080", "http://localhost:9080/actuator/health", pid)));
    }
}
