package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.Dimension;
import io.llmd.autoscaler.variant.LoadVector;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Assigns requests to replicas by rule: the most important and strictest classes first, each to the lanes where it costs least
 * among those that are no stricter than they have to be. It fills at most what lanes may carry. O(classes² · lanes).
 */
final class Filling {

    private static final Dimension[] DIMENSIONS = Dimension.values();

    private final MixProblem problem;
    private final double[] capacity;
    private final LoadVector[] loads;
    private final double[][] rates;

    private Filling(MixProblem problem, double[] capacity) {
        this.problem = problem;
        this.capacity = capacity;
        loads = new LoadVector[problem.lanes().size()];
        Arrays.fill(loads, LoadVector.NONE);
        rates = new double[problem.demands().size()][problem.lanes().size()];
    }

    /**
     * Assigns all that fits.
     *
     * @param capacity replicas of load that each lane may carry, headroom already taken off
     * @return requests a second by class and lane
     */
    static double[][] fill(MixProblem problem, double[] capacity) {
        Filling filling = new Filling(problem, capacity);
        for (int demand : order(problem)) {
            filling.place(demand, problem.demands().get(demand).rate());
        }
        return filling.rates;
    }

    /** The mix of given replicas, filled up to {@code share} of them. */
    static Mix mix(MixProblem problem, int[] replicas, double share) {
        double[] capacity = new double[replicas.length];
        for (int j = 0; j < capacity.length; j++) {
            capacity[j] = replicas[j] * share;
        }
        return new Mix(problem, replicas, fill(problem, capacity), Mix.Outcome.FALLBACK);
    }

    static List<Integer> order(MixProblem problem) {
        Comparator<Integer> byClass = Comparator.comparing(
                k -> problem.demands().get(k).requestClass().tier().tierClass());
        Comparator<Integer> byStep = Comparator.comparingDouble(
                k -> problem.demands().get(k).requestClass().tier().interTokenTarget());
        return IntStream.range(0, problem.demands().size())
                .boxed()
                .sorted(byClass.thenComparing(byStep))
                .toList();
    }

    private void place(int demand, double rate) {
        double left = rate;
        for (int[] route : problem.routes().of(demand)) {
            if (left <= 0) {
                return;
            }
            double fits = left;
            for (int lane : route) {
                fits = Math.min(fits, room(demand, lane));
            }
            if (fits > 0) {
                for (int lane : route) {
                    rates[demand][lane] += fits;
                    loads[lane] = loads[lane].plus(fits, problem.load(demand, lane));
                }
                left -= fits;
            }
        }
    }

    /** Requests a second of a class that a lane can still take. */
    private double room(int demand, int lane) {
        LoadVector load = problem.load(demand, lane);
        double room = Double.POSITIVE_INFINITY;
        for (Dimension dimension : DIMENSIONS) {
            if (load.get(dimension) > 0) {
                room = Math.min(room, (capacity[lane] - loads[lane].get(dimension)) / load.get(dimension));
            }
        }
        return Math.max(0, room);
    }
}
