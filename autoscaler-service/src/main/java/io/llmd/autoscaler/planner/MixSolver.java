package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.Role;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The cheapest mix, with a bound on time. First all requests have to be served; only when that is impossible are some left unserved,
 * the least important ones first. What the search says is checked, and has to beat the mix by rule. One thread, so that the same
 * problem has the same solution as long as time suffices. Stateless and safe from any thread.
 */
final class MixSolver {

    private static final double TOLERANCE = 1e-7;

    private final long limitNanos;

    /** @param limitMillis time for one problem */
    MixSolver(long limitMillis) {
        limitNanos = Math.max(1, limitMillis) * 1_000_000;
    }

    /** The best mix that can be found in time, with what is known of how good it is. */
    Mix solve(MixProblem problem) {
        Mix ruled = new GreedyMix(problem).find();
        double[] rates = servable(problem);
        if (Arrays.stream(rates).sum() == 0) {
            return ruled.found(Mix.Outcome.OPTIMAL);
        }
        long deadline = System.nanoTime() + limitNanos;
        MixSearch search = new MixSearch(problem, rates, null, deadline);
        search.known(ruled);
        Mix found = search.run();
        if (found == null) {
            return better(ruled, withShortage(problem, rates, deadline), search.bound());
        }
        return found.found(search.isComplete() ? Mix.Outcome.OPTIMAL : Mix.Outcome.TIME_LIMIT, search.bound());
    }

    /** As much as there is room for, the most important first; and only then the cheapest way to do that. */
    private static @Nullable Mix withShortage(MixProblem problem, double[] rates, long deadline) {
        double[] unmet = new double[rates.length];
        Arrays.fill(unmet, Double.NaN);
        long now = System.nanoTime();
        MixSearch most = new MixSearch(problem, rates, unmet, now + (deadline - now) / 2);
        Mix first = most.run();
        if (first == null) {
            return null;
        }
        double[] allowed = new double[rates.length];
        for (int k = 0; k < allowed.length; k++) {
            double left = Math.max(0, rates[k] - (problem.demands().get(k).rate() - first.unmet(k)));
            allowed[k] = Math.min(rates[k], left + TOLERANCE * (1 + rates[k]));
        }
        MixSearch cheapest = new MixSearch(problem, rates, allowed, deadline);
        cheapest.known(first);
        Mix second = cheapest.run();
        boolean isProven = most.isComplete() && cheapest.isComplete();
        Mix chosen = second == null ? first : second;
        return chosen.found(isProven ? Mix.Outcome.OPTIMAL : Mix.Outcome.TIME_LIMIT, cheapest.bound());
    }

    /** The rates of classes that some lane can serve; 0 for the others. */
    private static double[] servable(MixProblem problem) {
        double[] rates = new double[problem.demands().size()];
        for (int k = 0; k < rates.length; k++) {
            boolean isServed = false;
            boolean hasPrefill = false;
            boolean hasDecode = false;
            for (int j = 0; j < problem.lanes().size(); j++) {
                if (problem.isFeasible(k, j) && problem.option(j).upper() > 0) {
                    Role role = problem.lanes().get(j).variant().role();
                    isServed |= role == Role.UNIFIED;
                    hasPrefill |= role == Role.PREFILL;
                    hasDecode |= role == Role.DECODE;
                }
            }
            rates[k] = isServed || (hasPrefill && hasDecode)
                    ? problem.demands().get(k).rate()
                    : 0;
        }
        return rates;
    }

    private static Mix better(Mix ruled, @Nullable Mix found, double bound) {
        if (found == null || !found.isValid()) {
            return ruled.found(found == null ? Mix.Outcome.TIME_LIMIT : Mix.Outcome.FALLBACK, bound);
        }
        return ruled.isBetterThan(found) ? ruled.found(Mix.Outcome.TIME_LIMIT, bound) : found;
    }
}
