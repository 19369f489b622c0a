package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.TierClass;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * From what is known to numbers of replicas: {@code decision = decide(input, memory, time)}, always the same for the same input as
 * long as the solver has time enough. Stateless and safe from any thread.
 *
 * <p>Numbers are absolute: replicas that already start are credited by themselves, so nothing has to wait for them and nothing is
 * added twice.
 */
public final class Planner implements Decider {

    private final MixSolver solver;
    private final MixProblem.Headroom headroom;

    /**
     * A planner.
     *
     * @param solverMillis time for one model
     * @param headroom share of replicas that is left free
     */
    public Planner(long solverMillis, MixProblem.Headroom headroom) {
        solver = new MixSolver(solverMillis);
        this.headroom = headroom;
    }

    /**
     * Decides for all models.
     *
     * @param nowSeconds on the clock of the loop, which never goes back
     * @param cycle what ids of decisions begin with
     */
    @Override
    public FleetDecision decide(FleetInput input, Memory memory, double nowSeconds, String cycle) {
        List<ModelPlanner> planners = input.models().stream()
                .map(model -> new ModelPlanner(model, memory, nowSeconds, solver, headroom))
                .toList();
        List<Mix> mixes = new FleetMix(solver)
                .solve(planners.stream().map(ModelPlanner::wanted).toList(), input.accelerators());
        List<Plan> plans = new ArrayList<>();
        for (int i = 0; i < mixes.size(); i++) {
            plans.add(planners.get(i).plan(mixes.get(i)));
        }
        new QuotaGuard(input.accelerators()).apply(plans);
        List<Decision> decisions = new ArrayList<>();
        Map<String, VariantMemory> changed = new HashMap<>();
        for (int i = 0; i < plans.size(); i++) {
            decisions.add(planners.get(i)
                    .decision(plans.get(i), cycle + "-" + input.models().get(i).model()));
            for (Target target : plans.get(i).targets()) {
                changed.put(
                        target.input().variant().id(),
                        target.memory()
                                .publish(
                                        nowSeconds,
                                        target.held(),
                                        target.replicas(),
                                        target.specified(),
                                        target.passing()));
            }
        }
        return new FleetDecision(decisions, memory.with(changed));
    }

    /**
     * G13: nothing is added before the accelerators for it are seen to be free; the most important models come first.
     */
    private record QuotaGuard(Map<String, Integer> accelerators) {

        void apply(List<Plan> plans) {
            Map<String, Integer> free = new TreeMap<>(accelerators);
            List<Target> growing = new ArrayList<>();
            List<Plan> ordered = plans.stream()
                    .sorted(Comparator.comparing(QuotaGuard::importance))
                    .toList();
            for (Plan plan : ordered) {
                for (Target target : plan.targets()) {
                    int present = target.current() + target.input().replicas().draining();
                    free.computeIfPresent(
                            target.input().variant().accelerator(),
                            (type, left) ->
                                    left - present * target.input().variant().acceleratorsPerReplica());
                    // What is held because nothing is known stays what it was.
                    if (target.replicas() > target.current() && !plan.isHeld()) {
                        growing.add(target);
                    }
                }
            }
            growing.forEach(target -> bound(target, free));
        }

        private static TierClass importance(Plan plan) {
            return plan.input().classes().stream()
                    .map(each -> each.requestClass().tier().tierClass())
                    .min(Comparator.naturalOrder())
                    .orElse(TierClass.BATCH);
        }

        private static void bound(Target target, Map<String, Integer> free) {
            String type = target.input().variant().accelerator();
            int each = target.input().variant().acceleratorsPerReplica();
            Integer left = free.get(type);
            if (left == null || each == 0) {
                return;
            }
            int added = Math.clamp(Math.max(0, left) / each, 0, target.replicas() - target.current());
            free.put(type, left - added * each);
            target.guard(GuardCode.G13_QUOTA, target.current() + added);
        }
    }
}
