package io.llmd.lab.autoscale;

import io.llmd.autoscaler.loop.FleetSettings;
import io.llmd.autoscaler.loop.FleetSettings.TierRule;
import io.llmd.autoscaler.loop.FleetSettings.VariantSettings;
import io.llmd.autoscaler.loop.FleetSettings.Zero;
import io.llmd.autoscaler.planner.Behaviour;
import io.llmd.autoscaler.planner.Decider;
import io.llmd.autoscaler.planner.FleetDecision;
import io.llmd.autoscaler.planner.FleetInput;
import io.llmd.autoscaler.planner.Memory;
import io.llmd.autoscaler.planner.MixProblem;
import io.llmd.autoscaler.planner.Planner;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.StepTime;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.autoscaler.variant.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The autoscaler's service with the settings that it is shipped with, and what may differ from them in a study.
 *
 * @param headroom share of replicas that is left free; negative for the service's own
 * @param priorScale factor on the assumed step times; 1 for the service's own
 * @param burstQuantile quantile of the last hour's bursts that replicas stand by for; 0 for none
 * @param zeroAfterSeconds without requests, from which on a model may be without replicas; infinite for never
 * @param change what the planner is told otherwise
 * @param actuation who asks for replicas
 */
public record Ours(
        double headroom,
        double priorScale,
        double burstQuantile,
        double zeroAfterSeconds,
        UnaryOperator<FleetInput> change,
        Actuation actuation) {

    /** Time for one model, in milliseconds: so long that no run depends on how busy the machine is. */
    private static final long SOLVER_MILLIS = 60_000;

    private static final double STALE_SECONDS = 30;
    /** Assumed of a variant that has not been measured: the defaults of the service. */
    private static final StepTime PRIOR = new StepTime(0.013, 0.00006, 0.00003, 0.00000006);

    private static final double COLD_START = 120;
    private static final Shape ASSUMED = Shape.spread(1024, 0, 1, 256, 1);

    /** As shipped. */
    public static final Ours SHIPPED =
            new Ours(-1, 1, 0, Double.POSITIVE_INFINITY, UnaryOperator.identity(), Actuation.PUBLISHED);

    /** With another share of replicas that is left free. */
    public Ours withHeadroom(double share) {
        return new Ours(share, priorScale, burstQuantile, zeroAfterSeconds, change, actuation);
    }

    /** With other assumed step times. */
    public Ours withPrior(double factor) {
        return new Ours(headroom, factor, burstQuantile, zeroAfterSeconds, change, actuation);
    }

    /** With replicas that stand by for bursts. */
    public Ours withBursts(double quantile) {
        return new Ours(headroom, priorScale, quantile, zeroAfterSeconds, change, actuation);
    }

    /** With no replicas after some time without requests. */
    public Ours withZero(double afterSeconds) {
        return new Ours(headroom, priorScale, burstQuantile, afterSeconds, change, actuation);
    }

    /** With something else told to the planner. */
    public Ours told(UnaryOperator<FleetInput> other) {
        return new Ours(headroom, priorScale, burstQuantile, zeroAfterSeconds, other, actuation);
    }

    /** With somebody else who asks for replicas. */
    public Ours by(Actuation other) {
        return new Ours(headroom, priorScale, burstQuantile, zeroAfterSeconds, change, other);
    }

    /** A contestant. */
    public Contestant contestant(String name, String setting) {
        return new Contestant(name, setting, job -> controller(job.workload()));
    }

    private Controller controller(ScaleWorkload workload) {
        MixProblem.Headroom free = headroom < 0 ? Ours::shipped : tier -> headroom;
        return new LoopController(
                settings(workload), workload.kinds(), new Told(new Planner(SOLVER_MILLIS, free), change), actuation);
    }

    /** Defaults of {@code autoscaler.headroom}. */
    static double shipped(Tier tier) {
        return switch (tier.tierClass()) {
            case CRITICAL -> 0.2;
            case STANDARD -> 0.1;
            case BATCH -> 0.05;
        };
    }

    /** A variant as the service knows it. */
    static Variant variant(PodKind kind) {
        return new Variant(
                "default",
                kind.name(),
                PageText.MODEL,
                kind.role(),
                kind.tiers(),
                kind.costPerHour(),
                false,
                kind.accelerator(),
                kind.accelerators(),
                kind.min(),
                kind.max(),
                0);
    }

    private FleetSettings settings(ScaleWorkload workload) {
        List<VariantSettings> variants = new ArrayList<>();
        for (PodKind kind : workload.kinds()) {
            Variant variant = variant(kind);
            variants.add(new VariantSettings(
                    variant,
                    variant.id(),
                    prior(kind, workload.kinds().size()).times(priorScale),
                    kind.limits(),
                    COLD_START,
                    Behaviour.USUAL,
                    false));
        }
        List<TierRule> tiers = new ArrayList<>();
        for (int i = 0; i < workload.tiers().size(); i++) {
            Tier tier = workload.tiers().get(i);
            // The last one takes what no other does.
            Set<Integer> priorities = i == workload.tiers().size() - 1 ? Set.of() : Set.of(i);
            tiers.add(new TierRule(tier, priorities, burstQuantile, workload.deadline(i)));
        }
        return new FleetSettings(
                variants,
                tiers,
                List.of(LoopController.ROUTER),
                Map.of(),
                new Zero(Double.isFinite(zeroAfterSeconds), Double.isFinite(zeroAfterSeconds) ? zeroAfterSeconds : 600),
                STALE_SECONDS,
                ASSUMED);
    }

    /** With several variants somebody has to say which is the faster one. */
    private static StepTime prior(PodKind kind, int kinds) {
        return kinds == 1 ? PRIOR : kind.step();
    }

    private record Told(Planner planner, UnaryOperator<FleetInput> change) implements Decider {
        @Override
        public FleetDecision decide(FleetInput input, Memory memory, double nowSeconds, String cycle) {
            return planner.decide(change.apply(input), memory, nowSeconds, cycle);
        }
    }
}
