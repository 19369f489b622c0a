package io.llmd.scheduler.config;

import io.llmd.scheduler.explain.PluginDescription;
import io.llmd.scheduler.observe.SchedulerObserver;
import io.llmd.scheduler.plugin.ConfigException;
import io.llmd.scheduler.plugin.EndpointPickerConfigLoader;
import io.llmd.scheduler.plugin.Finding;
import io.llmd.scheduler.plugin.LoadResult;
import io.llmd.scheduler.plugin.ReloadablePlan;
import io.llmd.scheduler.plugin.SchedulingConfigWatcher;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file of the scheduling configuration and the plan that it makes. Started and stopped by one thread. */
final class PlanFile {

    private static final Logger LOG = LoggerFactory.getLogger(PlanFile.class);
    private static final int MAX_BYTES = 1 << 20;
    private static final String BUILT_IN = "built-in configuration";

    private final @Nullable Path file;
    private final SchedulerObserver observer;
    private final ReloadablePlan plan;
    private final String text;
    private final List<Consumer<LoadResult.Loaded>> followers = new ArrayList<>();
    private volatile @Nullable SchedulingConfigWatcher watcher;
    private volatile @Nullable Described described;

    /** Loads the configuration. @throws ConfigException when it is refused */
    PlanFile(@Nullable Path file, EndpointPickerConfigLoader loader, SchedulerObserver observer) {
        this.file = file;
        this.observer = observer;
        try {
            text = file == null ? "" : read(file);
        } catch (IOException e) {
            throw new ConfigException(List.of(
                    new Finding(Finding.Severity.ERROR, String.valueOf(file), 0, "", String.valueOf(e.getMessage()))));
        }
        plan = new ReloadablePlan(loader, text, file == null ? BUILT_IN : file.toString());
        log(plan.loaded().findings());
        plan.current().describe().forEach(line -> LOG.info("{}", line));
    }

    /** What the plugins of a configuration are, by name. */
    static Map<String, PluginDescription> descriptions(LoadResult.Loaded loaded) {
        return Described.of(loaded).plugins();
    }

    ReloadablePlan plan() {
        return plan;
    }

    /** What the plugins in force are, by name. */
    Map<String, PluginDescription> descriptions() {
        LoadResult.Loaded loaded = plan.loaded();
        Described known = described;
        if (known == null || known.loaded() != loaded) {
            known = Described.of(loaded);
            described = known;
        }
        return known.plugins();
    }

    private record Described(LoadResult.Loaded loaded, Map<String, PluginDescription> plugins) {

        private static final int MAX_CHARACTERS = 512;

        static Described of(LoadResult.Loaded loaded) {
            Map<String, PluginDescription> plugins = new HashMap<>();
            loaded.instances()
                    .forEach((name, instance) ->
                            plugins.put(name, new PluginDescription(instance.type(), parameters(instance.params()))));
            return new Described(loaded, Map.copyOf(plugins));
        }

        /** A record prints as its name and its components in brackets; the name says nothing here. */
        private static String parameters(Record params) {
            String text = params.toString();
            String components = text.substring(text.indexOf('[') + 1, text.length() - 1);
            return components.length() <= MAX_CHARACTERS ? components : components.substring(0, MAX_CHARACTERS);
        }
    }

    /** Hands the configuration in force to {@code follower}, now and after each change. Call it before {@link #watch}. */
    void follow(Consumer<LoadResult.Loaded> follower) {
        followers.add(follower);
        follower.accept(plan.loaded());
    }

    /** Begins to look for changes of the file. */
    void watch(Duration interval) {
        if (file != null) {
            SchedulingConfigWatcher started = new SchedulingConfigWatcher(plan, file, text, interval, this::reloaded);
            started.start();
            watcher = started;
        }
    }

    /** Whether the file has changed into one that cannot be used, so that the configuration before it stays. */
    boolean isStale() {
        SchedulingConfigWatcher watching = watcher;
        return watching != null && watching.isStale();
    }

    void stop() {
        if (watcher != null) {
            watcher.stop();
            watcher = null;
        }
    }

    private void reloaded(List<Finding> findings) {
        log(findings);
        boolean refused = findings.stream().anyMatch(Finding::isError);
        observer.configReloaded(!refused);
        if (refused) {
            LOG.atError().log("changed configuration refused, the previous one stays");
        } else {
            followers.forEach(follower -> follower.accept(plan.loaded()));
            LOG.atInfo().log("changed configuration is in force");
        }
    }

    private static String read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("is not a readable file");
        }
        try (var in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IOException("is larger than 1 MiB");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    private static void log(List<Finding> findings) {
        for (Finding finding : findings) {
            LOG.atLevel(finding.isError() ? org.slf4j.event.Level.ERROR : org.slf4j.event.Level.WARN)
                    .log(finding.toString());
        }
    }
}
