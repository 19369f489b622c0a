package io.llmd.scheduler.config;

import io.llmd.scheduler.plugin.LivePlugin;
import io.llmd.scheduler.plugin.PluginInstance;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.Consumer;

/** Starts the plugins of the configuration in force, and stops those that are no longer in it. Safe from any thread. */
final class LivePlugins {

    private final Consumer<RuntimeException> failures;
    private final Set<LivePlugin> running = Collections.newSetFromMap(new IdentityHashMap<>());

    /** None running. @param failures hears of plugins that cannot be started or stopped */
    LivePlugins(Consumer<RuntimeException> failures) {
        this.failures = failures;
    }

    /** A configuration comes into force. */
    synchronized void use(Collection<PluginInstance> instances) {
        Set<LivePlugin> wanted = Collections.newSetFromMap(new IdentityHashMap<>());
        for (PluginInstance instance : instances) {
            if (instance.plugin() instanceof LivePlugin plugin) {
                wanted.add(plugin);
            }
        }
        for (LivePlugin plugin : wanted) {
            if (running.add(plugin)) {
                attempt(plugin::start);
            }
        }
        for (LivePlugin plugin : Set.copyOf(running)) {
            if (!wanted.contains(plugin)) {
                running.remove(plugin);
                attempt(plugin::stop);
            }
        }
    }

    /** Stops all. */
    synchronized void stop() {
        for (LivePlugin plugin : Set.copyOf(running)) {
            running.remove(plugin);
            attempt(plugin::stop);
        }
    }

    private void attempt(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            failures.accept(e);
        }
    }
}
