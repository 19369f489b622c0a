package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.Role;
import java.util.Map;
import java.util.TreeMap;

/** Which lane should get how much of a class: what the programme found on the way to its numbers. */
final class Routing {

    private Routing() {}

    /** Shares by lane. A request that is split between two lanes counts in both, so that decode lanes come on top of one. */
    static Map<String, Double> shares(Mix mix, int demand) {
        Map<String, Double> shares = new TreeMap<>();
        double[] sums = new double[Role.values().length];
        for (int j = 0; j < mix.problem().lanes().size(); j++) {
            sums[mix.problem().lanes().get(j).variant().role().ordinal()] += mix.rate(demand, j);
        }
        double unified = sums[Role.UNIFIED.ordinal()];
        double split = sums[Role.PREFILL.ordinal()];
        for (int j = 0; j < mix.problem().lanes().size(); j++) {
            double rate = mix.rate(demand, j);
            if (rate > 0) {
                shares.put(mix.problem().lanes().get(j).id(), rate / (unified + split));
            }
        }
        return shares;
    }
}
