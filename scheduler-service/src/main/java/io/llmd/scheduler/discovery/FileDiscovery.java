package io.llmd.scheduler.discovery;

import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.discovery.EndpointFile.EntryProblem;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Endpoints from a file. Looks at time, size and content of the file behind the path, so that writing in place, renaming
 * over it and switching a symbolic link are all seen. A file that cannot be used leaves all endpoints as they are; an
 * entry that cannot be used leaves the previous version of that entry. The first reading is strict: it throws.
 */
public final class FileDiscovery implements DiscoveryState, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(FileDiscovery.class);

    private record Stamp(long modifiedMillis, long size) {}

    private final Path file;
    private final EndpointFileReader reader;
    private final EndpointStore store;
    private final DiscoveryListener listener;
    private final Map<String, EndpointMetadata> current = new LinkedHashMap<>();
    private @Nullable ScheduledExecutorService watcher;
    private @Nullable Stamp stamp;
    private byte[] content = {};
    private volatile boolean ready;
    private volatile String problem = "";

    /**
     * Endpoints of {@code file} for {@code store}.
     *
     * @param allowLoopback whether endpoints may be on this machine
     */
    public FileDiscovery(Path file, boolean allowLoopback, EndpointStore store, DiscoveryListener listener) {
        this.file = Objects.requireNonNull(file, "file");
        this.reader = new EndpointFileReader(allowLoopback);
        this.store = Objects.requireNonNull(store, "store");
        this.listener = Objects.requireNonNull(listener, "listener");
    }

    /**
     * Reads the file for the first time.
     *
     * @throws DiscoveryException when the file or one of its entries cannot be used
     */
    public synchronized void load() {
        try {
            Stamp seen = stamp();
            content = EndpointFileReader.bytes(file);
            EndpointFile list = reader.read(content);
            if (!list.problems().isEmpty()) {
                throw new DiscoveryException(
                        file + ": " + list.problems().getFirst().message());
            }
            stamp = seen;
            apply(list);
        } catch (IOException e) {
            throw new DiscoveryException(file + ": " + e.getMessage());
        }
    }

    /** Looks at the file again and again until {@link #close}. */
    public synchronized void watch(Duration interval) {
        if (watcher == null) {
            ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("discovery").daemon().factory());
            executor.scheduleWithFixedDelay(this::check, interval.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
            watcher = executor;
        }
    }

    /** Reads the file when it has changed. Never throws. */
    synchronized void check() {
        try {
            Stamp seen = stamp();
            if (seen.equals(stamp) && problem.isEmpty()) {
                return;
            }
            byte[] bytes = EndpointFileReader.bytes(file);
            if (Arrays.equals(bytes, content) && problem.isEmpty()) {
                stamp = seen;
                return;
            }
            EndpointFile list = reader.read(bytes);
            stamp = seen;
            content = bytes;
            apply(list);
        } catch (IOException | RuntimeException e) {
            refuse(e);
        }
    }

    /** Modification times may be as coarse as a second, so a file that is younger than that may change unseen. */
    private Stamp stamp() throws IOException {
        long modified = Files.getLastModifiedTime(file).toMillis();
        boolean settled = System.currentTimeMillis() - modified > 2000;
        return new Stamp(settled ? modified : -System.nanoTime(), Files.size(file));
    }

    private void refuse(Exception e) {
        String reason = file + ": "
                + (e instanceof IOException ? e.getMessage() : e.getClass().getSimpleName());
        if (!reason.equals(problem)) {
            problem = reason;
            LOG.atError().addKeyValue("reason", reason).log("endpoints file refused, the previous list stays");
            listener.sourceRefused(reason);
        }
    }

    private void apply(EndpointFile list) {
        Map<String, EndpointMetadata> wanted = new LinkedHashMap<>();
        list.endpoints().forEach(endpoint -> wanted.put(endpoint.id(), endpoint));
        for (EntryProblem entry : list.problems()) {
            LOG.atError().addKeyValue("reason", entry.message()).log("endpoint refused, its previous version stays");
            listener.entryRefused(entry.message());
            EndpointMetadata previous = current.get(entry.id());
            if (previous != null) {
                wanted.putIfAbsent(entry.id(), previous);
            }
        }
        Set<String> gone = new HashSet<>(current.keySet());
        gone.removeAll(wanted.keySet());
        gone.forEach(store::delete);
        wanted.values().forEach(store::upsert);
        current.clear();
        current.putAll(wanted);
        problem = "";
        ready = true;
        listener.loaded(wanted.size());
        LOG.atInfo().addKeyValue("count", wanted.size()).log("endpoints loaded");
    }

    @Override
    public boolean isReady() {
        return ready;
    }

    @Override
    public String problem() {
        return problem;
    }

    @Override
    public synchronized void close() {
        if (watcher != null) {
            watcher.shutdownNow();
            watcher = null;
        }
    }
}
