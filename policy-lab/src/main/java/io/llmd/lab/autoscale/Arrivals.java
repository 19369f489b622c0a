package io.llmd.lab.autoscale;

import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.workload.TraceRow;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** Generated requests: Poisson at a rate that changes, or in bursts, with lognormal lengths. Pure functions of their seed. */
final class Arrivals {

    private static final long GAP = 31;
    private static final long KEEP = 32;
    private static final long LENGTH = 33;
    private static final int LONGEST = 100_000;

    /**
     * Lengths of requests that come at a time.
     *
     * @param input mean prompt
     * @param inputVariation its coefficient of variation
     * @param output mean answer
     * @param outputVariation its coefficient of variation
     */
    record Lengths(double input, double inputVariation, double output, double outputVariation) {}

    /** Lengths by time. */
    @FunctionalInterface
    interface LengthsAt {
        Lengths at(double second);
    }

    private Arrivals() {}

    /** Poisson arrivals. @param highest bound of the rate */
    static List<TraceRow> poisson(
            double seconds, DoubleUnaryOperator rate, double highest, LengthsAt lengths, long seed) {
        List<TraceRow> rows = new ArrayList<>();
        double time = 0;
        for (long i = 0; ; i++) {
            time -= Math.log(CounterRandom.unit(seed, i, GAP)) / highest;
            if (time >= seconds) {
                return rows;
            }
            if (CounterRandom.unit(seed, i, KEEP) * highest <= rate.applyAsDouble(time)) {
                rows.add(row(time, lengths.at(time), seed, i));
            }
        }
    }

    /**
     * Bursts: they begin at random, have a number of requests that is drawn from a Pareto distribution, and these come fast. So gaps
     * vary as much as those of a service that programs call.
     *
     * @param rate mean rate of all requests
     * @param burst mean number of requests of a burst
     * @param within mean gap in a burst, in seconds
     */
    static List<TraceRow> bursts(double seconds, double rate, double burst, double within, Lengths lengths, long seed) {
        List<TraceRow> rows = new ArrayList<>();
        double begin = 0;
        for (long i = 0; ; i++) {
            begin -= Math.log(CounterRandom.unit(seed, i, GAP)) * burst / rate;
            if (begin >= seconds) {
                rows.sort((first, second) -> Long.compare(first.time(), second.time()));
                return rows;
            }
            // Pareto with exponent 1.5: its mean is three times its least value.
            long size = Math.max(1, (long)
                    Math.min(40 * burst, burst / 3 / Math.pow(CounterRandom.unit(seed, i, KEEP), 1 / 1.5)));
            double time = begin;
            for (long j = 0; j < size && time < seconds; j++) {
                long key = i * 100_000 + j;
                rows.add(row(time, lengths, seed, key));
                time -= Math.log(CounterRandom.unit(seed, key, GAP + 10)) * within;
            }
        }
    }

    private static TraceRow row(double time, Lengths lengths, long seed, long key) {
        return TraceRow.of(
                (long) (time * 1e9),
                drawn(lengths.input(), lengths.inputVariation(), seed, key, LENGTH),
                drawn(lengths.output(), lengths.outputVariation(), seed, key, LENGTH + 2));
    }

    private static int drawn(double mean, double variation, long seed, long key, long draw) {
        double sigma = Math.sqrt(Math.log1p(variation * variation));
        double normal =
                CounterRandom.normal(CounterRandom.unit(seed, key, draw), CounterRandom.unit(seed, key, draw + 1));
        return (int) Math.clamp(Math.round(mean * Math.exp(sigma * normal - sigma * sigma / 2)), 1, LONGEST);
    }
}
