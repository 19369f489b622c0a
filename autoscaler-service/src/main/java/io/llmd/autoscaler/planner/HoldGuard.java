package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.Grade;

/**
 * G01 to G04: nothing changes while the configuration is invalid or nothing is known, and nothing is taken away while something is
 * missing or the controller has just begun.
 */
final class HoldGuard implements Guard {

    /** What demand is like is not known before, whatever the window. */
    private static final double LEAST_WATCHED = 20;

    @Override
    public void apply(Plan plan) {
        for (Target target : plan.targets()) {
            target.settleDemand();
            if (!plan.input().isConfigValid()) {
                target.guard(GuardCode.G01_CONFIG, target.held());
                target.note(GuardCode.G01_CONFIG);
            } else if (plan.input().grade() == Grade.BLIND) {
                target.guard(GuardCode.G02_BLIND, target.held());
                target.note(GuardCode.G02_BLIND);
            }
            if (plan.input().grade() == Grade.PARTIAL) {
                target.atLeast(GuardCode.G03_PARTIAL, target.held());
            }
            target.settleNeed();
            // Until the window is full, nobody knows what was needed before this controller began.
            if (plan.watchedSeconds()
                    < Math.max(LEAST_WATCHED, target.input().behaviour().downWindowSeconds())) {
                target.atLeast(GuardCode.G04_WARMUP, target.held());
            }
        }
    }
}
