package io.llmd.autoscaler.planner;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * G10: hardware is exchanged only where that saves more than 5 %, and pays for both running side by side within half an hour;
 * otherwise the present variants only grow, or only shrink.
 */
final class Hysteresis {

    private static final double LEAST_SAVING = 0.05;
    private static final double PAYBACK_HOURS = 0.5;

    private final MixSolver solver;

    Hysteresis(MixSolver solver) {
        this.solver = solver;
    }

    /**
     * The mix to take.
     *
     * @param mix what to do
     * @param isKept whether that is the present variants although another mix costs less
     * @param rejected what was considered beside it
     */
    record Choice(Mix mix, boolean isKept, List<Decision.Rejected> rejected) {}

    /** Chooses between the cheapest mix and the best one that exchanges nothing. */
    Choice choose(Mix cheapest, List<VariantInput> variants) {
        MixProblem problem = cheapest.problem();
        int[] wanted = cheapest.byOption();
        int[] now = variants.stream().mapToInt(each -> each.replicas().usable()).toArray();
        boolean grows = false;
        boolean shrinks = false;
        for (int i = 0; i < now.length; i++) {
            grows |= wanted[i] > now[i];
            shrinks |= wanted[i] < now[i];
        }
        if (!grows || !shrinks || Arrays.stream(now).sum() == 0) {
            return new Choice(cheapest, false, List.of());
        }
        Mix kept = kept(problem, now);
        double saving = kept.cost() - cheapest.cost();
        double twice = 0;
        for (int i = 0; i < now.length; i++) {
            double start = variants.get(i).coldStart90() / 3_600;
            twice += Math.max(0, wanted[i] - now[i]) * variants.get(i).variant().costPerHour() * start;
        }
        boolean isNeeded = kept.unmet() > cheapest.unmet() + 1e-6;
        boolean isWorth = saving > LEAST_SAVING * kept.cost() && twice < PAYBACK_HOURS * saving;
        List<Decision.Rejected> rejected = new ArrayList<>();
        if (isNeeded || isWorth) {
            rejected.add(new Decision.Rejected(
                    text(kept), kept.cost(), isNeeded ? "does not serve all requests" : "costs more"));
            return new Choice(cheapest, false, rejected);
        }
        rejected.add(new Decision.Rejected(
                text(cheapest),
                cheapest.cost(),
                String.format(Locale.ROOT, "G10: saves %.1f %%", 100 * saving / kept.cost())));
        return new Choice(kept, true, rejected);
    }

    /** The best mix that only takes away or, where that serves not all, only adds. */
    private Mix kept(MixProblem problem, int[] now) {
        int[] lower = new int[now.length];
        int[] upper = new int[now.length];
        int[] most = new int[now.length];
        int[] least = new int[now.length];
        for (int i = 0; i < now.length; i++) {
            MixProblem.Option option = problem.options().get(i);
            upper[i] = Math.min(now[i], option.upper());
            lower[i] = Math.min(option.lower(), upper[i]);
            most[i] = option.upper();
            least[i] = Math.min(Math.max(option.lower(), now[i]), most[i]);
        }
        Mix fewer = solver.solve(problem.bounded(lower, upper));
        return fewer.unmet() == 0 ? fewer : solver.solve(problem.bounded(least, most));
    }

    static String text(Mix mix) {
        StringBuilder text = new StringBuilder();
        int[] counts = mix.byOption();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                text.append(text.isEmpty() ? "" : ", ")
                        .append(counts[i])
                        .append(' ')
                        .append(mix.problem().options().get(i).variant().id());
            }
        }
        return text.isEmpty() ? "none" : text.toString();
    }
}
