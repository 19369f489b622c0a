package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.Dimension;
import io.llmd.autoscaler.variant.LoadVector;
import io.llmd.autoscaler.variant.Role;
import java.util.ArrayList;
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
        for (int[] route : routes(demand)) {
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

    /** Lanes, and pairs of lanes for prefill and decode, that can serve a class; the best first. */
    private List<int[]> routes(int demand) {
        List<int[]> routes = new ArrayList<>();
        for (int j = 0; j < loads.length; j++) {
            if (problem.isFeasible(demand, j) && capacity[j] > 0) {
                Role role = problem.lanes().get(j).variant().role();
                if (role == Role.UNIFIED) {
                    routes.add(new int[] {j});
                }
                for (int d = 0; role == Role.PREFILL && d < loads.length; d++) {
                    boolean isDecode = problem.lanes().get(d).variant().role() == Role.DECODE;
                    if (isDecode && problem.isFeasible(demand, d) && capacity[d] > 0) {
                        routes.add(new int[] {j, d});
                    }
                }
            }
        }
        routes.sort(Comparator.<int[]>comparingDouble(route ->
                        -problem.lanes().get(route[route.length - 1]).tier().interTokenTarget())
                .thenComparingDouble(route -> cost(demand, route)));
        return routes;
    }

    /** Cost of an hour of a request a second. */
    double cost(int demand, int[] route) {
        double cost = 0;
        for (int lane : route) {
            // Load counts a little even where it is free, so that the faster of two free lanes is taken.
            double price = problem.lanes().get(lane).variant().costPerHour() + 1e-6;
            cost += price * problem.load(demand, lane).max() / (1 - problem.headroom(lane));
        }
        return cost;
    }

    static Filling empty(MixProblem problem, double[] capacity) {
        return new Filling(problem, capacity);
    }

    List<int[]> cheapestFirst(int demand) {
        List<int[]> routes = new ArrayList<>(routes(demand));
        routes.sort(Comparator.comparingDouble(route -> cost(demand, route)));
        return routes;
    }
}
