package io.llmd.scheduler.plugin;

/** Hears the numbers that plugins work out about answers. Safe from any thread; must not block or throw. */
@FunctionalInterface
public interface ResponseAttributes {

    /**
     * A plugin has worked out a number when an attempt ended.
     *
     * @param requestId id of the client request
     * @param namespace what the number belongs to, {@code envoy.lb} for a proxy's dynamic metadata
     * @param name name of the number there; configuration bounds how many there are
     */
    void reported(String requestId, String namespace, String name, double value);
}
