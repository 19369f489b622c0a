package io.llmd.scheduler.explain;

import io.llmd.scheduler.plugin.ConfigException;
import java.util.List;

/** Decides again what was decided before, under another configuration. Safe from any thread; takes its time. */
public interface DecisionReplayer {

    /**
     * Replays decisions.
     *
     * @param configuration text of an {@code EndpointPickerConfig}
     * @throws ConfigException when the configuration is refused
     */
    ReplayReport replay(List<DecisionRecord> records, String configuration);
}
