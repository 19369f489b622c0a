package io.llmd.scheduler.plugin;

import io.llmd.scheduler.datalayer.SourceBinding;
import io.llmd.scheduler.flowcontrol.FlowControlSettings;
import io.llmd.scheduler.parser.RequestParsers;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import java.util.List;
import java.util.Map;

/** What came of reading a scheduling configuration. */
public sealed interface LoadResult {

    /** All findings, in file order. */
    List<Finding> findings();

    /** The loaded configuration. @throws ConfigException when it was refused */
    Loaded orThrow();

    /**
     * The configuration works.
     *
     * @param plan what decisions do
     * @param flowControl how requests wait before their decision
     * @param sources where data about endpoints comes from
     * @param parsers how request bodies are read
     * @param config what the file said, with defaults filled in
     * @param instances all plugin instances by name, those made automatically included
     * @param findings warnings
     */
    record Loaded(
            SchedulingPlan plan,
            FlowControlSettings flowControl,
            List<SourceBinding> sources,
            RequestParsers parsers,
            EndpointPickerConfig config,
            Map<String, PluginInstance> instances,
            List<Finding> findings)
            implements LoadResult {
        public Loaded {
            sources = List.copyOf(sources);
            instances = Map.copyOf(instances);
            findings = List.copyOf(findings);
        }

        @Override
        public Loaded orThrow() {
            return this;
        }
    }

    /**
     * The configuration was refused.
     *
     * @param findings at least one error
     */
    record Refused(List<Finding> findings) implements LoadResult {
        public Refused {
            findings = List.copyOf(findings);
        }

        @Override
        public Loaded orThrow() {
            throw new ConfigException(findings);
        }
    }
}
