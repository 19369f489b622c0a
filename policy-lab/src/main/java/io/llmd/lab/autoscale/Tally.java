package io.llmd.lab.autoscale;

import io.llmd.autoscaler.variant.Tier;
import io.llmd.simulator.cluster.Outcome;
import io.llmd.simulator.cluster.RequestResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Adds up one run. For the thread of the simulation. */
final class Tally {

    private static final double NANOS = 1e9;
    /** Mean times between tokens of shorter answers mean nothing. */
    private static final int LEAST_OUTPUT = 16;

    private static final int WAITING = 2;
    private static final int CALM_SECONDS = 60;

    private final ScaleWorkload workload;
    private final int step;
    private final float[] paid;
    private final float[] ready;
    private final float[] asked;
    private final float[] rate;
    private final float[] queued;
    private final long[] good;
    private final long[] all;
    private double[] firstTokens = new double[1_024];
    private int firstTokenCount;
    private double replicaSeconds;
    private double acceleratorSeconds;
    private double cost;
    private int waited;
    private int events;
    private int turns;
    private int direction;
    private int most;
    private double arrivalsBefore;
    private double detection = Double.NaN;
    private double recovery = Double.NaN;
    private int calmSince = -1;

    Tally(ScaleWorkload workload, int step) {
        this.workload = workload;
        this.step = step;
        int points = (int) Math.ceil(workload.seconds() / step);
        paid = new float[points];
        ready = new float[points];
        asked = new float[points];
        rate = new float[points];
        queued = new float[points];
        good = new long[workload.tiers().size()];
        all = new long[workload.tiers().size()];
    }

    void ended(RequestResult result) {
        int tierIndex = Tag.of(result.request()).tier();
        Tier tier = workload.tiers().get(tierIndex);
        all[tierIndex]++;
        if (result.outcome() != Outcome.FINISHED) {
            return;
        }
        double first = result.timeToFirstToken() / NANOS;
        if (firstTokenCount == firstTokens.length) {
            firstTokens = Arrays.copyOf(firstTokens, 2 * firstTokenCount);
        }
        firstTokens[firstTokenCount++] = first;
        boolean isSmooth =
                result.outputTokens() < LEAST_OUTPUT || result.interTokenLatency() / NANOS <= tier.interTokenTarget();
        boolean isInTime = result.endToEnd() / NANOS <= workload.deadline(tierIndex);
        good[tierIndex] += first <= tier.firstTokenTarget() && isSmooth && isInTime ? 1 : 0;
    }

    void second(int now, Pods pods, Gateway gateway) {
        if (now > workload.seconds()) {
            return;
        }
        int allPaid = 0;
        int allReady = 0;
        int allAsked = 0;
        for (int k = 0; k < workload.kinds().size(); k++) {
            PodKind kind = workload.kinds().get(k);
            int count = pods.all(k).size();
            allPaid += count;
            allAsked += pods.asked(k);
            allReady += pods.count(k, Pod.State.READY);
            replicaSeconds += count;
            acceleratorSeconds += count * kind.accelerators();
            cost += count * kind.costPerHour() / 3_600;
        }
        most = Math.max(most, allPaid);
        waited += gateway.queued() > WAITING ? 1 : 0;
        recovering(now, gateway.queued());
        if (now % step == 0) {
            int point = now / step - 1;
            paid[point] = allPaid;
            ready[point] = allReady;
            asked[point] = allAsked;
            queued[point] = gateway.queued();
            rate[point] = (float) ((gateway.arrivals() - arrivalsBefore) / step);
            arrivalsBefore = gateway.arrivals();
        }
    }

    private void recovering(int now, int waiting) {
        if (Double.isNaN(workload.stepAt()) || now < workload.stepAt() || !Double.isNaN(recovery)) {
            return;
        }
        calmSince = waiting > WAITING ? -1 : calmSince < 0 ? now : calmSince;
        // At first nothing waits, for replicas are not full yet.
        boolean isOver = now >= workload.stepAt() + CALM_SECONDS;
        if (isOver && calmSince >= 0 && now - calmSince >= CALM_SECONDS) {
            recovery = Math.max(0, calmSince - workload.stepAt());
        }
    }

    void asked(int number, int before, int now) {
        events++;
        int sign = Integer.signum(number - before);
        turns += direction * sign < 0 ? 1 : 0;
        direction = sign;
        if (Double.isNaN(detection) && sign > 0 && now >= workload.stepAt()) {
            detection = now - workload.stepAt();
        }
    }

    ScaleResult result(Contestant contestant, long seed, long requests, Controller controller) {
        List<Double> shares = new ArrayList<>();
        long kept = 0;
        for (int i = 0; i < good.length; i++) {
            kept += good[i];
            // Those that have not ended are of one tier or another; only with several does it matter which.
            long count = good.length == 1 ? requests : all[i];
            shares.add(count == 0 ? Double.NaN : good[i] / (double) count);
        }
        double[] times = Arrays.copyOf(firstTokens, firstTokenCount);
        Arrays.sort(times);
        double slowest = times.length == 0 ? Double.NaN : times[(int) Math.ceil(0.99 * times.length) - 1];
        return new ScaleResult(
                workload.id(),
                contestant.name(),
                contestant.setting(),
                seed,
                requests,
                kept,
                shares,
                replicaSeconds / 3_600,
                acceleratorSeconds / 3_600,
                cost,
                waited,
                events,
                turns,
                most,
                slowest,
                recovery,
                detection,
                controller.unexplained(),
                controller.slowestMillis(),
                new ScaleResult.Series(step, paid, ready, asked, rate, queued));
    }
}
