package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.TierClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Mixes of several models that share accelerators. Each model is solved alone; only where they want more of a type than there is
 * are accelerators shared out, the most important classes first and among those of one importance by who has least of what it
 * wants, and the models solved again with their share (specs/autoscaling.md 3.11). Stateless and safe from any thread.
 */
final class FleetMix {

    private final MixSolver solver;

    FleetMix(MixSolver solver) {
        this.solver = solver;
    }

    /**
     * The mix of each problem, in their order.
     *
     * @param accelerators accelerators by type for all of them together; a type that is not named has no bound
     */
    List<Mix> solve(List<MixProblem> problems, Map<String, Integer> accelerators) {
        List<Mix> alone = problems.stream()
                .map(problem -> solver.solve(problem.limited(accelerators)))
                .toList();
        List<String> scarce = new TreeMap<>(accelerators)
                .entrySet().stream()
                        .filter(limit -> alone.stream()
                                        .mapToInt(mix -> mix.accelerators(limit.getKey()))
                                        .sum()
                                > limit.getValue())
                        .map(Map.Entry::getKey)
                        .toList();
        if (scarce.isEmpty()) {
            return alone;
        }
        List<Map<String, Integer>> shares = shares(problems, accelerators, scarce);
        List<Mix> shared = new ArrayList<>();
        for (int i = 0; i < problems.size(); i++) {
            boolean isTouched = scarce.stream().anyMatch(alone.get(i)::usesType);
            shared.add(isTouched ? solver.solve(problems.get(i).limited(shares.get(i))) : alone.get(i));
        }
        return shared;
    }

    private List<Map<String, Integer>> shares(
            List<MixProblem> problems, Map<String, Integer> accelerators, List<String> scarce) {
        List<Map<String, Integer>> shares = new ArrayList<>();
        problems.forEach(problem -> shares.add(new TreeMap<>(accelerators)));
        for (String type : scarce) {
            int left = accelerators.getOrDefault(type, 0);
            int[] granted = new int[problems.size()];
            for (TierClass level : TierClass.values()) {
                int[] wanted = new int[granted.length];
                for (int i = 0; i < granted.length; i++) {
                    int sum = solver.solve(upTo(problems.get(i), level).limited(accelerators))
                            .accelerators(type);
                    wanted[i] = Math.max(0, sum - granted[i]);
                }
                left -= share(left, wanted, steps(problems, type), granted);
            }
            for (int i = 0; i < granted.length; i++) {
                shares.get(i).put(type, granted[i]);
            }
        }
        return shares;
    }

    /** The problem without what matters less than {@code level}. */
    private static MixProblem upTo(MixProblem problem, TierClass level) {
        double[] rates = problem.demands().stream()
                .mapToDouble(
                        demand -> demand.requestClass().tier().tierClass().compareTo(level) <= 0 ? demand.rate() : 0)
                .toArray();
        return problem.at(rates);
    }

    private static int[] steps(List<MixProblem> problems, String type) {
        return problems.stream()
                .mapToInt(problem -> problem.options().stream()
                        .filter(option -> option.variant().accelerator().equals(type))
                        .mapToInt(option -> Math.max(1, option.variant().acceleratorsPerReplica()))
                        .min()
                        .orElse(1))
                .toArray();
    }

    /** Gives a replica's worth at a time to whoever has the smallest part of what it wants; the first of several. */
    private static int share(int pool, int[] wanted, int[] steps, int[] granted) {
        int[] got = new int[wanted.length];
        int left = pool;
        while (true) {
            int poorest = -1;
            for (int i = 0; i < wanted.length; i++) {
                boolean wants = got[i] < wanted[i] && steps[i] <= left;
                if (wants && (poorest < 0 || (double) got[i] / wanted[i] < (double) got[poorest] / wanted[poorest])) {
                    poorest = i;
                }
            }
            if (poorest < 0) {
                break;
            }
            got[poorest] += steps[poorest];
            left -= steps[poorest];
        }
        for (int i = 0; i < got.length; i++) {
            granted[i] += got[i];
        }
        return pool - left;
    }
}
