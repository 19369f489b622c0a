package io.llmd.launcher.up;

import io.llmd.launcher.home.LlmdHome;
import io.llmd.launcher.home.RunFile;
import io.llmd.launcher.home.RunState;
import io.llmd.launcher.home.RunStatus;
import io.llmd.launcher.terminal.ExitCode;
import io.llmd.launcher.terminal.Terminal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Starts a trial in a process of its own and shows its progress until it is ready. */
final class Detached {

    private static final long POLL_MILLIS = 100;

    private final LlmdHome home;
    private final RunFile runFile;
    private final Terminal terminal;

    Detached(LlmdHome home, RunFile runFile, Terminal terminal) {
        this.home = home;
        this.runFile = runFile;
        this.terminal = terminal;
    }

    /** @param arguments of the command that runs in the foreground of the new process */
    int start(List<String> arguments) throws InterruptedException {
        try {
            Path output = output();
            Process process = new ProcessBuilder(ChildCommand.of(List.of(), arguments))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .start();
            try (BufferedReader lines = Files.newBufferedReader(output)) {
                return follow(process, lines);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The closing screen has the key, so only the owner may read the file. */
    private Path output() throws IOException {
        Files.createDirectories(home.logs());
        Path output = home.log("up");
        Files.deleteIfExists(output);
        return Files.createFile(
                output, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    private int follow(Process process, BufferedReader lines) throws IOException, InterruptedException {
        while (true) {
            boolean alive = process.isAlive();
            boolean ready = runFile.status() instanceof RunStatus.Running(RunState state)
                    && state.ready()
                    && state.pid() == process.pid();
            copy(lines);
            if (ready) {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
                copy(lines);
                return ExitCode.OK;
            }
            if (!alive) {
                return process.exitValue() == 0 ? ExitCode.FAILED : process.exitValue();
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    private void copy(BufferedReader lines) throws IOException {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            terminal.println(line);
        }
    }
}
