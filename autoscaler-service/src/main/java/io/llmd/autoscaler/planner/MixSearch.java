package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.LoadVector;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The best mix of whole replicas, by branch and bound over {@link MixProgramme}, depth first. For one search.
 *
 * <p>Three things make it short. The first programme says what a mix costs at least, and by how much each further replica of a lane
 * raises that: a lane for which that is more than what the best known mix costs is left out, and most are. Costs that are multiples
 * of a unit raise each bound to the next multiple. And each solution of a programme is rounded up to a mix, so that a good one is
 * known early.
 */
final class MixSearch {

    private static final int PIVOTS = 4_000;
    private static final double WHOLE = 1e-6;
    private static final double CLOSE = 1e-6;
    private static final double UNSERVED = 1e-3;
    private static final double[] UNITS = {1, 0.5, 0.25, 0.2, 0.1, 0.05, 0.01};

    private final MixProblem problem;
    private final double[] demanded;
    private final double @Nullable [] left;
    private final boolean isAboutUnmet;
    private final long deadline;
    private final double unit;
    private final int[] most;
    private @Nullable Mix best;
    private double bestValue = Double.POSITIVE_INFINITY;
    private double bound = Double.NEGATIVE_INFINITY;
    private double open = Double.POSITIVE_INFINITY;
    private int nodes;

    /**
     * A search.
     *
     * @param demanded requests a second of each class that have to be served
     * @param left null when all have to be; otherwise how many of each may be left, or NaN to leave as few as possible
     * @param deadline time of {@link System#nanoTime} at which the best known has to do
     */
    MixSearch(MixProblem problem, double[] demanded, double @Nullable [] left, long deadline) {
        this.problem = problem;
        this.demanded = demanded;
        this.left = left;
        this.deadline = deadline;
        isAboutUnmet = left != null && Arrays.stream(left).anyMatch(Double::isNaN);
        unit = isAboutUnmet ? 0 : unit(problem);
        most = new int[problem.lanes().size()];
        for (int j = 0; j < most.length; j++) {
            most[j] = most(j);
        }
    }

    /** The largest unit of which all costs are multiples; 0 when there is none. */
    private static double unit(MixProblem problem) {
        for (double unit : UNITS) {
            boolean fits = problem.options().stream().allMatch(option -> {
                double units = option.variant().costPerHour() / unit;
                return Math.abs(units - Math.rint(units)) < 1e-9;
            });
            if (fits) {
                return unit;
            }
        }
        return 0;
    }

    /** No more replicas than all requests that may come to a lane need. */
    private int most(int lane) {
        LoadVector all = LoadVector.NONE;
        for (int k = 0; k < demanded.length; k++) {
            if (problem.isFeasible(k, lane)) {
                all = all.plus(demanded[k], problem.load(k, lane));
            }
        }
        int needed = all.replicas(problem.headroom(lane));
        return Math.min(
                problem.option(lane).upper(), Math.max(problem.option(lane).lower(), needed));
    }

    /** A mix that is known already, and has to be beaten. One that is not valid is left out. */
    void known(Mix mix) {
        offer(mix);
    }

    /**
     * Searches.
     *
     * @return the best mix; null when there is none, or none was found in time
     */
    @Nullable
    Mix run() {
        boolean[] isWanted = new boolean[most.length];
        for (int j = 0; j < most.length; j++) {
            isWanted[j] = most[j] > 0;
        }
        MixProgramme programme = new MixProgramme(problem, demanded, left, isWanted, most);
        DualSimplex root = programme.start();
        if (root.solve(PIVOTS) != DualSimplex.State.OPTIMAL) {
            return best;
        }
        bound = atLeast(root.objective());
        round(programme, root);
        int before = programme.lanes().size();
        int kept = 0;
        for (int lane : programme.lanes()) {
            double rise = root.reducedCost(programme.replicas(lane));
            isWanted[lane] = root.value(programme.replicas(lane)) > WHOLE || !isHopeless(root.objective() + rise);
            kept += isWanted[lane] ? 1 : 0;
        }
        if (kept < before) {
            programme = new MixProgramme(problem, demanded, left, isWanted, most);
            root = programme.start();
        }
        branch(programme, root, bound);
        bound = Math.min(bestValue, Math.max(bound, open));
        return best;
    }

    /** Whether {@link #run} has looked at all there is. */
    boolean isComplete() {
        return Double.isInfinite(open);
    }

    /** How many programmes were solved. */
    int nodes() {
        return nodes;
    }

    /** No mix costs less than this. */
    double bound() {
        return bound;
    }

    private double atLeast(double value) {
        double safe = value - CLOSE * (1 + Math.abs(value));
        return unit > 0 ? Math.ceil(safe / unit) * unit : safe;
    }

    private boolean isHopeless(double value) {
        // How much is left unserved has no smallest step, so that a search for the last thousandth would not end.
        double worth = (isAboutUnmet ? UNSERVED : CLOSE) * (1 + Math.abs(bestValue));
        return atLeast(value) >= bestValue - worth;
    }

    private boolean isLate() {
        return System.nanoTime() >= deadline || Thread.currentThread().isInterrupted();
    }

    private void branch(MixProgramme programme, DualSimplex node, double parent) {
        if (isLate()) {
            open = Math.min(open, parent);
            return;
        }
        nodes++;
        DualSimplex.State state = node.solve(PIVOTS);
        if (state == DualSimplex.State.GIVEN_UP) {
            open = Math.min(open, parent);
            return;
        }
        double value = node.objective();
        if (state == DualSimplex.State.INFEASIBLE || isHopeless(value)) {
            return;
        }
        round(programme, node);
        if (isHopeless(value)) {
            return;
        }
        int[] split = mixedVariant(programme, node);
        if (split.length > 0) {
            oneLane(programme, node, split, value);
            return;
        }
        int lane = fractional(programme, node);
        if (lane >= 0) {
            whole(programme, node, lane, value);
        }
    }

