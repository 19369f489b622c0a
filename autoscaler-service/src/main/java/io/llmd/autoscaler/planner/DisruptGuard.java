package io.llmd.autoscaler.planner;

/** G16: nothing is taken away from what is rolled out, and nothing changes where it is paused. */
final class DisruptGuard implements Guard {

    @Override
    public void apply(Plan plan) {
        for (Target target : plan.targets()) {
            if (target.input().isPaused()) {
                target.guard(GuardCode.G16_DISRUPT, target.held());
                target.note(GuardCode.G16_DISRUPT);
            } else if (target.input().isDisrupted()) {
                target.atLeast(GuardCode.G16_DISRUPT, target.current());
            }
        }
    }
}
