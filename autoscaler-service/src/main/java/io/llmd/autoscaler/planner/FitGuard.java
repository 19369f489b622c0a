package io.llmd.autoscaler.planner;

/** G05: hardware is not exchanged while a step time of either side is only assumed or has drifted. */
final class FitGuard implements Guard {

    @Override
    public void apply(Plan plan) {
        boolean isTrusted = plan.targets().stream()
                .filter(target -> target.replicas() != target.current())
                .allMatch(target -> target.input().fit().status().isTrusted());
        boolean grows = plan.targets().stream().anyMatch(target -> target.replicas() > target.current());
        if (!isTrusted && grows) {
            for (Target target : plan.targets()) {
                target.atLeast(GuardCode.G05_FIT, target.shrinks() ? target.current() : 0);
            }
        }
    }
}
