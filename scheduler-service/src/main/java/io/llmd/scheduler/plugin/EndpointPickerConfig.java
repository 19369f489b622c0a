package io.llmd.scheduler.plugin;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A scheduling configuration as the file says it: {@code EndpointPickerConfig} of llm-d v0.10, every field. After
 * loading, names and defaults are filled in; what no file contains has line 0.
 *
 * @param apiVersion {@code llm-d.ai/v1alpha1}
 * @param kind {@code EndpointPickerConfig}
 * @param featureGates {@code name} or {@code name=true|false}
 * @param plugins instances; null when the field is missing
 * @param schedulingProfiles profiles
 * @param dataLayer where endpoint data comes from
 * @param requestHandler how requests are read
 * @param flowControl how requests wait
 * @param saturationDetector deprecated place of {@link FlowControl#saturationDetector}
 * @param parser deprecated place of {@link RequestHandler#parsers}
 */
public record EndpointPickerConfig(
        @Nullable Located<String> apiVersion,
        @Nullable Located<String> kind,
        List<Located<String>> featureGates,
        @Nullable List<PluginSpec> plugins,
        List<ProfileSpec> schedulingProfiles,
        @Nullable DataLayer dataLayer,
        @Nullable RequestHandler requestHandler,
        @Nullable FlowControl flowControl,
        @Nullable PluginRef saturationDetector,
        @Nullable PluginRef parser) {
    public EndpointPickerConfig {
        featureGates = List.copyOf(featureGates);
        plugins = plugins == null ? null : List.copyOf(plugins);
        schedulingProfiles = List.copyOf(schedulingProfiles);
    }

    /**
     * One instance.
     *
     * @param name unique, the type when left out
     * @param type registered type
     * @param parameters what the plugin reads
     * @param line where the entry starts
     */
    public record PluginSpec(
            @Nullable Located<String> name,
            @Nullable Located<String> type,
            @Nullable YamlNode parameters,
            @Line int line) {}

    /**
     * One profile.
     *
     * @param name unique
     * @param plugins its parts
     * @param line where the entry starts
     */
    public record ProfileSpec(
            @Nullable Located<String> name,
            List<ProfilePlugin> plugins,
            @Line int line) {
        public ProfileSpec {
            plugins = List.copyOf(plugins);
        }
    }

    /**
     * A part of a profile.
     *
     * @param pluginRef name of an instance
     * @param weight factor of a scorer
     * @param line where the entry starts
     */
    public record ProfilePlugin(
            @Nullable Located<String> pluginRef,
            @Nullable Located<Double> weight,
            @Line int line) {}

    /**
     * Names an instance.
     *
     * @param pluginRef the name
     * @param line where the entry starts
     */
    public record PluginRef(
            @Nullable Located<String> pluginRef, @Line int line) {}

    /**
     * Where endpoint data comes from.
     *
     * @param injectDefaults whether the metrics source and the core extractor are added
     * @param sources data sources
     * @param discovery endpoint discovery
     * @param peerDiscovery discovery of other schedulers; has no effect
     * @param crossReplicaSyncerPluginRef store that sums in-flight load over schedulers; has no effect
     * @param crossReplicaSyncInterval how often it is written; has no effect
     */
    public record DataLayer(
            @Default("true") boolean injectDefaults,
            List<Source> sources,
            @Nullable PluginRef discovery,
            @Nullable PluginRef peerDiscovery,
            @Nullable Located<String> crossReplicaSyncerPluginRef,
            @Nullable Located<Duration> crossReplicaSyncInterval) {
        public DataLayer {
            sources = List.copyOf(sources);
        }
    }

    /**
     * One data source.
     *
     * @param pluginRef name of an instance
     * @param extractors names of the extractors that it feeds
     * @param line where the entry starts
     */
    public record Source(
            @Nullable Located<String> pluginRef,
            List<PluginRef> extractors,
            @Line int line) {
        public Source {
            extractors = List.copyOf(extractors);
        }
    }

    /**
     * How requests are read.
     *
     * @param parsers names of parser instances or parser types
     */
    public record RequestHandler(List<PluginRef> parsers) {
        public RequestHandler {
            parsers = List.copyOf(parsers);
        }
    }

    /**
     * How requests wait.
     *
     * @param maxBytes bytes over all bands, 0 for no bound
     * @param maxRequests requests over all bands, 0 for no bound
     * @param defaultRequestTTL longest wait while endpoints exist
     * @param noEndpointRequestTTL longest wait while there are none
     * @param defaultPriorityBand template for priorities without a band
     * @param defaultNegativePriorityBand the same for negative priorities
     * @param priorityBands bands
     * @param usageLimitPolicyPluginRef policy that leaves room for more important requests
     * @param saturationDetector says when the pool is full
     * @param enableEviction whether running requests may be ended for more important ones
     * @param maxWait longest wait in all; the sum of both budgets unless set
     * @param maxFlowsPerBand flows of a band; requests of further ones share a flow
     * @param line where the section starts
     */
    public record FlowControl(
            @Default("0") Quantity maxBytes,
            @Default("0") Quantity maxRequests,
            @Nullable Duration defaultRequestTTL,
            @Nullable Duration noEndpointRequestTTL,
            @Nullable PriorityBand defaultPriorityBand,
            @Nullable PriorityBand defaultNegativePriorityBand,
            List<PriorityBand> priorityBands,
            @Nullable Located<String> usageLimitPolicyPluginRef,
            @Nullable PluginRef saturationDetector,
            @Default("false") boolean enableEviction,
            @Nullable Duration maxWait,
            @Default("0s") Duration agingInterval,
            @Default("10000") int maxFlowsPerBand,
            @Line int line) {

        /** The section of a file that has none. */
        static final FlowControl ABSENT = new FlowControl(
                new Quantity(0),
                new Quantity(0),
                null,
                null,
                null,
                null,
                List.of(),
                null,
                null,
                false,
                null,
                Duration.ZERO,
                10_000,
                0);

        public FlowControl {
            priorityBands = List.copyOf(priorityBands);
            if (maxFlowsPerBand < 1) {
                throw new IllegalArgumentException("maxFlowsPerBand: " + maxFlowsPerBand + " (expected: >= 1)");
            }
        }

        /** Whether it says at most what the detector is, which counts without the feature gate. */
        boolean hasDetectorOnly() {
            return equals(ABSENT.withDetector(saturationDetector, line));
        }

        /** The same section with another detector. */
        FlowControl withDetector(@Nullable PluginRef detector, int place) {
            return new FlowControl(
                    maxBytes,
                    maxRequests,
                    defaultRequestTTL,
                    noEndpointRequestTTL,
                    defaultPriorityBand,
                    defaultNegativePriorityBand,
                    priorityBands,
                    usageLimitPolicyPluginRef,
                    detector,
                    enableEviction,
                    maxWait,
                    agingInterval,
                    maxFlowsPerBand,
                    place);
        }
    }

    /**
     * Queues of one priority.
     *
     * @param priority higher is more important
     * @param maxBytes bytes in the band, 0 for the default
     * @param maxRequests requests in the band, 0 for the default
     * @param fairnessPolicyRef order among flows
     * @param orderingPolicyRef order within a flow
     * @param line where the entry starts
     */
    public record PriorityBand(
            @Default("0") int priority,
            @Default("0") Quantity maxBytes,
            @Default("0") Quantity maxRequests,
            @Nullable Located<String> fairnessPolicyRef,
            @Nullable Located<String> orderingPolicyRef,
            @Line int line) {}

    /** Feature gates of llm-d v0.10 with their defaults. */
    public static final Map<String, Boolean> FEATURE_GATES =
            Map.of("flowControl", false, "haPopulateNonLeaderDatastore", true);
}
