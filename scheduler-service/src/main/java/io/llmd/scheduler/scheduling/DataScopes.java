package io.llmd.scheduler.scheduling;

import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The data that each producer, filter and scorer of a plan may see. Immutable. */
final class DataScopes {

    /** Nobody is confined. */
    static final DataScopes NONE = new DataScopes();

    private final Map<Plugin, DataScope> scopes = new IdentityHashMap<>();

    private DataScopes() {}

    static DataScopes of(SchedulingPlan plan) {
        DataScopes all = new DataScopes();
        plan.producers().forEach(named -> all.add(named.name(), named.plugin()));
        plan.profiles().values().forEach(profile -> {
            profile.filters().forEach(named -> all.add(named.name(), named.plugin()));
            profile.scorers().forEach(weighted -> all.add(weighted.name(), weighted.scorer()));
        });
        return all;
    }

    private void add(String name, Plugin plugin) {
        scopes.computeIfAbsent(plugin, ignored -> new DataScope(name, plugin));
    }

    @Nullable
    DataScope find(Plugin plugin) {
        return scopes.get(plugin);
    }
}
