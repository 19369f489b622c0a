package io.llmd.scheduler.plugin;

import io.llmd.scheduler.flowcontrol.BandSettings;
import io.llmd.scheduler.flowcontrol.EvictionFilter;
import io.llmd.scheduler.flowcontrol.EvictionOrder;
import io.llmd.scheduler.flowcontrol.EvictionSettings;
import io.llmd.scheduler.flowcontrol.FairnessPolicy;
import io.llmd.scheduler.flowcontrol.FlowControlSettings;
import io.llmd.scheduler.flowcontrol.OrderingPolicy;
import io.llmd.scheduler.flowcontrol.SaturationDetector;
import io.llmd.scheduler.flowcontrol.SaturationDetector.Signal;
import io.llmd.scheduler.flowcontrol.UsageLimitPolicy;
import io.llmd.scheduler.plugin.EndpointPickerConfig.FlowControl;
import io.llmd.scheduler.plugin.EndpointPickerConfig.PluginRef;
import io.llmd.scheduler.plugin.EndpointPickerConfig.PriorityBand;
import io.llmd.scheduler.scheduling.Plugin;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads how requests wait. A reference names an instance; only the defaults are made where they are missing.
 * The detector counts even while flow control is off, because it then says when requests of negative priority are refused.
 */
final class FlowControlReader {

    private static final String DETECTOR = "utilization-detector";
    private static final String USAGE_LIMITS = "static-usage-limit-policy";
    private static final String FAIRNESS = "global-strict-fairness-policy";
    private static final String ORDERING = "fcfs-ordering-policy";

    private static final Duration DEFAULT_TTL = Duration.ofSeconds(60);

    /** Time in which counts show that a request has ended. */
    private static final Duration COUNTED_GRACE = Duration.ofMillis(10);

    /** The same for readings of engines: an interval, the limit of their age, and some. */
    private static final Duration READ_GRACE = Duration.ofMillis(2300);

    private final PluginInstances instances;
    private final Problems problems;

    FlowControlReader(PluginInstances instances, Problems problems) {
        this.instances = instances;
        this.problems = problems;
    }

    /** The settings, null after a problem. */
    @Nullable
    FlowControlSettings read(@Nullable FlowControl configured, boolean isOn) {
        FlowControl section = configured == null ? FlowControl.ABSENT : configured;
        if (!isOn && !section.hasDetectorOnly()) {
            problems.warning(
                    section.line(),
                    "flowControl",
                    "the feature gate flowControl is off; only saturationDetector has an effect");
        }
        SaturationDetector detector = detector(section.saturationDetector());
        UsageLimitPolicy usageLimits = find(
                UsageLimitPolicy.class,
                "usage-limit-policy",
                section.usageLimitPolicyPluginRef(),
                USAGE_LIMITS,
                "flowControl.usageLimitPolicyPluginRef");
        BandSettings defaultBand = band(section.defaultPriorityBand(), "flowControl.defaultPriorityBand");
        BandSettings defaultNegative = section.defaultNegativePriorityBand() == null
                ? defaultBand
                : band(section.defaultNegativePriorityBand(), "flowControl.defaultNegativePriorityBand");
        Map<Integer, BandSettings> bands = bands(section.priorityBands());
        EvictionFilter filter = onlyOne(EvictionFilter.class, EvictionFilter.SHEDDABLE);
        EvictionOrder order = onlyOne(EvictionOrder.class, EvictionOrder.PRIORITY_THEN_NEWEST);
        if (detector == null
                || usageLimits == null
                || defaultBand == null
                || defaultNegative == null
                || problems.hasErrors()) {
            return null;
        }
        Duration ttl = section.defaultRequestTTL() == null ? DEFAULT_TTL : section.defaultRequestTTL();
        Duration noEndpointTtl = section.noEndpointRequestTTL() == null ? ttl : section.noEndpointRequestTTL();
        Duration grace = detector.signal() == Signal.COUNTED ? COUNTED_GRACE : READ_GRACE;
        return new FlowControlSettings(
                isOn,
                section.maxRequests().value(),
                section.maxBytes().value(),
                ttl,
                noEndpointTtl,
                maxWait(section.maxWait(), ttl, noEndpointTtl),
                section.agingInterval(),
                section.maxFlowsPerBand(),
                defaultBand,
                defaultNegative,
                bands,
                usageLimits,
                detector,
                section.enableEviction(),
                new EvictionSettings(filter, order, grace));
    }

