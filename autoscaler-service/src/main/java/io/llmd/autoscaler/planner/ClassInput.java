package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.RequestClass;

/**
 * What is known of the demand of a class in one cycle; all but the last two in requests a second.
 *
 * @param requestClass what they are
 * @param now rate at present
 * @param guard what is added for chance
 * @param upper rate to provide for when what is started now is ready, without {@code guard}
 * @param reserve rate of bursts to stand by for; 0 for none
 * @param waiting requests that wait
 * @param drainSeconds time in which they have to be worked off
 * @param attainment share of the last requests that kept their targets; NaN when that is not known
 */
public record ClassInput(
        RequestClass requestClass,
        double now,
        double guard,
        double upper,
        double reserve,
        double waiting,
        double drainSeconds,
        double attainment) {

    /** Without anything known of how targets were kept. */
    public ClassInput(
            RequestClass requestClass,
            double now,
            double guard,
            double upper,
            double reserve,
            double waiting,
            double drainSeconds) {
        this(requestClass, now, guard, upper, reserve, waiting, drainSeconds, Double.NaN);
    }

    public ClassInput {
        if (!(now >= 0) || !(guard >= 0) || !(waiting >= 0) || !(drainSeconds > 0) || !(reserve >= 0)) {
            throw new IllegalArgumentException("demand of " + requestClass.id() + ": " + now + " + " + guard + ", "
                    + waiting + " waiting (expected: >= 0)");
        }
        upper = Math.max(now, upper);
    }

    /** A steady rate and nothing else. */
    public static ClassInput steady(RequestClass requestClass, double rate) {
        return new ClassInput(requestClass, rate, 0, rate, 0, 0, 60);
    }
}
