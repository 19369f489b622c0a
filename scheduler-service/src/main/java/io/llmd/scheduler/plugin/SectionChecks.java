package io.llmd.scheduler.plugin;

import io.llmd.scheduler.plugin.EndpointPickerConfig.DataLayer;
import io.llmd.scheduler.plugin.EndpointPickerConfig.FlowControl;
import io.llmd.scheduler.plugin.EndpointPickerConfig.PluginRef;
import io.llmd.scheduler.plugin.EndpointPickerConfig.PriorityBand;
import io.llmd.scheduler.plugin.KnownTypes.KnownType;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks the references in the sections about data sources, request parsing and flow control. */
final class SectionChecks {

    private static final Set<String> BRING_THEIR_SOURCE = Set.of(
            "inflight-load-producer",
            "topology-extractor",
            "precise-prefix-cache-producer",
            "disaggregatedset-rollout-screener");

    private final PluginInstances instances;
    private final Problems problems;

    SectionChecks(PluginInstances instances, Problems problems) {
        this.instances = instances;
        this.problems = problems;
    }

    void dataLayer(@Nullable DataLayer section) {
        if (section == null) {
            return;
        }
        if (section.discovery() != null) {
            instance(section.discovery(), "discovery", "dataLayer.discovery");
        }
        if (section.peerDiscovery() != null) {
            instance(section.peerDiscovery(), "discovery", "dataLayer.peerDiscovery");
        }
        Located<String> syncer = section.crossReplicaSyncerPluginRef();
        if (syncer != null && !syncer.value().isEmpty()) {
            problems.error(
                    syncer.line(),
                    "dataLayer.crossReplicaSyncerPluginRef",
                    syncer.value() + " is not available in this version (expected: leave it out)");
        }
        if (!section.injectDefaults() && section.sources().isEmpty()) {
            withoutSources();
        }
    }

    /** llm-d starts without sources only when a plugin brings its own. */
    private void withoutSources() {
        if (instances.all().stream().anyMatch(instance -> BRING_THEIR_SOURCE.contains(instance.type()))) {
            problems.warning(
                    0, "dataLayer.injectDefaults", "false without sources: the load of endpoints stays unknown");
        } else {
            problems.error(0, "dataLayer.injectDefaults", "false without sources (expected: at least one source)");
        }
    }

    void flowControl(@Nullable FlowControl section, Map<String, Boolean> gates) {
        boolean isOn = gates.getOrDefault("flowControl", false);
        if (section == null) {
            if (isOn) {
                problems.warning(
                        0, "featureGates", "flowControl is not available in this version; requests never wait");
            }
            return;
        }
        problems.warning(
                section.line(),
                "flowControl",
                isOn
                        ? "flowControl is not available in this version; the section is checked and has no effect"
                        : "the feature gate flowControl is off; the section is checked and has no effect");
        if (section.saturationDetector() != null) {
            reference(section.saturationDetector(), "saturation-detector", "flowControl.saturationDetector", true);
        }
        policy(section.usageLimitPolicyPluginRef(), "usage-limit-policy", "flowControl.usageLimitPolicyPluginRef");
        band(section.defaultPriorityBand(), "flowControl.defaultPriorityBand");
        band(section.defaultNegativePriorityBand(), "flowControl.defaultNegativePriorityBand");
        bands(section.priorityBands());
    }

    private void bands(List<PriorityBand> bands) {
        Set<Integer> priorities = new HashSet<>();
        for (int i = 0; i < bands.size(); i++) {
            PriorityBand band = bands.get(i);
            String path = "flowControl.priorityBands[" + i + "]";
            band(band, path);
            if (!priorities.add(band.priority())) {
                problems.error(band.line(), path + ".priority", band.priority() + " (expected: one band per priority)");
            }
        }
    }

    private void band(@Nullable PriorityBand band, String path) {
        if (band != null) {
            policy(band.fairnessPolicyRef(), "fairness-policy", path + ".fairnessPolicyRef");
            policy(band.orderingPolicyRef(), "ordering-policy", path + ".orderingPolicyRef");
        }
    }

    private void policy(@Nullable Located<String> ref, String kind, String path) {
        if (ref != null && !ref.value().isEmpty()) {
            reference(ref, kind, path, true);
        }
    }

    /** The reference must name a configured plugin of the kind. */
    private void instance(PluginRef ref, String kind, String path) {
        Located<String> name = ref.pluginRef();
        if (name == null || name.value().isEmpty()) {
            problems.error(ref.line(), path + ".pluginRef", "is missing (expected: the name of a plugin)");
            return;
        }
        String type = instances.typeOf(name.value());
        if (type == null) {
            problems.error(
                    name.line(),
                    path + ".pluginRef",
                    "no plugin " + name.value() + " (expected: a " + kind + " in plugins)");
        } else if (isOtherKind(type, kind)) {
            problems.error(
                    name.line(),
                    path + ".pluginRef",
                    name.value() + " of type " + type + " (expected: a " + kind + ")");
        }
    }

    private void reference(PluginRef ref, String kind, String path, boolean isInactive) {
        if (ref.pluginRef() == null || ref.pluginRef().value().isEmpty()) {
            problems.error(ref.line(), path + ".pluginRef", "is missing (expected: the name of a plugin)");
        } else {
            reference(ref.pluginRef(), kind, path + ".pluginRef", isInactive);
        }
    }

    /** The reference may name a type, too; a type that this version lacks is accepted where the section has no effect. */
    private void reference(Located<String> ref, String kind, String path, boolean isInactive) {
        String configured = instances.typeOf(ref.value());
        String type = configured == null ? ref.value() : configured;
        KnownType known = KnownTypes.find(type);
        if (configured == null && known == null) {
            problems.error(ref.line(), path, "no plugin " + ref.value() + " (expected: a " + kind + ")");
        } else if (isOtherKind(type, kind)) {
            problems.error(ref.line(), path, ref.value() + " of type " + type + " (expected: a " + kind + ")");
        } else if (configured == null && known != null && !known.isBuiltIn() && !isInactive) {
            problems.error(ref.line(), path, PluginInstances.notAvailable(type));
        }
    }

    private static boolean isOtherKind(String type, String kind) {
        return KnownTypes.find(type) != null && !KnownTypes.isOfKind(type, kind);
    }
}
