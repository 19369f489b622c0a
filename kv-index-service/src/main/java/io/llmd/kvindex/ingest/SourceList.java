package io.llmd.kvindex.ingest;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engines of a pool: those that never change, and those in a file that is read again and again. A file that cannot be
 * used leaves the list as it is, except at the start, which it ends.
 */
public final class SourceList implements EngineFeed {

    private static final Logger LOG = LoggerFactory.getLogger(SourceList.class);

    private final List<EngineSource> fixed;
    private final @Nullable Path file;
    private final Duration interval;
    private final Consumer<List<EngineSource>> taker;
    private @Nullable ScheduledExecutorService watcher;
    private byte[] content = {};
    private String problem = "";
    private volatile boolean isKnown;

    /**
     * @param file null for none
     * @param interval how often it is looked at
     * @param taker is told the whole list, at the start and after each change
     */
    public SourceList(
            List<EngineSource> fixed, @Nullable Path file, Duration interval, Consumer<List<EngineSource>> taker) {
        this.fixed = List.copyOf(fixed);
        this.file = file;
        this.interval = interval;
        this.taker = taker;
    }

    @Override
    public synchronized void start() {
        if (file == null) {
            taker.accept(fixed);
            isKnown = true;
            return;
        }
        try {
            content = EndpointsFile.bytes(file);
            tell(EndpointsFile.read(content));
        } catch (IOException e) {
            throw new IllegalStateException(file + ": " + e.getMessage(), e);
        }
        ScheduledExecutorService made = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("kv-index-endpoints").factory());
        watcher = made;
        made.scheduleWithFixedDelay(() -> look(file), interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void look(Path changed) {
        try {
            byte[] bytes = EndpointsFile.bytes(changed);
            if (!Arrays.equals(bytes, content)) {
                tell(EndpointsFile.read(bytes));
                content = bytes;
            }
            problem = "";
        } catch (IOException | RuntimeException e) {
            String reason = String.valueOf(e.getMessage());
            if (!reason.equals(problem)) {
                problem = reason;
                LOG.atError().addKeyValue("reason", reason).log("endpoints file refused, the previous list stays");
            }
        }
    }

    private void tell(List<EngineSource> read) {
        List<EngineSource> all = new ArrayList<>(fixed);
        all.addAll(read);
        taker.accept(all);
        isKnown = true;
        LOG.atInfo().addKeyValue("count", all.size()).log("engines listed");
    }

    @Override
    public boolean isKnown() {
        return isKnown;
    }

    @Override
    public synchronized void close() {
        if (watcher != null) {
            watcher.shutdownNow();
            watcher = null;
        }
    }
}
