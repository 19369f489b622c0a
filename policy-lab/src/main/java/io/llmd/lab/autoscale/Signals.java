package io.llmd.lab.autoscale;

import io.llmd.autoscaler.collector.EngineReading;
import io.llmd.autoscaler.variant.Tier;

/** Metrics of routers and replicas that rules of others look at. Pure functions. */
final class Signals {

    private static final double LONG_QUEUE = 5;
    private static final double FULL = 0.8;
    private static final double WORST = 2;

    private Signals() {}

    /** Requests that wait, in the router and in replicas. */
    static double waiting(Seen seen) {
        return seen.total().queued + seen.waiting();
    }

    /** Requests that run or wait, wherever. */
    static double inFlight(Seen seen) {
        return seen.total().queued + seen.inReplicas();
    }

    /** llm-d's saturation of a pool: the mean over its replicas of the larger of queue by 5 and memory by 0.8; 1 without replicas. */
    static double saturation(Seen seen) {
        double sum = 0;
        int count = 0;
        for (Seen.PodSeen pod : seen.pods()) {
            EngineReading reading = pod.reading();
            if (pod.isReady()) {
                count++;
                sum += reading == null ? 1 : Math.max(reading.waiting() / LONG_QUEUE, reading.kvFill() / FULL);
            }
        }
        return count == 0 ? 1 : sum / count;
    }

    /** Mean fill of the memory of replicas that are ready; NaN without any. */
    static double memory(Seen seen) {
        double sum = 0;
        int count = 0;
        for (Seen.PodSeen pod : seen.pods()) {
            EngineReading reading = pod.reading();
            if (reading != null) {
                count++;
                sum += reading.kvFill();
            }
        }
        return count == 0 ? Double.NaN : sum / count;
    }

    /** The larger of the 90th percentiles of both latencies by their targets, at most 2; NaN without requests. */
    static double latencyShare(Totals recent, Tier tier) {
        double first = Totals.quantile(recent.firstTokens, Totals.FIRST_TOKEN, recent.firstTokenCount, 0.9)
                / tier.firstTokenTarget();
        double between = Totals.quantile(recent.perTokens, Totals.PER_TOKEN, recent.perTokenCount, 0.9)
                / tier.interTokenTarget();
        double share = Double.isNaN(first) ? between : Double.isNaN(between) ? first : Math.max(first, between);
        return Math.min(WORST, share);
    }
}
