package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.Grade;
import io.llmd.autoscaler.variant.Role;
import java.util.Comparator;
import java.util.List;

/**
 * The policy for zero, and G11. A model keeps a replica unless nothing came, waits or runs for the whole retention time; one that
 * was started from nothing is kept for some time; prefill and decode are both there or neither.
 */
final class ZeroGuard implements Guard {

    private static final double LEAST_HOLD = 300;

    @Override
    public void apply(Plan plan) {
        for (Target target : plan.targets()) {
            double hold = Math.max(LEAST_HOLD, target.input().coldStart90());
            if (plan.nowSeconds() - target.memory().activatedAt() < hold) {
                target.atLeast(GuardCode.ACTIVATION, 1);
            }
        }
        boolean isAllowed = plan.input().idle().isZeroAllowed() && plan.input().grade() == Grade.COMPLETE;
        int before = plan.targets().stream().mapToInt(Target::current).sum();
        int after = plan.targets().stream().mapToInt(Target::replicas).sum();
        if (after == 0 && before > 0 && isAllowed) {
            plan.targets().stream().filter(Target::shrinks).forEach(target -> target.note(GuardCode.ZERO));
        } else if (after == 0 && before > 0) {
            running(plan).stream().limit(1).forEach(target -> target.atLeast(GuardCode.G08_STEP_DOWN, 1));
        }
        pair(plan);
    }

    /** Those that run, the cheapest first. */
    private static List<Target> running(Plan plan) {
        return plan.targets().stream()
                .filter(target -> target.current() > 0)
                .sorted(Comparator.comparingDouble(
                        (Target target) -> target.input().variant().costPerHour()))
                .toList();
    }

    private static void pair(Plan plan) {
        int prefill = plan.total(Role.PREFILL);
        int decode = plan.total(Role.DECODE);
        if ((prefill == 0) != (decode == 0)) {
            Role missing = prefill == 0 ? Role.PREFILL : Role.DECODE;
            plan.targets().stream()
                    .filter(target -> target.input().variant().role() == missing)
                    .min(Comparator.comparingDouble(
                            target -> target.input().variant().costPerHour()))
                    .ifPresent(target -> target.atLeast(GuardCode.G11_PAIR, 1));
        }
    }
}
