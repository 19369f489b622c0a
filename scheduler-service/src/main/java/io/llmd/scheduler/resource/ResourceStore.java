package io.llmd.scheduler.resource;

import io.llmd.scheduler.plugin.ConfigException;
import io.llmd.scheduler.plugin.Finding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The resources in force, from a file or from all YAML files of a directory, followed while the service runs. Files are
 * polled, so that editing in place, atomic rename and mounted volumes all work; a change is taken once two polls in a row
 * see the same content. Files with errors change nothing.
 *
 * <p>{@link #current()} is one volatile read from any thread; {@link #poll()} is for one thread.
 */
public final class ResourceStore {

    private static final int MAX_FILES = 1_000;
    private static final int MAX_BYTES = 2 << 20;

    private final @Nullable Path path;
    private final PoolName pool;
    private final Map<String, Integer> objectives;
    private final Consumer<List<Finding>> listener;
    private final List<Consumer<Resources>> followers = new java.util.concurrent.CopyOnWriteArrayList<>();
    private volatile Resources current;
    private List<ResourceFile> loaded = List.of();
    private @Nullable List<ResourceFile> pending;
    private String unreadable = "";

    /**
     * Reads the resources for the first time.
     *
     * @param path file or directory; null for none
     * @param pool the pool that resources must refer to
     * @param objectives further objectives; those of files win
     * @param listener hears the findings of each change that was loaded or refused
     * @throws ConfigException when they are refused
     */
    public ResourceStore(
            @Nullable Path path, PoolName pool, Map<String, Integer> objectives, Consumer<List<Finding>> listener) {
        this.path = path;
        this.pool = Objects.requireNonNull(pool, "pool");
        this.objectives = Map.copyOf(objectives);
        this.listener = Objects.requireNonNull(listener, "listener");
        this.current = Resources.of(this.objectives);
        if (path != null) {
            start(path);
        }
    }

    private void start(Path from) {
        try {
            loaded = files(from);
        } catch (IOException e) {
            throw new ConfigException(List.of(problem(from, String.valueOf(e.getMessage()))));
        }
        LoadedResources read = new ResourceReader(pool).read(loaded);
        if (read.isRefused()) {
            throw new ConfigException(read.findings());
        }
        current = read.resources().with(objectives);
        if (!read.findings().isEmpty()) {
            listener.accept(read.findings());
        }
    }

    /** The resources for a request that comes now. */
    public Resources current() {
        return current;
    }

    /** Hears of every set, beginning with the one in force, on the polling thread. */
    public void follow(Consumer<Resources> follower) {
        followers.add(follower);
        follower.accept(current);
    }

    /** Whether there are files to follow. */
    public boolean hasFiles() {
        return path != null;
    }

    /** Looks at the files once. */
    public void poll() {
        Path from = path;
        if (from == null) {
            return;
        }
        try {
            take(files(from));
        } catch (IOException e) {
            pending = null;
            String why = String.valueOf(e.getMessage());
            if (!why.equals(unreadable)) {
                unreadable = why;
                listener.accept(List.of(problem(from, why + "; the previous resources stay")));
            }
        }
    }

    private void take(List<ResourceFile> files) {
        unreadable = "";
        if (files.equals(loaded)) {
            pending = null;
        } else if (files.equals(pending)) {
            loaded = files;
            pending = null;
            replace(new ResourceReader(pool).read(files));
        } else {
            pending = files;
        }
    }

    private void replace(LoadedResources read) {
        if (!read.isRefused()) {
            use(read.resources());
        }
        listener.accept(read.findings());
    }

    /**
     * Puts what another source than files declares in force. One thread at a time.
     *
     * @throws IllegalStateException when there are files, for those count
     */
    void declare(Resources resources) {
        if (path != null) {
            throw new IllegalStateException("resources come from " + path);
        }
        use(resources);
    }

    private void use(Resources resources) {
        Resources next = resources.with(objectives);
        current = next;
        followers.forEach(follower -> follower.accept(next));
    }

    /** The pool that resources must refer to. */
    PoolName pool() {
        return pool;
    }

    private static List<ResourceFile> files(Path from) throws IOException {
        if (Files.isRegularFile(from)) {
            return List.of(read(from));
        }
        if (!Files.isDirectory(from)) {
            throw new IOException("neither a file nor a directory");
        }
        List<Path> paths;
        try (Stream<Path> entries = Files.list(from)) {
            paths = entries.filter(ResourceStore::isYaml)
                    .sorted()
                    .limit(MAX_FILES + 1L)
                    .toList();
        } catch (UncheckedIOException e) {
            throw new IOException(e.getCause());
        }
        if (paths.size() > MAX_FILES) {
            throw new IOException("more than " + MAX_FILES + " files");
        }
        List<ResourceFile> files = new ArrayList<>(paths.size());
        for (Path path : paths) {
            files.add(read(path));
        }
        return files;
    }

    private static boolean isYaml(Path path) {
        String name = path.getFileName().toString();
        return (name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json"))
                && !name.startsWith(".")
                && Files.isRegularFile(path);
    }

    private static ResourceFile read(Path path) throws IOException {
        try (var in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IOException(path + " is larger than 2 MiB");
            }
            return new ResourceFile(path.toString(), new String(bytes, StandardCharsets.UTF_8));
        }
    }

    private static Finding problem(Path path, String message) {
        return new Finding(Finding.Severity.ERROR, path.toString(), 0, "", message);
    }
}
