package io.llmd.scheduler.scheduling;

/** Hears of plugins that misbehave. Called on the deciding thread, from many threads at once; must not block or throw. */
public interface PluginFaults {

    /** What a plugin did with data. */
    enum Access {
        READ,
        WRITE
    }

    /** Why a plugin is not called any more. */
    enum Cause {
        /** Too many failures in a row. */
        FAILURES,
        /** A call does not return. */
        HANGS
    }

    /** Ignores all faults. */
    PluginFaults NONE = new PluginFaults() {
        @Override
        public void failed(String plugin, Throwable failure) {}

        @Override
        public void invalidScores(String plugin, int count) {}

        @Override
        public void skipped(String plugin, DataKey<?> missing) {}
    };

    /** A call of the plugin threw, or answered something impossible; the decision went on without it. */
    void failed(String plugin, Throwable failure);

    /** A scorer wrote {@code count} values that are NaN or outside [0, 1] in one call. */
    void invalidScores(String plugin, int count);

    /** A producer did not run because the producer of data that it requires failed. */
    void skipped(String plugin, DataKey<?> missing);

    /** A plugin used data that it does not declare; it got none, and what it wrote was dropped. */
    default void outOfScope(String plugin, ExtensionPoint point, DataKey<?> key, Access access) {}

    /** A call returned after {@code nanos}, which is longer than a plugin may take. */
    default void overran(String plugin, long nanos) {}

    /** A call has not returned for {@code nanos}; told by the thread that watches, once until no call of the plugin hangs. */
    default void hung(String plugin, long nanos, Thread thread) {}

    /** The plugin is not called for a while from now on. */
    default void opened(String plugin, Cause cause) {}

    /** The plugin works again and is called from now on. */
    default void closed(String plugin) {}

    /** A call did not happen, because the plugin is not called for a while. */
    default void passedOver(String plugin) {}
}
