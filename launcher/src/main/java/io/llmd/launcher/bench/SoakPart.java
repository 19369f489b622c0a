package io.llmd.launcher.bench;

import io.llmd.launcher.home.HealthProbe;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One process of a soak, which is killed and started again at the same address. Its log goes on over its lives. */
final class SoakPart implements AutoCloseable {

    /** Longest that a start takes. */
    static final Duration READY_LIMIT = Duration.ofMinutes(6);

    /** Longest that an end takes. */
    static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    private static final long POLL_MILLIS = 100;

    private final String name;
    private final List<String> command;
    private final URI health;
    private final Path log;
    private volatile @Nullable Process process;
    private boolean closed;

    /** @param health answers 200 once it serves */
    SoakPart(String name, List<String> command, URI health, Path log) {
        this.name = name;
        this.command = List.copyOf(command);
        this.health = health;
        this.log = log;
    }

    String name() {
        return name;
    }

    synchronized void start() throws IOException {
        if (closed) {
            throw new BenchFailure(name + ": ended before its start");
        }
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
    }

    /** Waits until it serves. @throws BenchFailure if it does not, or ends */
    void awaitReady() throws InterruptedException {
        HealthProbe probe = new HealthProbe(Duration.ofSeconds(2));
        long limit = System.nanoTime() + READY_LIMIT.toNanos();
        while (!probe.ask(health).isHealthy()) {
            if (!isAlive() || System.nanoTime() > limit) {
                throw new BenchFailure(name + ": does not serve; its log: " + log);
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    boolean isAlive() {
        Process running = process;
        return running != null && running.isAlive();
    }

    long pid() {
        Process running = process;
        return running == null ? -1 : running.pid();
    }

    /** Ends it without a chance to clean up. */
    void kill() throws InterruptedException {
        Process running = process;
        if (running != null) {
            running.destroyForcibly().waitFor();
        }
    }

    /** Asks it to end, and waits for that. @return whether it ended in time, with the status of a process that was told to */
    boolean stop() throws InterruptedException {
        Process running = process;
        if (running == null) {
            return true;
        }
        running.destroy();
        if (running.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
            return true;
        }
        running.destroyForcibly().waitFor();
        return false;
    }

    /** Lines of the log that hold the text. @throws java.nio.file.NoSuchFileException if it was never started */
    long logged(String text) throws IOException {
        try (var lines = Files.lines(log)) {
            return lines.filter(line -> line.contains(text)).count();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
        }
    }
}
