package io.llmd.kvindex.ingest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a snapshot of a pool in a file, so that a restart need not learn what engines hold anew: read at the start, written
 * again and again and at the end. A file that cannot be read or written costs that, and nothing else.
 */
public final class SnapshotKeeper implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SnapshotKeeper.class);

    private final PoolSnapshots snapshots;
    private final Path file;
    private final Duration interval;
    private @Nullable ScheduledExecutorService thread;

    /** @param interval time between two snapshots */
    public SnapshotKeeper(PoolSnapshots snapshots, Path file, Duration interval) {
        this.snapshots = snapshots;
        this.file = file;
        this.interval = interval;
    }

    /** Goes on from the file, if there is one, and begins to keep it. The pool's engines are listed. */
    public synchronized void start() {
        if (Files.exists(file)) {
            restore();
        }
        ScheduledExecutorService made = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("kv-index-snapshots").factory());
        thread = made;
        made.scheduleWithFixedDelay(this::save, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void restore() {
        try {
            PoolSnapshots.Restored restored = snapshots.restore(file, false);
            LOG.atInfo()
                    .addKeyValue("lanes", restored.restored())
                    .addKeyValue("skipped", restored.skipped())
                    .log("index goes on from its snapshot");
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            // Too large for this memory is one more way to be bad.
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("snapshot of the index refused, it begins anew");
        }
    }

    private synchronized void save() {
        try {
            snapshots.write(file);
        } catch (IOException | RuntimeException e) {
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("snapshot of the index was not written");
        }
    }

    /** Writes a last snapshot; before the pool is closed. */
    @Override
    public synchronized void close() {
        if (thread != null) {
            thread.shutdownNow();
            thread = null;
            save();
        }
    }
}