    private static Duration maxWait(@Nullable Duration configured, Duration ttl, Duration noEndpointTtl) {
        if (configured != null) {
            return configured;
        }
        return ttl.isZero() || noEndpointTtl.isZero() ? Duration.ZERO : ttl.plus(noEndpointTtl);
    }

    private @Nullable SaturationDetector detector(@Nullable PluginRef ref) {
        String path = "flowControl.saturationDetector.pluginRef";
        Located<String> name = ref == null ? null : ref.pluginRef();
        if (ref != null && (name == null || name.value().isEmpty())) {
            problems.error(ref.line(), path, "is missing (expected: the name of a plugin)");
            return null;
        }
        return find(SaturationDetector.class, "saturation-detector", name, DETECTOR, path);
    }

    private @Nullable BandSettings band(@Nullable PriorityBand band, String path) {
        FairnessPolicy fairness = find(
                FairnessPolicy.class,
                "fairness-policy",
                band == null ? null : band.fairnessPolicyRef(),
                FAIRNESS,
                path + ".fairnessPolicyRef");
        OrderingPolicy ordering = find(
                OrderingPolicy.class,
                "ordering-policy",
                band == null ? null : band.orderingPolicyRef(),
                ORDERING,
                path + ".orderingPolicyRef");
        if (fairness == null || ordering == null) {
            return null;
        }
        long requests = band == null ? 0 : band.maxRequests().value();
        long bytes = band == null ? 0 : band.maxBytes().value();
        return new BandSettings(
                requests == 0 ? BandSettings.DEFAULT_MAX_REQUESTS : requests,
                bytes == 0 ? BandSettings.DEFAULT_MAX_BYTES : bytes,
                fairness,
                ordering);
    }

    private Map<Integer, BandSettings> bands(List<PriorityBand> specs) {
        Map<Integer, BandSettings> bands = new HashMap<>();
        for (int i = 0; i < specs.size(); i++) {
            PriorityBand spec = specs.get(i);
            String path = "flowControl.priorityBands[" + i + "]";
            BandSettings band = band(spec, path);
            if (band != null && bands.put(spec.priority(), band) != null) {
                problems.error(spec.line(), path + ".priority", spec.priority() + " (expected: one band per priority)");
            }
        }
        return bands;
    }

    private <T extends Plugin> @Nullable T find(
            Class<T> point, String kind, @Nullable Located<String> ref, String defaultType, String path) {
        String wanted = ref == null ? "" : ref.value();
        String name = wanted.isEmpty() ? defaultType : wanted;
        int line = ref == null ? 0 : ref.line();
        if (!instances.isNamed(name)) {
            if (!name.equals(defaultType)) {
                problems.error(
                        line,
                        path,
                        "no plugin " + name + " (expected: a " + kind + " in plugins)"
                                + Suggestion.of(name, instances.names()));
                return null;
            }
            instances.addDefault(name, line, path);
        }
        PluginInstance instance = instances.find(name);
        if (instance == null) {
            return null;
        }
        if (!point.isInstance(instance.plugin())) {
            problems.error(line, path, name + " of type " + instance.type() + " (expected: a " + kind + ")");
            return null;
        }
        return point.cast(instance.plugin());
    }

    /** The only configured plugin of a kind that nothing refers to by name. */
    private <T extends Plugin> T onlyOne(Class<T> point, T otherwise) {
        List<PluginInstance> found = instances.all(point);
        if (found.size() > 1) {
            PluginInstances.Origin second = instances.origin(found.get(1).name());
            problems.error(
                    second.line(),
                    second.path(),
                    "second " + point.getSimpleName() + " besides "
                            + found.getFirst().name() + " (expected: one)");
        }
        return found.isEmpty() ? otherwise : point.cast(found.getFirst().plugin());
    }
}
