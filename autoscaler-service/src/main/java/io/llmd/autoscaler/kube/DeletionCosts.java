package io.llmd.autoscaler.kube;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/** Which pods of a Deployment go first: those that hold the fewest tokens of requests. Pure functions. */
final class DeletionCosts {

    static final String ANNOTATION = "controller.kubernetes.io/pod-deletion-cost";

    private static final double MOST = 2_000_000_000;

    private DeletionCosts() {}

    /**
     * The cost of each pod; the lowest goes first. One that is not heard counts as more than all others: what is not known may be much.
     *
     * @param held tokens by pod
     * @return nothing where no pod is heard
     */
    static Map<String, Integer> of(Collection<String> pods, Map<String, Double> held) {
        double most = pods.stream()
                .mapToDouble(pod -> held.getOrDefault(pod, Double.NaN))
                .filter(tokens -> tokens >= 0)
                .max()
                .orElse(Double.NaN);
        Map<String, Integer> costs = new TreeMap<>();
        if (!Double.isNaN(most)) {
            pods.forEach(pod -> costs.put(pod, (int) Math.min(MOST, held.getOrDefault(pod, most + 1))));
        }
        return costs;
    }
}
