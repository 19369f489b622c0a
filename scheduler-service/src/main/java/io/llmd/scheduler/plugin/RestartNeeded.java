package io.llmd.scheduler.plugin;

import io.llmd.scheduler.plugin.EndpointPickerConfig.DataLayer;
import io.llmd.scheduler.plugin.EndpointPickerConfig.PluginRef;
import io.llmd.scheduler.plugin.Finding.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Finds what a changed configuration cannot change while the service runs: where endpoints and other schedulers are. */
final class RestartNeeded {

    /** A plugin as far as it matters here. */
    private record Chosen(String type, Record params) {}

    private RestartNeeded() {}

    /** An error for each change; empty when {@code next} can take the place of {@code current}. */
    static List<Finding> between(LoadResult.Loaded current, LoadResult.Loaded next, String file) {
        List<Finding> findings = new ArrayList<>();
        DataLayer before = current.config().dataLayer();
        DataLayer after = next.config().dataLayer();
        PluginRef discovery = after == null ? null : after.discovery();
        PluginRef peers = after == null ? null : after.peerDiscovery();
        check(current, before == null ? null : before.discovery(), next, discovery, "discovery", file, findings);
        check(current, before == null ? null : before.peerDiscovery(), next, peers, "peerDiscovery", file, findings);
        return findings;
    }

    private static void check(
            LoadResult.Loaded current,
            @Nullable PluginRef before,
            LoadResult.Loaded next,
            @Nullable PluginRef after,
            String field,
            String file,
            List<Finding> findings) {
        if (!Objects.equals(chosen(current, before), chosen(next, after))) {
            findings.add(new Finding(
                    Severity.ERROR,
                    file,
                    after == null ? 0 : after.line(),
                    "dataLayer." + field,
                    "changed (expected: as before, since a change of it needs a restart)"));
        }
    }

    private static @Nullable Chosen chosen(LoadResult.Loaded loaded, @Nullable PluginRef ref) {
        PluginInstance instance = ref == null || ref.pluginRef() == null
                ? null
                : loaded.instances().get(ref.pluginRef().value());
        return instance == null ? null : new Chosen(instance.type(), instance.params());
    }
}
