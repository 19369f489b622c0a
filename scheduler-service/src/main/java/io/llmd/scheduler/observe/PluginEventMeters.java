package io.llmd.scheduler.observe;

import io.llmd.scheduler.plugin.PluginEvents;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Meters of single plugins. Grows with the plugin instances of all configurations and, for each, with the endpoints of the
 * pool and the revisions of the last rollout. Safe from any thread.
 */
final class PluginEventMeters implements PluginEvents {

    private static final String ENCODER_CACHE = "mm-embeddings-cache-producer";
    private static final String ROLLOUT = "disaggregatedset-rollout-screener";

    /** Parsers do not keep apart what media a prompt holds. */
    private static final String ANY_MEDIA = "media";

    private record Placement(String plugin, String endpointId) {}

    private record Split(String plugin, String reason) {}

    private record Revision(String plugin, String mode, String revision) {}

    private final MeterRegistry registry;
    private final Map<Placement, Counter> hits = new ConcurrentHashMap<>();
    private final Map<Split, Counter> splits = new ConcurrentHashMap<>();
    private final Map<Revision, SettableGauge> shares = new ConcurrentHashMap<>();

    PluginEventMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    private static Tags tags(String type, String plugin) {
        return Tags.of("plugin_type", type, "plugin_name", plugin);
    }

    @Override
    public void mediaPlaced(String plugin, String endpointId, int items, int found) {
        Tags tags = tags(ENCODER_CACHE, plugin);
        registry.counter(SchedulerMeters.ENCODER_QUERIES.getName(), tags.and("modality", ANY_MEDIA))
                .increment(items);
        DistributionSummary.builder(SchedulerMeters.ENCODER_HIT_RATIO.getName())
                .tags(tags)
                .serviceLevelObjectives(Buckets.RATIO)
                .register(registry)
                .record((double) found / items);
        if (found > 0) {
            hits.computeIfAbsent(new Placement(plugin, endpointId), this::hits).increment(found);
        }
    }

    private Counter hits(Placement placement) {
        String pod = placement.endpointId().substring(placement.endpointId().indexOf('/') + 1);
        return registry.counter(
                SchedulerMeters.ENCODER_HITS.getName(),
                tags(ENCODER_CACHE, placement.plugin()).and("pod", pod, "modality", ANY_MEDIA));
    }

    @Override
    public void headerWithoutMatch(String plugin, String selector) {
        registry.counter(
                        SchedulerMeters.ROLLOUT_NO_MATCH.getName(),
                        tags(ROLLOUT, plugin).and("selector", selector))
                .increment();
    }

    @Override
    public void revisionShares(String plugin, String mode, Map<String, Double> now) {
        shares.entrySet().removeIf(entry -> {
            boolean isGone = entry.getKey().plugin().equals(plugin)
                    && !(entry.getKey().mode().equals(mode)
                            && now.containsKey(entry.getKey().revision()));
            if (isGone) {
                entry.getValue().remove();
            }
            return isGone;
        });
        now.forEach((revision, share) -> shares.computeIfAbsent(new Revision(plugin, mode, revision), this::share)
                .set(share));
    }

    private SettableGauge share(Revision of) {
        return new SettableGauge(
                registry,
                SchedulerMeters.ROLLOUT_SHARE.getName(),
                tags(ROLLOUT, of.plugin()).and("mode", of.mode(), "revision", of.revision()));
    }

    @Override
    public void splitDecided(String plugin, String reason) {
        splits.computeIfAbsent(
                        new Split(plugin, reason),
                        split -> registry.counter(
                                SchedulerMeters.SPLIT_DECISIONS.getName(),
                                "plugin_name",
                                split.plugin(),
                                "reason",
                                split.reason()))
                .increment();
    }

    /** Forgets the counters of an endpoint that left the pool. */
    void forget(String endpointId) {
        hits.entrySet().removeIf(entry -> {
            boolean isGone = entry.getKey().endpointId().equals(endpointId);
            if (isGone) {
                registry.remove(entry.getValue());
            }
            return isGone;
        });
    }
}
