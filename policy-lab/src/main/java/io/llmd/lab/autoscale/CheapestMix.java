package io.llmd.lab.autoscale;

import io.llmd.autoscaler.analyzer.FitStatus;
import io.llmd.autoscaler.analyzer.FittedStepTime;
import io.llmd.autoscaler.planner.ClassInput;
import io.llmd.autoscaler.planner.Decision;
import io.llmd.autoscaler.planner.FleetInput;
import io.llmd.autoscaler.planner.Memory;
import io.llmd.autoscaler.planner.ModelInput;
import io.llmd.autoscaler.planner.Planner;
import io.llmd.autoscaler.planner.VariantDecision;
import io.llmd.autoscaler.planner.VariantInput;
import io.llmd.autoscaler.variant.Grade;
import io.llmd.autoscaler.variant.Replicas;
import io.llmd.autoscaler.variant.RequestClass;
import io.llmd.autoscaler.variant.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the cheapest mix of each minute would cost: the optimum of the integer programme at true rates, lengths and step times, with
 * replicas that start and end at once, and with work that can wait spread evenly until it is due. Nobody can reach it who has to start
 * replicas.
 */
final class CheapestMix {

    private static final double MINUTE = 60;
    private static final double SHAPE_SECONDS = 600;
    private static final long SOLVER_MILLIS = 60_000;

    private CheapestMix() {}

    /** Cost of a run. @param hit by tier, the share of a prompt that is in the cache */
    static double cost(ScaleWorkload workload, double[] hit, long seed) {
        List<Demand> demands = new ArrayList<>();
        for (int i = 0; i < workload.tiers().size(); i++) {
            int tier = i;
            demands.add(new Demand(workload, seed, each -> each == tier));
        }
        List<VariantInput> variants = new ArrayList<>();
        for (PodKind kind : workload.kinds()) {
            FittedStepTime known = new FittedStepTime(kind.step(), 1, 0, 1_000, FitStatus.FITTED, false);
            variants.add(VariantInput.of(Ours.variant(kind), known, kind.limits(), Replicas.NONE));
        }
        Planner planner = new Planner(SOLVER_MILLIS, Ours::shipped);
        double cost = 0;
        for (double at = 0; at < workload.seconds(); at += MINUTE) {
            List<ClassInput> classes = new ArrayList<>();
            for (int i = 0; i < demands.size(); i++) {
                classes.add(input(workload, i, demands.get(i), hit[i], at));
            }
            ModelInput model =
                    new ModelInput(PageText.MODEL, classes, variants, Grade.COMPLETE, true, 1, ModelInput.Idle.NEVER);
            Decision decision = planner.decide(new FleetInput(List.of(model), Map.of()), Memory.begin(at), at, "c")
                    .decisions()
                    .getFirst();
            double seconds = Math.min(MINUTE, workload.seconds() - at);
            for (VariantDecision each : decision.variants()) {
                cost += demanded(each) * price(workload, each.variant()) * seconds / 3_600;
            }
        }
        return cost;
    }

    private static ClassInput input(ScaleWorkload workload, int tier, Demand demand, double hit, double at) {
        boolean isSpread = Double.isFinite(workload.deadline(tier));
        double from = isSpread ? 0 : at;
        double to = isSpread ? workload.deadline(tier) : at + MINUTE;
        Shape all = demand.shape(Math.max(0, at - SHAPE_SECONDS), at + SHAPE_SECONDS);
        double part = 1 - hit;
        Shape shape = new Shape(
                all.input(),
                all.uncached() * part,
                all.uncachedSquare() * part * part,
                all.output(),
                all.inputOutput(),
                all.outputSquare());
        String name = workload.tiers().get(tier).name();
        return ClassInput.steady(
                new RequestClass(name, workload.tiers().get(tier), shape), demand.rate(from, Math.max(from + 1, to)));
    }

    private static double demanded(VariantDecision decision) {
        return decision.steps().stream()
                .filter(step -> step.stage().equals("demand"))
                .mapToInt(step -> step.replicas())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no demand of " + decision.variant()));
    }

    private static double price(ScaleWorkload workload, String variant) {
        return workload.kinds().stream()
                .filter(kind -> Ours.variant(kind).id().equals(variant))
                .mapToDouble(PodKind::costPerHour)
                .findFirst()
                .orElseThrow();
    }
}
