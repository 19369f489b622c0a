package io.llmd.scheduler.scheduling;

import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The breakers of a plan's plugins, one per plugin and extension point: of a plugin that serves several, one may work while
 * another does not. Immutable.
 */
final class PlanGuards {

    private final PluginGuard guard;
    private final Map<ExtensionPoint, Map<Plugin, PluginBreaker>> breakers = new EnumMap<>(ExtensionPoint.class);

    private PlanGuards(PluginGuard guard) {
        this.guard = guard;
        for (ExtensionPoint point : ExtensionPoint.values()) {
            breakers.put(point, new IdentityHashMap<>());
        }
    }

    static PlanGuards of(SchedulingPlan plan, PluginGuard guard) {
        PlanGuards all = new PlanGuards(guard);
        plan.requestProcessors().forEach(named -> all.add(ExtensionPoint.REQUEST_HEADER, named));
        plan.screeners().forEach(named -> all.add(ExtensionPoint.SCREENER, named));
        NamedPlugin<PromptTokenizer> tokenizer = plan.tokenizer();
        if (tokenizer != null) {
            all.add(ExtensionPoint.DATA_PRODUCER, tokenizer);
        }
        plan.producers().forEach(named -> all.add(ExtensionPoint.DATA_PRODUCER, named));
        plan.admitters().forEach(named -> all.add(ExtensionPoint.ADMISSION, named));
        plan.profiles().values().forEach(all::add);
        plan.preRequests().forEach(named -> all.add(ExtensionPoint.PRE_REQUEST, named));
        all.addForHangs(ExtensionPoint.PROFILE_PICKER, plan.handler());
        all.addForHangs(ExtensionPoint.PROCESS_PROFILES_RESULTS, plan.handler());
        plan.responseHooks().forEach(named -> {
            all.addForHangs(ExtensionPoint.RESPONSE_RECEIVED, named);
            all.addForHangs(ExtensionPoint.RESPONSE_STREAMING, named);
        });
        return all;
    }

    static PlanGuards of(SchedulingProfile profile, PluginGuard guard) {
        PlanGuards all = new PlanGuards(guard);
        all.add(profile);
        return all;
    }

    private void add(SchedulingProfile profile) {
        profile.filters().forEach(named -> add(ExtensionPoint.FILTER, named));
        profile.scorers().forEach(weighted -> add(ExtensionPoint.SCORER, weighted.name(), weighted.scorer()));
        add(ExtensionPoint.PICKER, profile.picker());
    }

    private void add(ExtensionPoint point, NamedPlugin<?> named) {
        add(point, named.name(), named.plugin());
    }

    private void add(ExtensionPoint point, String name, Plugin plugin) {
        of(point).computeIfAbsent(plugin, ignored -> guard.breaker(name));
    }

    private void addForHangs(ExtensionPoint point, NamedPlugin<?> named) {
        of(point).computeIfAbsent(named.plugin(), ignored -> guard.breakerForHangs(named.name()));
    }

    private Map<Plugin, PluginBreaker> of(ExtensionPoint point) {
        Map<Plugin, PluginBreaker> known = breakers.get(point);
        if (known == null) {
            throw new IllegalStateException("no breakers at " + point);
        }
        return known;
    }

    PluginFaults faults() {
        return guard.faults();
    }

    PluginBreaker breaker(ExtensionPoint point, Plugin plugin) {
        PluginBreaker breaker = of(point).get(plugin);
        if (breaker == null) {
            throw new IllegalStateException(point + " of another plan");
        }
        return breaker;
    }

    /** Begins a call of a plugin of the plan; null when the plugin is to be left alone. */
    @Nullable
    WatchedCall begin(ExtensionPoint point, Plugin plugin) {
        return guard.begin(breaker(point, plugin));
    }

    /** Goes on with a call that has paused. */
    WatchedCall resume(ExtensionPoint point, Plugin plugin, boolean isProbe) {
        return guard.resume(breaker(point, plugin), isProbe);
    }
}
