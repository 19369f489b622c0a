package io.llmd.launcher.up;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A part in a process of its own, whose output is its log file. */
final class ProcessPart implements TrialPart {

    private final String name;
    private final String role;
    private final String url;
    private final String health;
    private final List<String> command;
    private final Path log;
    private @Nullable Process running;
    private boolean stopped;

    ProcessPart(String name, String role, String url, String health, List<String> command, Path log) {
        this.name = name;
        this.role = role;
        this.url = url;
        this.health = health;
        this.command = List.copyOf(command);
        this.log = log;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String role() {
        return role;
    }

    @Override
    public String url() {
        return url;
    }

    @Override
    public String health() {
        return health;
    }

    @Override
    public synchronized long pid() {
        Process process = running;
        return process == null ? -1 : process.pid();
    }

    /** A stop that comes meanwhile waits for it, so that no process is left behind. */
    @Override
    public synchronized void begin() {
        if (stopped) {
            throw new IllegalStateException(name + " was stopped before its start");
        }
        try {
            running = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized boolean isAlive() {
        Process process = running;
        return process != null && process.isAlive();
    }

    @Override
    public void stop(Duration patience) {
        Process process;
        synchronized (this) {
            stopped = true;
            process = running;
            running = null;
        }
        if (process == null) {
            return;
        }
        process.destroy();
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