    /** The lanes of the variant that a solution operates at several tiers, strictest first; none when there is no such. */
    private int[] mixedVariant(MixProgramme programme, DualSimplex node) {
        List<Integer> lanes = programme.lanes();
        for (int from = 0; from < lanes.size(); ) {
            int to = from;
            int used = 0;
            while (to < lanes.size() && problem.optionIndex(lanes.get(to)) == problem.optionIndex(lanes.get(from))) {
                used += node.value(programme.replicas(lanes.get(to))) > WHOLE ? 1 : 0;
                to++;
            }
            if (used > 1) {
                return lanes.subList(from, to).stream()
                        .mapToInt(Integer::intValue)
                        .toArray();
            }
            from = to;
        }
        return new int[0];
    }

    /** Either no stricter or no more relaxed than a place between the lanes in use. */
    private void oneLane(MixProgramme programme, DualSimplex node, int[] lanes, double value) {
        int first = -1;
        double strict = 0;
        double all = 0;
        for (int place = 0; place < lanes.length; place++) {
            double count = node.value(programme.replicas(lanes[place]));
            if (count > WHOLE) {
                first = first < 0 ? place : first;
                strict = first == place ? count : strict;
                all += count;
            }
        }
        boolean isStrictFirst = 2 * strict >= all;
        for (int turn = 0; turn < 2; turn++) {
            boolean keepsStrict = (turn == 0) == isStrictFirst;
            DualSimplex child = node.copy();
            for (int place = 0; place < lanes.length; place++) {
                if (keepsStrict ? place > first : place <= first) {
                    child.bound(programme.replicas(lanes[place]), 0, 0);
                }
            }
            branch(programme, child, value);
        }
    }

    /** The lane whose number is farthest from whole, by what a replica costs; -1 when all are. */
    private int fractional(MixProgramme programme, DualSimplex node) {
        int found = -1;
        double farthest = 0;
        for (int lane : programme.lanes()) {
            double count = node.value(programme.replicas(lane));
            double off = Math.abs(count - Math.rint(count));
            double weighed = off * (1e-3 + problem.lanes().get(lane).variant().costPerHour());
            if (off > WHOLE && weighed > farthest) {
                farthest = weighed;
                found = lane;
            }
        }
        return found;
    }

    private void whole(MixProgramme programme, DualSimplex node, int lane, double value) {
        int variable = programme.replicas(lane);
        double count = node.value(variable);
        double below = Math.floor(count);
        boolean isUpFirst = count - below > 0.3;
        for (int turn = 0; turn < 2; turn++) {
            DualSimplex child = node.copy();
            if ((turn == 0) == isUpFirst) {
                child.bound(variable, below + 1, child.upper(variable));
            } else {
                child.bound(variable, child.lower(variable), below);
            }
            branch(programme, child, value);
        }
    }

    /** The solution of a programme as a mix: each variant at the strictest lane that is used of it, and replicas rounded up. */
    private void round(MixProgramme programme, DualSimplex node) {
        double[][] rates = programme.rates(node);
        int[] counts = new int[most.length];
        int[] strictest = new int[problem.options().size()];
        Arrays.fill(strictest, -1);
        for (int lane : programme.lanes()) {
            int option = problem.optionIndex(lane);
            if (strictest[option] < 0 && isUsed(programme, node, rates, lane)) {
                strictest[option] = lane;
            }
            int chosen = strictest[option];
            if (chosen >= 0 && chosen != lane) {
                for (double[] ofClass : rates) {
                    ofClass[chosen] += ofClass[lane];
                    ofClass[lane] = 0;
                }
            }
        }
        for (int option = 0; option < strictest.length; option++) {
            int lane = strictest[option];
            if (lane >= 0) {
                LoadVector load = LoadVector.NONE;
                for (int k = 0; k < rates.length; k++) {
                    load = rates[k][lane] > 0 ? load.plus(rates[k][lane], problem.load(k, lane)) : load;
                }
                int needed = load.replicas(problem.headroom(lane));
                counts[lane] = Math.max(
                        needed, left == null ? problem.options().get(option).lower() : 0);
            }
        }
        offer(new Mix(problem, counts, rates, Mix.Outcome.OPTIMAL), programme.unmetCost(rates));
    }

    private static boolean isUsed(MixProgramme programme, DualSimplex node, double[][] rates, int lane) {
        boolean serves = false;
        for (double[] ofClass : rates) {
            serves |= ofClass[lane] > 0;
        }
        return serves || node.value(programme.replicas(lane)) > WHOLE;
    }

    private void offer(Mix mix) {
        double value = 0;
        for (int k = 0; isAboutUnmet && k < demanded.length; k++) {
            value += mix.unmet(k);
        }
        if (value == 0) {
            offer(mix, 0);
        }
    }

    private void offer(Mix mix, double unmetCost) {
        double value = isAboutUnmet ? unmetCost : mix.cost();
        if (value < bestValue - CLOSE * (1 + Math.abs(value)) && mix.isValid() && serves(mix)) {
            best = mix;
            bestValue = value;
        }
    }

    /** Whether a mix serves what this search asks for. */
    private boolean serves(Mix mix) {
        for (int k = 0; k < demanded.length && !isAboutUnmet; k++) {
            double unserved = mix.unmet(k) - (problem.demands().get(k).rate() - demanded[k]);
            double allowed = left == null ? 0 : left[k];
            if (unserved > allowed + 1e-6 * (1 + demanded[k])) {
                return false;
            }
        }
        return left != null || mix.reachesLowerBounds();
    }
}
