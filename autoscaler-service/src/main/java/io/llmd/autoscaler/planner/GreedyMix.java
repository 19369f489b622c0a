package io.llmd.autoscaler.planner;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A mix by rule, for when the solver has no time and as the mark that it has to beat: one tier for each variant, each class where
 * it costs least, then replicas taken away as long as all requests still fit. Deterministic; a few hundred fillings at most.
 */
final class GreedyMix {

    private static final int MAX_MOVES = 40;

    private final MixProblem problem;

    GreedyMix(MixProblem problem) {
        this.problem = problem;
    }

    /** The best of the rule applied to all tiers for each variant at once, from the strictest to the most relaxed. */
    Mix find() {
        Mix best = null;
        for (int choice = 0; choice < maxTiers(); choice++) {
            Mix found = improved(construct(lanesOf(choice)));
            best = best == null || found.isBetterThan(best) ? found : best;
        }
        Mix mixed = improved(construct(affordable()));
        return best == null || mixed.isBetterThan(best) ? mixed : best;
    }

    private int maxTiers() {
        int[] tiers = new int[problem.options().size()];
        for (int j = 0; j < problem.lanes().size(); j++) {
            tiers[problem.optionIndex(j)]++;
        }
        return Arrays.stream(tiers).max().orElse(0);
    }

    /** For each option the lane at a place in the order of strictness, or its most relaxed one. */
    private int[] lanesOf(int place) {
        int[] chosen = new int[problem.options().size()];
        Arrays.fill(chosen, -1);
        int[] seen = new int[chosen.length];
        for (int j = 0; j < problem.lanes().size(); j++) {
            int option = problem.optionIndex(j);
            if (seen[option]++ <= place) {
                chosen[option] = j;
            }
        }
        return chosen;
    }

    /** Each class at its cheapest lane; a variant that is wanted for several is operated at the strictest of them. */
    private int[] affordable() {
        int[] chosen = new int[problem.options().size()];
        Arrays.fill(chosen, -1);
        for (int demand : Filling.order(problem)) {
            for (int lane : problem.routes().cheapest(demand)) {
                int option = problem.optionIndex(lane);
                chosen[option] = chosen[option] < 0 ? lane : Math.min(chosen[option], lane);
            }
        }
        int[] rest = lanesOf(Integer.MAX_VALUE - 1);
        for (int i = 0; i < chosen.length; i++) {
            chosen[i] = chosen[i] < 0 ? rest[i] : chosen[i];
        }
        return chosen;
    }

    /** Replicas of the chosen lanes for all requests, in as far as bounds allow. */
    private Mix construct(int[] chosen) {
        int[] most = new int[problem.lanes().size()];
        Map<String, Integer> left = new TreeMap<>(problem.accelerators());
        for (int i = 0; i < chosen.length; i++) {
            if (chosen[i] >= 0) {
                most[chosen[i]] = problem.options().get(i).upper();
            }
        }
        double[] capacity = new double[most.length];
        for (int j = 0; j < most.length; j++) {
            Integer limit = left.get(problem.lanes().get(j).variant().accelerator());
            int each = Math.max(1, problem.lanes().get(j).variant().acceleratorsPerReplica());
            int bound = limit == null ? most[j] : Math.min(most[j], limit / each);
            capacity[j] = bound * (1 - problem.headroom(j));
        }
        Mix wanted = new Mix(problem, most, fillCheapest(capacity), Mix.Outcome.FALLBACK);
        int[] replicas = new int[most.length];
        for (int j = 0; j < most.length; j++) {
            int needed = wanted.load(j).replicas(problem.headroom(j));
            int lower = chosen[problem.optionIndex(j)] == j ? problem.option(j).lower() : 0;
            int each = Math.max(1, problem.lanes().get(j).variant().acceleratorsPerReplica());
            String type = problem.lanes().get(j).variant().accelerator();
            int allowed = left.containsKey(type) ? left.get(type) / each : Integer.MAX_VALUE;
            replicas[j] = Math.min(Math.max(needed, lower), Math.min(most[j], allowed));
            int used = replicas[j] * each;
            left.computeIfPresent(type, (name, rest) -> rest - used);
        }
        return filled(replicas);
    }

    private double[][] fillCheapest(double[] capacity) {
        return Filling.fill(problem, capacity);
    }

    private Mix filled(int[] replicas) {
        double[] capacity = new double[replicas.length];
        for (int j = 0; j < capacity.length; j++) {
            capacity[j] = replicas[j] * (1 - problem.headroom(j));
        }
        return new Mix(problem, replicas, Filling.fill(problem, capacity), Mix.Outcome.FALLBACK);
    }

    /** Takes replicas away, the dearest first, and exchanges one for one, as long as that is better. */
    private Mix improved(Mix start) {
        Mix best = start;
        for (int move = 0; move < MAX_MOVES; move++) {
            Mix better = neighbour(best);
            if (better == null) {
                return best;
            }
            best = better;
        }
        return best;
    }

    private @Nullable Mix neighbour(Mix from) {
        int lanes = problem.lanes().size();
        for (int j = 0; j < lanes; j++) {
            if (from.replicas(j) > problem.option(j).lower()) {
                Mix fewer = filled(changed(from, j, -1));
                if (fewer.isValid() && fewer.isBetterThan(from)) {
                    return fewer;
                }
            }
        }
        return null;
    }

    private int[] changed(Mix from, int lane, int by) {
        int[] replicas = new int[problem.lanes().size()];
        for (int j = 0; j < replicas.length; j++) {
            replicas[j] = from.replicas(j) + (j == lane ? by : 0);
        }
        return replicas;
    }
}
