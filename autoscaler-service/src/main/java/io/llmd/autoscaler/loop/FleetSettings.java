package io.llmd.autoscaler.loop;

import io.llmd.autoscaler.planner.Behaviour;
import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.StepTime;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.autoscaler.variant.Variant;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is scaled and for whom.
 *
 * @param variants variants; names are unique
 * @param tiers qualities of service; the first without priorities takes all others
 * @param routers metrics pages of routers
 * @param accelerators accelerators that may be used, by type
 * @param zero whether models may be without replicas
 * @param staleSeconds age from which a reading no longer counts
 * @param assumedShape shape of requests before any has ended
 */
public record FleetSettings(
        List<VariantSettings> variants,
        List<TierRule> tiers,
        List<URI> routers,
        Map<String, Integer> accelerators,
        Zero zero,
        double staleSeconds,
        Shape assumedShape) {

    /**
     * A variant and what is assumed of it.
     *
     * @param variant what it is
     * @param fingerprint variants with the same are the same hardware and software, and are fitted together
     * @param prior step time before it is measured
     * @param limits bounds of a replica before it says them
     * @param coldStartSeconds time of a start before one was seen
     * @param behaviour how fast it may be scaled
     * @param isAdvisory whether its number is only advised
     */
    public record VariantSettings(
            Variant variant,
            String fingerprint,
            StepTime prior,
            EngineLimits limits,
            double coldStartSeconds,
            Behaviour behaviour,
            boolean isAdvisory) {
        public VariantSettings {
            if (!(coldStartSeconds > 0)) {
                throw new IllegalArgumentException(
                        "cold-start of " + variant.id() + ": " + coldStartSeconds + " s (expected: > 0)");
            }
        }
    }

    /**
     * Which requests are of a tier.
     *
     * @param tier what they are promised
     * @param priorities their priorities; none for all that no other tier takes
     * @param burstQuantile quantile of the last hour's bursts that replicas stand by for; 0 for none
     * @param deadlineSeconds after its arrival, when a request is due; infinite where it is to be served at once
     */
    public record TierRule(Tier tier, Set<Integer> priorities, double burstQuantile, double deadlineSeconds) {

        /** Requests that are to be served at once. */
        public TierRule(Tier tier, Set<Integer> priorities, double burstQuantile) {
            this(tier, priorities, burstQuantile, Double.POSITIVE_INFINITY);
        }

        public TierRule {
            priorities = Set.copyOf(priorities);
            if (!(deadlineSeconds > 0)) {
                throw new IllegalArgumentException(
                        "deadline of " + tier.name() + ": " + deadlineSeconds + " s (expected: > 0)");
            }
        }
    }

    /**
     * The policy for zero.
     *
     * @param isEnabled whether a model may be without replicas
     * @param retentionSeconds for how long no request may have come
     */
    public record Zero(boolean isEnabled, double retentionSeconds) {}

    public FleetSettings {
        variants = List.copyOf(variants);
        tiers = List.copyOf(tiers);
        routers = List.copyOf(routers);
        accelerators = Map.copyOf(accelerators);
        Set<String> names = new HashSet<>();
        for (VariantSettings each : variants) {
            if (!names.add(each.variant().id())) {
                throw new IllegalArgumentException("variants: " + each.variant().id() + " twice (expected: once)");
            }
        }
        long others = tiers.stream().filter(each -> each.priorities().isEmpty()).count();
        if (others > 1 || (others == 0 && !variants.isEmpty())) {
            throw new IllegalArgumentException(
                    "tiers: " + others + " without priorities (expected: one, for all priorities that no other has)");
        }
        requireDistinct(tiers, variants);
    }

    private static void requireDistinct(List<TierRule> tiers, List<VariantSettings> variants) {
        Set<String> known = new HashSet<>();
        Set<Integer> priorities = new HashSet<>();
        for (TierRule each : tiers) {
            if (!known.add(each.tier().name())) {
                throw new IllegalArgumentException("tiers: " + each.tier().name() + " twice (expected: once)");
            }
            for (int priority : each.priorities()) {
                if (!priorities.add(priority)) {
                    throw new IllegalArgumentException(
                            "tiers: priority " + priority + " twice (expected: in one tier)");
                }
            }
        }
        for (VariantSettings each : variants) {
            for (String name : each.variant().tiers()) {
                if (!known.contains(name)) {
                    throw new IllegalArgumentException(
                            "variants: " + each.variant().id() + " serves tier " + name + " (expected: one of "
                                    + new TreeSet<>(known) + ")");
                }
            }
        }
    }

    /** The tier of requests of a priority. */
    TierRule tierOf(int priority) {
        TierRule other = null;
        for (TierRule each : tiers) {
            if (each.priorities().contains(priority)) {
                return each;
            }
            other = other == null && each.priorities().isEmpty() ? each : other;
        }
        if (other == null) {
            throw new IllegalStateException("no tier for priority " + priority);
        }
        return other;
    }

    /** Models, in order of their names. */
    List<String> models() {
        return variants.stream()
                .map(each -> each.variant().model())
                .distinct()
                .sorted()
                .toList();
    }
}
