package io.llmd.lab.autoscale;

import io.llmd.autoscaler.analyzer.WvaTokens;

/** llm-d's token capacity analyzer: tokens in memory and those that wait, by what a replica can hold. */
final class WvaV2 implements MetricController.Metric {

    private static final double WINDOW = 300;

    private final PodKind kind;
    private final double threshold;

    WvaV2(PodKind kind, double threshold) {
        this.kind = kind;
        this.threshold = threshold;
    }

    @Override
    public double wanted(Cluster cluster, double now) {
        Totals recent = cluster.over(WINDOW);
        Seen seen = cluster.scraped();
        int asked = cluster.asked(0);
        int ready = cluster.ready(0);
        if (recent.finished == 0) {
            return asked;
        }
        double input = recent.meanInput();
        double output = recent.meanOutput();
        double perReplica = Math.min(
                WvaTokens.memoryCapacity(kind.limits().kvTokens(), threshold),
                WvaTokens.computeCapacity(
                        input, output, kind.limits().stepTokens(), kind.limits().maxSequences()));
        double demand = WvaTokens.demand(seen.heldTokens(), Signals.waiting(seen), input + output);
        double missing = WvaTokens.required(demand, asked, perReplica);
        if (missing > 0) {
            return asked + WvaTokens.toAdd(missing, perReplica);
        }
        return Math.max(1, asked - WvaTokens.toRemove(WvaTokens.spare(demand, ready, perReplica), perReplica));
    }
}
