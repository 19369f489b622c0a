package io.llmd.lab.autoscale;

import io.llmd.autoscaler.collector.EngineReading;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What can be known of a fleet at a time.
 *
 * @param atSeconds when
 * @param pods replicas that start or are ready
 * @param totals what the router counts, by tier
 * @param waitingTokens tokens of prompts of which no token has come back
 */
record Seen(double atSeconds, List<PodSeen> pods, List<Totals> totals, double waitingTokens) {

    /** One replica; without a reading its page could not be read. */
    record PodSeen(
            String id, int kind, boolean isReady, @Nullable EngineReading reading) {}

    Seen {
        pods = List.copyOf(pods);
        totals = List.copyOf(totals);
    }

    /** Of one variant alone. */
    Seen of(int kind) {
        return new Seen(
                atSeconds, pods.stream().filter(pod -> pod.kind() == kind).toList(), totals, waitingTokens);
    }

    /** All tiers together. */
    Totals total() {
        Totals sum = new Totals();
        for (Totals each : totals) {
            sum = sum.plus(each);
        }
        return sum;
    }

    /** Requests that run or wait in replicas. */
    double inReplicas() {
        double sum = 0;
        for (PodSeen pod : pods) {
            EngineReading reading = pod.reading();
            sum += reading == null ? 0 : reading.running() + reading.waiting();
        }
        return sum;
    }

    /** Requests that wait in replicas. */
    double waiting() {
        double sum = 0;
        for (PodSeen pod : pods) {
            EngineReading reading = pod.reading();
            sum += reading == null ? 0 : reading.waiting();
        }
        return sum;
    }

    /** Tokens whose keys and values are held. */
    double heldTokens() {
        double sum = 0;
        for (PodSeen pod : pods) {
            EngineReading reading = pod.reading();
            sum += reading == null ? 0 : reading.kvFill() * reading.kvTokens();
        }
        return sum;
    }
}
