package io.llmd.autoscaler.planner;

/** G12: the bounds of variants, and replicas that stand by. */
final class BoundsGuard implements Guard {

    @Override
    public void apply(Plan plan) {
        for (Target target : plan.targets()) {
            int min = target.input().variant().min();
            int max = target.input().variant().max();
            int wanted = target.replicas()
                    + (target.replicas() > 0 ? target.input().variant().warmReserve() : 0);
            target.guard(GuardCode.G12_BOUNDS, Math.clamp(wanted, min, max));
        }
    }
}
