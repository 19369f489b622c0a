package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.Grade;
import io.llmd.autoscaler.variant.Role;
import java.util.List;

/** A model's numbers while they are being decided: what guards look at and change. For one thread. */
final class Plan {

    private final ModelInput input;
    private final List<Target> targets;
    private final double nowSeconds;
    private final double sinceSeconds;
    private final Mix mix;
    private final MixProblem present;

    /**
     * @param mix what demand asks for
     * @param present the same problem at the rates of the present, with what waits
     */
    Plan(ModelInput input, List<Target> targets, double nowSeconds, double sinceSeconds, Mix mix, MixProblem present) {
        this.input = input;
        this.targets = targets;
        this.nowSeconds = nowSeconds;
        this.sinceSeconds = sinceSeconds;
        this.mix = mix;
        this.present = present;
    }

    ModelInput input() {
        return input;
    }

    List<Target> targets() {
        return targets;
    }

    double nowSeconds() {
        return nowSeconds;
    }

    /** For how long the controller has watched. */
    double watchedSeconds() {
        return nowSeconds - sinceSeconds;
    }

    Mix mix() {
        return mix;
    }

    /** Whether nothing may change, because the configuration is invalid or nothing is known. */
    boolean isHeld() {
        return !input.isConfigValid() || input.grade() == Grade.BLIND;
    }

    /**
     * Whether so many replicas, of which only those that are ready count, can do the present work with a share of themselves;
     * or, where not even all that are ready can, as much of it as those.
     */
    boolean isEnough(int[] replicas, double share) {
        int[] all = targets.stream().mapToInt(Target::current).toArray();
        double unmet = unmet(replicas, share);
        return unmet == 0 || unmet <= unmet(all, share) + 1e-9;
    }

    private double unmet(int[] replicas, double share) {
        int[] byLane = new int[present.lanes().size()];
        for (int i = 0; i < replicas.length; i++) {
            if (hasLane(i)) {
                byLane[lane(i)] =
                        Math.min(replicas[i], targets.get(i).input().replicas().ready());
            }
        }
        return Filling.mix(present, byLane, share).unmet();
    }

    /** The lane that an option is, or would be. */
    private int lane(int option) {
        int lane = -1;
        for (int j = 0; j < present.lanes().size(); j++) {
            if (present.optionIndex(j) == option && (lane < 0 || mix.replicas(j) > 0)) {
                lane = mix.replicas(j) > 0 || lane < 0 ? j : lane;
            }
        }
        return lane;
    }

    boolean hasLane(int option) {
        return lane(option) >= 0;
    }

    int total(Role role) {
        int sum = 0;
        for (Target target : targets) {
            sum += target.input().variant().role() == role ? target.replicas() : 0;
        }
        return sum;
    }
}
