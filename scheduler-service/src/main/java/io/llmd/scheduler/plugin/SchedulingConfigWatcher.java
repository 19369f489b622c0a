package io.llmd.scheduler.plugin;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Watches a configuration file and replaces the plan when its content changes. Polls, so that editing in place, atomic
 * rename and the symbolic links of mounted volumes all work. A change is taken once two polls in a row see the same
 * content, so that a file that is being written is left alone. While the file is missing, empty, a directory or
 * unreadable, the plan stays and the listener hears of it once.
 *
 * <p>Owns one daemon thread between {@link #start()} and {@link #stop()}.
 */
public final class SchedulingConfigWatcher {

    private final ReloadablePlan plan;
    private final Path file;
    private final Duration interval;
    private final Consumer<List<Finding>> listener;
    private byte[] loadedHash;
    private byte @Nullable [] pendingHash;
    private volatile boolean isUnreadable;
    private volatile boolean isRefused;
    private @Nullable ScheduledExecutorService executor;

    /**
     * A watcher that is not running yet.
     *
     * @param loadedText content of the file that {@code plan} was made from
     * @param interval time between polls
     * @param listener hears the findings of each change that was loaded or refused
     */
    public SchedulingConfigWatcher(
            ReloadablePlan plan, Path file, String loadedText, Duration interval, Consumer<List<Finding>> listener) {
        this.plan = Objects.requireNonNull(plan, "plan");
        this.file = Objects.requireNonNull(file, "file");
        this.interval = Objects.requireNonNull(interval, "interval");
        this.listener = Objects.requireNonNull(listener, "listener");
        loadedHash = hash(loadedText.getBytes(StandardCharsets.UTF_8));
    }

    /** Starts polling; does nothing while it runs. */
    public synchronized void start() {
        if (executor == null) {
            executor = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform()
                    .daemon()
                    .name("scheduling-config-watcher")
                    .factory());
            executor.scheduleWithFixedDelay(this::poll, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /** Stops polling and waits for a poll in progress. */
    public synchronized void stop() {
        if (executor != null) {
            executor.close();
            executor = null;
        }
    }

    /** Whether the file cannot be used as it is, so that what was loaded before stays. */
    public boolean isStale() {
        return isUnreadable || isRefused;
    }

    /** Looks at the file once. */
    void poll() {
        try {
            take(read());
        } catch (IOException e) {
            pendingHash = null;
            unreadable(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            unreadable("reload failed: " + e);
        }
    }

    private byte[] read() throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("no regular file");
        }
        if (Files.size(file) > YamlReader.MAX_BYTES) {
            throw new IOException("file is larger than 2 MiB");
        }
        byte[] content = Files.readAllBytes(file);
        if (content.length == 0) {
            throw new IOException("file is empty");
        }
        return content;
    }

    private void take(byte[] content) {
        isUnreadable = false;
        byte[] hash = hash(content);
        if (Arrays.equals(hash, loadedHash)) {
            pendingHash = null;
        } else if (Arrays.equals(hash, pendingHash)) {
            loadedHash = hash;
            pendingHash = null;
            // Until it is known to be taken, also when that ends with an exception.
            isRefused = true;
            List<Finding> findings = plan.replace(new String(content, StandardCharsets.UTF_8), file.toString());
            isRefused = findings.stream().anyMatch(Finding::isError);
            listener.accept(findings);
        } else {
            pendingHash = hash;
        }
    }

    private void unreadable(String why) {
        if (!isUnreadable) {
            isUnreadable = true;
            listener.accept(List.of(new Finding(
                    Finding.Severity.ERROR, file.toString(), 0, "", why + "; the previous configuration stays")));
        }
    }

    private static byte[] hash(byte[] content) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(content);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 is missing", e);
        }
    }
}
