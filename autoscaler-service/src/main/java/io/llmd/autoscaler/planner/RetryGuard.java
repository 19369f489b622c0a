package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.Replicas;
import java.util.Locale;

/**
 * Replicas that are stuck serve nothing: where what serves or will is less than what is needed of a variant, others are asked for
 * beside them, as {@link Starts} says. Those that are stuck stay asked for meanwhile, for they may start yet, and are the first that
 * go. Bounds and accelerators hold for all of them together. Of what may not grow none is tried.
 */
final class RetryGuard implements Guard {

    @Override
    public void apply(Plan plan) {
        double now = plan.nowSeconds();
        for (Target target : plan.targets()) {
            Replicas replicas = target.input().replicas();
            Starts starts = target.memory().starts();
            if (replicas.stuck() == 0 || !target.input().mayGrow()) {
                continue;
            }
            // Not what is held: that has the stuck ones in it, which would ask for others without end.
            int missing = target.demanded() - replicas.usable();
            double wait = starts.waitSeconds(now, target.input().coldStart90());
            int tried = tried(starts, missing, wait, replicas.starting());
            if (missing > 0) {
                int number = Math.max(target.replicas(), target.current() + tried);
                target.guard(tried > 0 ? GuardCode.RETRY : GuardCode.STUCK, number);
            }
            target.explain(GuardCode.STUCK, text(replicas, missing, tried, wait));
        }
    }

    private static int tried(Starts starts, int missing, double wait, int starting) {
        if (missing <= 0) {
            return 0;
        }
        if (starts.isHopeful()) {
            return missing;
        }
        return starting == 0 && wait == 0 ? 1 : 0;
    }

    private static String text(Replicas replicas, int missing, int tried, double wait) {
        String text = replicas.stuck() + " cannot start and are not counted on";
        if (missing <= 0) {
            return text;
        }
        if (tried > 0) {
            return "%s; of %d that are missing %d are tried".formatted(text, missing, tried);
        }
        return wait > 0
                ? String.format(Locale.ROOT, "%s; %d are missing, one is tried in %.0f s", text, missing, wait)
                : "%s; %d are missing, and %d start".formatted(text, missing, replicas.starting());
    }
}
