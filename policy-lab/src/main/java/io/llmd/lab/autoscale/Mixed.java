package io.llmd.lab.autoscale;

import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.lab.autoscale.Baselines.Baseline;
import io.llmd.lab.autoscale.MetricController.Metric;
import java.util.ArrayList;
import java.util.List;

/** The rules of others where there are several variants: an autoscaler for each of them, which knows nothing of the others. */
final class Mixed {

    private static final int POLL = 15;

    private Mixed() {}

    static List<Baseline> all(ScaleWorkload workload) {
        boolean isSplit = workload.kinds().stream().anyMatch(kind -> kind.role() == Role.PREFILL);
        return isSplit ? List.of(splitFixed(workload), split()) : List.of(concurrency(workload));
    }

    /** KEDA on the concurrency of each variant: requests in its replicas and its part of those that wait. */
    private static Baseline concurrency(ScaleWorkload workload) {
        List<Contestant> settings = new ArrayList<>();
        for (int target : new int[] {16, 32, 48, 64, 96}) {
            List<Metric> metrics = new ArrayList<>();
            for (int k = 0; k < workload.kinds().size(); k++) {
                int kind = k;
                metrics.add((cluster, now) -> inFlight(cluster, workload, kind) / target);
            }
            for (double down : Baselines.DOWN_WINDOWS) {
                settings.add(new Contestant(
                        "B2",
                        target + " at a time" + Baselines.window(down),
                        job -> new MetricController(POLL, metrics, Actuation.HPA.windows(0, down))));
            }
        }
        return new Baseline("B2", "KEDA, concurrency of each variant", settings);
    }

    private static double inFlight(Cluster cluster, ScaleWorkload workload, int kind) {
        Seen seen = cluster.scraped();
        double sum = seen.of(kind).inReplicas();
        for (int i = 0; i < workload.tiers().size(); i++) {
            // What can wait is not counted: it would have all that may be started at once.
            if (!workload.canWait()[i]) {
                sum += seen.totals().get(i).queued
                        * share(cluster, workload, workload.tiers().get(i), kind);
            }
        }
        return sum;
    }

    /** A variant's part of what waits: by its replicas among those that serve the tier. */
    private static double share(Cluster cluster, ScaleWorkload workload, Tier tier, int kind) {
        if (!workload.kinds().get(kind).serves(tier)) {
            return 0;
        }
        double all = 0;
        for (int k = 0; k < workload.kinds().size(); k++) {
            all += workload.kinds().get(k).serves(tier) ? Math.max(1, cluster.asked(k)) : 0;
        }
        return Math.max(1, cluster.asked(kind)) / all;
    }

    /** Numbers that never change, from all there may be to fewer, in the proportion of the variants' first numbers. */
    private static Baseline splitFixed(ScaleWorkload workload) {
        List<Contestant> settings = new ArrayList<>();
        for (int[] each : new int[][] {{8, 8}, {5, 5}, {5, 4}, {4, 4}, {4, 3}, {3, 3}}) {
            settings.add(new Contestant(
                    "B0",
                    each[0] + " prefill, " + each[1] + " decode",
                    job -> new MetricController(
                            1, List.of((cluster, now) -> each[0], (cluster, now) -> each[1]), Actuation.DIRECT)));
        }
        return new Baseline("B0", "static", settings);
    }

    /** KEDA on requests whose prompts are not computed yet, and on those that are being answered. */
    private static Baseline split() {
        List<Contestant> settings = new ArrayList<>();
        for (double[] each :
                new double[][] {{2, 32}, {1, 16}, {1, 32}, {1, 48}, {1.5, 48}, {1, 64}, {2, 64}, {3, 64}}) {
            Metric prefill = (cluster, now) ->
                    (cluster.scraped().total().queued + cluster.scraped().of(0).inReplicas()) / each[0];
            Metric decode = (cluster, now) -> cluster.scraped().of(1).inReplicas() / each[1];
            for (double down : Baselines.DOWN_WINDOWS) {
                settings.add(new Contestant(
                        "B2",
                        each[0] + " in prefill, " + each[1] + " in decode" + Baselines.window(down),
                        job -> new MetricController(POLL, List.of(prefill, decode), Actuation.HPA.windows(0, down))));
            }
        }
        return new Baseline("B2", "KEDA, concurrency of each role", settings);
    }
}
