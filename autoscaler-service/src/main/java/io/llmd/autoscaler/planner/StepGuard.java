package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.analyzer.FitStatus;

/** G08 and G09: how many at a time. */
final class StepGuard implements Guard {

    private static final int BOOTSTRAP_FACTOR = 4;

    @Override
    public void apply(Plan plan) {
        for (Target target : plan.targets()) {
            // What was published and has not been carried out yet has been taken away already.
            int from = target.held();
            if (target.replicas() < from) {
                Behaviour behaviour = target.input().behaviour();
                int removed = target.memory().removed(plan.nowSeconds(), behaviour.downPeriodSeconds());
                int base = from + removed;
                int allowed = Math.max(1, (int) (behaviour.maxStepDown() * base)) - removed;
                target.atLeast(GuardCode.G08_STEP_DOWN, from - Math.max(0, allowed));
            }
            if (target.input().fit().status() == FitStatus.BOOTSTRAP) {
                int most = BOOTSTRAP_FACTOR * Math.max(1, target.current());
                target.guard(GuardCode.G09_STEP_UP, Math.min(target.replicas(), most));
            }
        }
    }
}
