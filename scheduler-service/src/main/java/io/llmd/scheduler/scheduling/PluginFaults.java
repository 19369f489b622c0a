package io.llmd.scheduler.scheduling;

/** Hears of plugins that misbehave. Called on the deciding thread, from many threads at once; must not block or throw. */
public interface PluginFaults {

    /** What a plugin did with data. */
    enum Access {
        READ,
        WRITE
    }

    /** Ignores all faults. */
    PluginFaults NONE = new PluginFaults() {
        @Override
        public void failed(String plugin, RuntimeException failure) {}

        @Override
        public void invalidScores(String plugin, int count) {}

        @Override
        public void skipped(String plugin, DataKey<?> missing) {}
    };

    /** A call of the plugin threw, or answered something impossible; the decision went on without it. */
    void failed(String plugin, RuntimeException failure);

    /** A scorer wrote {@code count} values that are NaN or outside [0, 1] in one call. */
    void invalidScores(String plugin, int count);

    /** A producer did not run because the producer of data that it requires failed. */
    void skipped(String plugin, DataKey<?> missing);

    /** A plugin used data that it does not declare; it got none, and what it wrote was dropped. */
    default void outOfScope(String plugin, ExtensionPoint point, DataKey<?> key, Access access) {}
}
