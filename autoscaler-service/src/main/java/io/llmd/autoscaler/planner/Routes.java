package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.Role;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The lanes, and pairs of lanes for prefill and decode, that can serve each class, in the order in which they are filled: no stricter
 * than need be, then at the lowest cost. Immutable.
 */
final class Routes {

    private final MixProblem problem;
    private final List<List<int[]>> ordered = new ArrayList<>();

    Routes(MixProblem problem) {
        this.problem = problem;
        for (int k = 0; k < problem.demands().size(); k++) {
            int demand = k;
            List<int[]> routes = all(demand);
            routes.sort(Comparator.<int[]>comparingDouble(route ->
                            -problem.lanes().get(route[route.length - 1]).tier().interTokenTarget())
                    .thenComparingDouble(route -> cost(demand, route)));
            ordered.add(List.copyOf(routes));
        }
    }

    private List<int[]> all(int demand) {
        List<int[]> routes = new ArrayList<>();
        for (int j = 0; j < problem.lanes().size(); j++) {
            Role role = problem.lanes().get(j).variant().role();
            if (!problem.isFeasible(demand, j) || role == Role.DECODE) {
                continue;
            }
            if (role == Role.UNIFIED) {
                routes.add(new int[] {j});
            }
            for (int d = 0; role == Role.PREFILL && d < problem.lanes().size(); d++) {
                boolean isDecode = problem.lanes().get(d).variant().role() == Role.DECODE;
                if (isDecode && problem.isFeasible(demand, d)) {
                    routes.add(new int[] {j, d});
                }
            }
        }
        return routes;
    }

    /** Cost of an hour of a request a second. */
    private double cost(int demand, int[] route) {
        double cost = 0;
        for (int lane : route) {
            // Load counts a little even where it is free, so that the faster of two free lanes is taken.
            double price = problem.lanes().get(lane).variant().costPerHour() + 1e-6;
            cost += price * problem.load(demand, lane).max() / (1 - problem.headroom(lane));
        }
        return cost;
    }

    /** Routes of a class, in the order of filling. */
    List<int[]> of(int demand) {
        return ordered.get(demand);
    }

    /** The route of a class that costs least; empty when none can serve it. */
    int[] cheapest(int demand) {
        return ordered.get(demand).stream()
                .min(Comparator.comparingDouble(route -> cost(demand, route)))
                .orElse(new int[0]);
    }
}
