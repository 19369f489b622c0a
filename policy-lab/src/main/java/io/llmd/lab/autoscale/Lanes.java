package io.llmd.lab.autoscale;

import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Tier;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which replica a request should go to, among those that have room for it: of the variant that has got least of its share, where
 * whoever decides about replicas says shares, and there to the replica with the smallest part of its memory in use. What can wait
 * only goes to replicas whose steps stay well within the targets of others. For the thread of the simulation.
 */
final class Lanes {

    private static final int LONG_QUEUE = 5;
    private static final double FULL = 0.8;
    /** Share of a step time that work which can wait may fill. */
    private static final double CALM = 0.5;

    /** Where a request goes. @param prefill computes the prompt for {@code pod}; null where that does it itself */
    record Place(@Nullable Pod prefill, Pod pod) {}

    private final Pods pods;
    private final List<Tier> tiers;
    private final boolean[] canWait;
    private final double[][] sent;
    private final Map<Integer, double[]> known = new HashMap<>();
    private final IntFunction<double @Nullable []> shares;

    /**
     * @param canWait by tier, whether its requests are due some time
     * @param shares by tier, which share of its requests each variant should get; null where nobody says
     */
    Lanes(Pods pods, List<Tier> tiers, boolean[] canWait, IntFunction<double @Nullable []> shares) {
        this.pods = pods;
        this.tiers = tiers;
        this.canWait = canWait;
        this.shares = shares;
        sent = new double[tiers.size()][pods.kinds().size()];
    }

    /**
     * The place for a request of a tier; null where none has room.
     *
     * @param isLate whether it has waited for most of the time that it may, and is treated as those that cannot wait
     * @param perAnswer mean tokens of an answer
     */
    @Nullable
    Place choose(int tier, boolean isLate, double perAnswer) {
        Pod together = best(tier, Role.UNIFIED, isLate, perAnswer);
        if (together != null) {
            sent[tier][together.kind]++;
            return new Place(null, together);
        }
        Pod prefill = best(tier, Role.PREFILL, isLate, perAnswer);
        Pod decode = prefill == null ? null : best(tier, Role.DECODE, isLate, perAnswer);
        return decode == null ? null : new Place(prefill, decode);
    }

    private @Nullable Pod best(int tier, Role role, boolean isLate, double perAnswer) {
        double[] wanted = shares.apply(tier);
        if (wanted != null && wanted != known.get(tier)) {
            known.put(tier, wanted);
            Arrays.fill(sent[tier], 0);
        }
        Pod best = null;
        double least = Double.POSITIVE_INFINITY;
        double leastGot = Double.POSITIVE_INFINITY;
        for (int k = 0; k < pods.kinds().size(); k++) {
            PodKind kind = pods.kinds().get(k);
            if (kind.role() != role || !kind.serves(tiers.get(tier))) {
                continue;
            }
            double got = got(tier, k, wanted);
            for (Pod pod : pods.all(k)) {
                if (pod.state == Pod.State.READY && takes(pod, isLate || !canWait[tier], perAnswer)) {
                    double share = tokens(pod, perAnswer) / kind.limits().kvTokens();
                    if (got < leastGot || (got == leastGot && share < least)) {
                        least = share;
                        leastGot = got;
                        best = pod;
                    }
                }
            }
        }
        return best;
    }

    /** How much of its share a variant has got; the same for all where nobody says shares. */
    private double got(int tier, int kind, double @Nullable [] wanted) {
        if (wanted == null) {
            return 0;
        }
        double sum = 0;
        double shareSum = 0;
        for (int k = 0; k < wanted.length; k++) {
            sum += sent[tier][k];
            shareSum += wanted[k];
        }
        // What is to get nothing only gets what nobody else takes.
        return shareSum == 0
                ? 0
                : wanted[kind] <= 0 ? Double.MAX_VALUE : sent[tier][kind] - sum * wanted[kind] / shareSum;
    }

    private static double tokens(Pod pod, double perAnswer) {
        return pod.promptTokens + pod.inFlight * perAnswer / 2;
    }

    private boolean takes(Pod pod, boolean isUrgent, double perAnswer) {
        PodKind kind = pods.kinds().get(pod.kind);
        if (kind.role() == Role.DECODE) {
            // Requests whose prompts are still computed elsewhere wait for nothing here, but will need their memory.
            return tokens(pod, perAnswer) < FULL * kind.limits().kvTokens();
        }
        int running = pods.view(pod).metrics().running();
        double filling = pod.sentTokens / kind.limits().kvTokens();
        boolean hasRoom = pod.inFlight - running < LONG_QUEUE
                && (pod.inFlight == 0 || pods.view(pod).metrics().kvUsage() + filling < FULL);
        return hasRoom && (isUrgent || isCalm(pod, kind, perAnswer));
    }

    private boolean isCalm(Pod pod, PodKind kind, double perAnswer) {
        double strictest = Double.POSITIVE_INFINITY;
        for (Tier each : tiers) {
            strictest = kind.serves(each) ? Math.min(strictest, each.interTokenTarget()) : strictest;
        }
        return kind.step().step(0, pod.inFlight + 1.0, tokens(pod, perAnswer)) < CALM * strictest;
    }
}
