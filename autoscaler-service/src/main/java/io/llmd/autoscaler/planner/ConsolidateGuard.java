package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.analyzer.LoadFunction;

/**
 * G07: before replicas go, those that are ready have to be able to take over all work, with nine tenths of what they may carry;
 * by the model, and by the memory that is in use. So a lane that replaces another is ready before that one shrinks.
 */
final class ConsolidateGuard implements Guard {

    private static final double LIMIT = 0.9;

    @Override
    public void apply(Plan plan) {
        for (Target target : plan.targets()) {
            if (target.shrinks()) {
                target.atLeast(GuardCode.G07_CONSOLIDATE, byMemory(target));
            }
        }
        byModel(plan);
    }

    private static int byMemory(Target target) {
        double fill = target.input().memoryFill();
        if (Double.isNaN(fill) || target.replicas() == 0) {
            return 0;
        }
        double used =
                fill / LoadFunction.MEMORY_FILL * target.input().replicas().ready();
        return Math.min(target.current(), (int) Math.ceil(used / LIMIT - 1e-9));
    }

    private static void byModel(Plan plan) {
        int[] replicas = new int[plan.targets().size()];
        for (int i = 0; i < replicas.length; i++) {
            replicas[i] = plan.targets().get(i).replicas();
        }
        boolean grew = true;
        while (grew && !plan.isEnough(replicas, LIMIT)) {
            grew = false;
            for (int i = 0; i < replicas.length && !grew; i++) {
                if (replicas[i] < plan.targets().get(i).current()) {
                    replicas[i]++;
                    grew = true;
                }
            }
        }
        for (int i = 0; i < replicas.length; i++) {
            plan.targets().get(i).atLeast(GuardCode.G07_CONSOLIDATE, replicas[i]);
        }
    }
}
