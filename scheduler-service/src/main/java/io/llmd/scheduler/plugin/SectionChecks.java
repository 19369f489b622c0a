package io.llmd.scheduler.plugin;

import io.llmd.scheduler.plugin.EndpointPickerConfig.DataLayer;
import io.llmd.scheduler.plugin.EndpointPickerConfig.PluginRef;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks the references in the sections about data sources and discovery. */
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
            withoutEffect(section.peerDiscovery().line(), "peerDiscovery", "scheduler.replicas.*");
        }
        Located<String> syncer = section.crossReplicaSyncerPluginRef();
        if (syncer != null && !syncer.value().isEmpty()) {
            withoutEffect(syncer.line(), "crossReplicaSyncerPluginRef", "scheduler.replicas.*");
        }
        if (section.crossReplicaSyncInterval() != null) {
            withoutEffect(
                    section.crossReplicaSyncInterval().line(),
                    "crossReplicaSyncInterval",
                    "scheduler.replicas.interval");
        }
        if (!section.injectDefaults() && section.sources().isEmpty()) {
            withoutSources();
        }
    }

    private void withoutEffect(int line, String field, String setting) {
        problems.warning(
                line, "dataLayer." + field, "has no effect: schedulers share their load as " + setting + " says");
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

    private static boolean isOtherKind(String type, String kind) {
        return KnownTypes.find(type) != null && !KnownTypes.isOfKind(type, kind);
    }
}
