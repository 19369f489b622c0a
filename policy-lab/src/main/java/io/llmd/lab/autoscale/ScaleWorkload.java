package io.llmd.lab.autoscale;

import io.llmd.autoscaler.variant.Tier;
import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Workload;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.function.ToIntFunction;

/**
 * Requests over some time, what they are promised, and replicas that may serve them.
 *
 * @param id short name, such as W1
 * @param title what it is, in a few words
 * @param about where it comes from and what it shows
 * @param seconds for how long requests come
 * @param requests them, by seed
 * @param tiers what is promised; each request is of one of them
 * @param tierOf place of the tier of a request
 * @param kinds variants
 * @param deadlines by the name of a tier, seconds after its arrival when a request has to have ended; of tiers that are not named they
 *     are to be served at once
 * @param stepAt when the rate jumps, in seconds; NaN where it does not
 */
public record ScaleWorkload(
        String id,
        String title,
        String about,
        double seconds,
        LongFunction<Workload> requests,
        List<Tier> tiers,
        ToIntFunction<ClientRequest> tierOf,
        List<PodKind> kinds,
        Map<String, Double> deadlines,
        double stepAt) {

    /** How long requests may take that came last. */
    static final double GRACE_SECONDS = 300;

    public ScaleWorkload {
        tiers = List.copyOf(tiers);
        kinds = List.copyOf(kinds);
        deadlines = Map.copyOf(deadlines);
        if (!(seconds > 0) || tiers.isEmpty() || kinds.isEmpty()) {
            throw new IllegalArgumentException("workload " + id + ": " + seconds + " s, " + tiers.size() + " tiers, "
                    + kinds.size() + " kinds (expected: > 0, one at least, one at least)");
        }
    }

    /** The requests of a run. */
    TaggedRequests load(long seed) {
        return new TaggedRequests(requests.apply(seed), tierOf, Math.round(seconds * 1e9));
    }

    /** Seconds after its arrival when a request of a tier has to have ended; infinite where it is to be served at once. */
    double deadline(int tier) {
        return deadlines.getOrDefault(tiers.get(tier).name(), Double.POSITIVE_INFINITY);
    }

    /** The same by tier. */
    double[] deadlineSeconds() {
        double[] seconds = new double[tiers.size()];
        for (int i = 0; i < seconds.length; i++) {
            seconds[i] = deadline(i);
        }
        return seconds;
    }

    /** By tier, whether its requests are due some time. */
    boolean[] canWait() {
        boolean[] canWait = new boolean[tiers.size()];
        for (int i = 0; i < canWait.length; i++) {
            canWait[i] = Double.isFinite(deadline(i));
        }
        return canWait;
    }

    /** Its beginning. @param share of its time, in (0, 1] */
    ScaleWorkload beginning(double share) {
        return new ScaleWorkload(
                id, title, about, Math.ceil(share * seconds), requests, tiers, tierOf, kinds, deadlines, stepAt);
    }

    /** The same several times, one after the other. */
    ScaleWorkload repeated(int times) {
        return new ScaleWorkload(
                id + " × " + times,
                title,
                about,
                times * seconds,
                seed -> new Repeated(requests, seed, times, Math.round(seconds * 1e9)),
                tiers,
                tierOf,
                kinds,
                deadlines,
                stepAt);
    }

    /** The same on other replicas. */
    ScaleWorkload on(List<PodKind> others) {
        return new ScaleWorkload(id, title, about, seconds, requests, tiers, tierOf, others, deadlines, stepAt);
    }
}
