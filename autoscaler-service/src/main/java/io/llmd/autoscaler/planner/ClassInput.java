package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.analyzer.BatchDeadlines.Work;
import io.llmd.autoscaler.variant.RequestClass;
import java.util.List;

/**
 * What is known of the demand of a class in one cycle; rates in requests a second.
 *
 * @param requestClass what they are
 * @param now rate at present
 * @param guard what is added for chance
 * @param upper rate to provide for when what is started now is ready, without {@code guard}
 * @param reserve rate of bursts to stand by for; 0 for none
 * @param waiting requests that wait
 * @param drainSeconds time in which they have to be worked off
 * @param attainment share of the last requests that kept their targets; NaN when that is not known
 * @param due work that can wait, by when it is due; such a class has no rates, and what waits is no backlog
 */
public record ClassInput(
        RequestClass requestClass,
        double now,
        double guard,
        double upper,
        double reserve,
        double waiting,
        double drainSeconds,
        double attainment,
        List<Work> due) {

    /** With nothing that can wait. */
    public ClassInput(
            RequestClass requestClass,
            double now,
            double guard,
            double upper,
            double reserve,
            double waiting,
            double drainSeconds,
            double attainment) {
        this(requestClass, now, guard, upper, reserve, waiting, drainSeconds, attainment, List.of());
    }

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
        due = List.copyOf(due);
    }

    /** Work that can wait. */
    public static ClassInput due(RequestClass requestClass, List<Work> due, double attainment) {
        return new ClassInput(
                requestClass, 0, 0, 0, 0, 0, requestClass.tier().tierClass().drainSeconds(), attainment, due);
    }

    /** A steady rate and nothing else. */
    public static ClassInput steady(RequestClass requestClass, double rate) {
        return new ClassInput(requestClass, rate, 0, rate, 0, 0, 60);
    }
}
