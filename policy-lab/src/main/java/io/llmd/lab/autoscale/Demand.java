package io.llmd.lab.autoscale;

import io.llmd.autoscaler.analyzer.LoadFunction;
import io.llmd.autoscaler.analyzer.Tails;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.Workload;
import java.util.Arrays;
import java.util.function.IntPredicate;

/** The requests of a run, known beforehand: for those who are said to know them. Immutable. */
final class Demand {

    private final double[] requests;
    private final double[] input;
    private final double[] inputSquare;
    private final double[] output;
    private final double[] outputSquare;
    private final double[] inputOutput;

    /** Takes all requests of a run. */
    Demand(ScaleWorkload workload, long seed) {
        this(workload, seed, tier -> true);
    }

    /** Takes those of some tiers. */
    Demand(ScaleWorkload workload, long seed, IntPredicate tiers) {
        int seconds = (int) Math.ceil(workload.seconds()) + 1;
        requests = new double[seconds];
        input = new double[seconds];
        inputSquare = new double[seconds];
        output = new double[seconds];
        outputSquare = new double[seconds];
        inputOutput = new double[seconds];
        TaggedRequests all = workload.load(seed);
        for (long time = all.nextTime(); time != Workload.NEVER; time = all.nextTime()) {
            ClientRequest request = all.next();
            if (request == null) {
                break;
            }
            if (!tiers.test(Tag.of(request).tier())) {
                continue;
            }
            int second = (int) (time / 1_000_000_000L);
            double prompt = request.prompt().length;
            double answer = request.outputLength();
            requests[second]++;
            input[second] += prompt;
            inputSquare[second] += prompt * prompt;
            output[second] += answer;
            outputSquare[second] += answer * answer;
            inputOutput[second] += prompt * answer;
        }
    }

    /** Requests a second within a time. */
    double rate(double fromSeconds, double toSeconds) {
        double[] range = range(requests, fromSeconds, toSeconds);
        return range[0] / Math.max(1, range[1]);
    }

    /** Their shape; NaN-free: that of all where none is in it. */
    Shape shape(double fromSeconds, double toSeconds) {
        double count = range(requests, fromSeconds, toSeconds)[0];
        boolean isEmpty = count == 0;
        double from = isEmpty ? 0 : fromSeconds;
        double to = isEmpty ? requests.length : toSeconds;
        double all = Math.max(1, range(requests, from, to)[0]);
        return new Shape(
                range(input, from, to)[0] / all,
                range(input, from, to)[0] / all,
                range(inputSquare, from, to)[0] / all,
                range(output, from, to)[0] / all,
                range(inputOutput, from, to)[0] / all,
                range(outputSquare, from, to)[0] / all);
    }

    /** Sum and seconds of a range. */
    private static double[] range(double[] values, double fromSeconds, double toSeconds) {
        int from = Math.clamp((int) fromSeconds, 0, values.length);
        int to = Math.clamp((int) toSeconds, from, values.length);
        return new double[] {Arrays.stream(values, from, to).sum(), to - (double) from};
    }

    /** Replicas that a rate takes, not whole, by the true step time of a kind. */
    static double replicas(double rate, Shape shape, PodKind kind, Tier tier) {
        LoadFunction function = LoadFunction.of(kind.step(), kind.limits());
        double use = Tails.maxPrefillUse(function, shape, tier.firstTokenTarget(), tier.firstTokenQuantile(), 1);
        double load =
                function.load(Role.UNIFIED, shape, tier.interTokenTarget(), use).max();
        return rate * load;
    }

    /** Replicas that the mean work alone takes: neither memory nor waiting times. */
    static double replicasByWork(double rate, double meanInput, double meanOutput, PodKind kind, Tier tier) {
        LoadFunction function = LoadFunction.of(kind.step(), kind.limits());
        double load = function.load(Role.UNIFIED, Shape.fixed(meanInput, 0, meanOutput), tier.interTokenTarget(), 1)
                .max();
        return rate * load;
    }
}
