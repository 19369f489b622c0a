package io.llmd.autoscaler.planner;

/** G12: the bounds of variants. Of what may not grow nothing is added for the sake of the lower one. */
final class BoundsGuard implements Guard {

    @Override
    public void apply(Plan plan) {
        for (Target target : plan.targets()) {
            int max = target.input().variant().max();
            int min = target.input().variant().min();
            int least = target.input().mayGrow() ? min : Math.min(min, target.current());
            target.guard(GuardCode.G12_BOUNDS, Math.clamp(target.replicas(), Math.min(least, max), max));
        }
    }
}
