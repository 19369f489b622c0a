package io.llmd.scheduler.api;

import io.llmd.contracts.schedule.ScheduleRequest;
import io.llmd.scheduler.explain.Explanation;
import io.llmd.scheduler.explain.PoolSnapshot;
import io.llmd.scheduler.plugin.ConfigException;
import org.jspecify.annotations.Nullable;

/** Takes snapshots of the pool, and says how the scheduler would decide against one. Safe from any thread. */
public interface PoolExplainer {

    /** The pool as it is. Does not block. */
    PoolSnapshot snapshot();

    /**
     * Decides against a snapshot, with empty prefix indexes and without consequences. Takes its time.
     *
     * @param configuration text of an {@code EndpointPickerConfig}; null for the one in force
     * @throws ConfigException when the configuration is refused
     */
    Explanation explain(PoolSnapshot snapshot, ScheduleRequest request, @Nullable String configuration);
}
