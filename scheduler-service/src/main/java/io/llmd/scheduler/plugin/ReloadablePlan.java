package io.llmd.scheduler.plugin;

import io.llmd.scheduler.flowcontrol.FlowControlSettings;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The plan that decisions run under, replaced while the service runs. A configuration with errors changes nothing.
 * {@link #current()} is one volatile read; replacing is serialised.
 */
public final class ReloadablePlan {

    private final EndpointPickerConfigLoader loader;
    private final ReentrantLock replacing = new ReentrantLock();
    private final List<Consumer<LoadResult.Loaded>> listeners = new CopyOnWriteArrayList<>();
    private volatile LoadResult.Loaded current;
    private volatile String currentText;

    /** Starts with a configuration. @throws ConfigException when it is refused */
    public ReloadablePlan(EndpointPickerConfigLoader loader, String text, String file) {
        this.loader = Objects.requireNonNull(loader, "loader");
        current = loader.load(text, file).orThrow();
        currentText = text;
    }

    /** The plan for a decision that starts now; a decision keeps its plan to the end. */
    public SchedulingPlan current() {
        return current.plan();
    }

    /** The text behind {@link #current()}; empty for the built-in configuration. */
    public String text() {
        return currentText;
    }

    /** The configuration behind {@link #current()}. */
    public LoadResult.Loaded loaded() {
        return current;
    }

    /** How requests wait before their decision. */
    public FlowControlSettings flowControl() {
        return current.flowControl();
    }

    /** Tells {@code listener} of every configuration that comes into force from now on, on the thread that replaces it. */
    public void addListener(Consumer<LoadResult.Loaded> listener) {
        listeners.add(listener);
    }

    /**
     * Replaces the plan when {@code text} has no errors and changes nothing that needs a restart. Plugins that stay the same
     * keep their state.
     *
     * @return findings about the text; the old plan stays when one of them is an error
     */
    public List<Finding> replace(String text, String file) {
        replacing.lock();
        try {
            LoadResult result = loader.load(text, file, current.instances());
            if (!(result instanceof LoadResult.Loaded loaded)) {
                return result.findings();
            }
            List<Finding> fixed = RestartNeeded.between(current, loaded, file);
            if (fixed.isEmpty()) {
                current = loaded;
                currentText = text;
                listeners.forEach(listener -> listener.accept(loaded));
                return loaded.findings();
            }
            List<Finding> all = new ArrayList<>(loaded.findings());
            all.addAll(fixed);
            return all;
        } finally {
            replacing.unlock();
        }
    }
}
