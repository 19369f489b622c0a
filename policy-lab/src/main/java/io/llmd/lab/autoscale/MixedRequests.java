package io.llmd.lab.autoscale;

import io.llmd.autoscaler.variant.Tier;
import io.llmd.autoscaler.variant.TierClass;
import io.llmd.lab.autoscale.Arrivals.Lengths;
import io.llmd.lab.autoscale.ClassedWorkload.Row;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.workload.TraceRow;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;

/** Requests of the four classes of specs/autoscaling.md 3.11, and those whose prompts are in the cache now and then. Pure functions. */
final class MixedRequests {

    static final String STRICT = "strict";
    static final String SHORT = "short";
    static final String LONG = "long";
    static final String LATER = "later";

    /** All but the strict ones. */
    static final Set<String> OTHERS = Set.of(SHORT, LONG, LATER);

    /** What is promised, the most important first. */
    static final List<Tier> TIERS = List.of(
            new Tier(STRICT, TierClass.STANDARD, 2, 0.95, 0.02),
            new Tier(SHORT, TierClass.STANDARD, 2, 0.95, 0.072),
            new Tier(LONG, TierClass.STANDARD, 5, 0.95, 0.072),
            Tier.batch(LATER));

    /** Shares of prompts that are in the cache, by tier. */
    static final double[] HITS = {0, 0, 0.75, 0};

    private static final int LATER_ITEMS = 20_000;
    private static final long PREFIX = 61;
    private static final int LONG_PREFIXES = 4;
    private static final int LONG_BLOCK = 2_000;
    private static final int SWING_PREFIXES = 8;
    private static final int SWING_BLOCK = 400;
    private static final int SWING_SHARED = 7;
    private static final double SWING_RATE = 10;

    private MixedRequests() {}

    /** All four classes. */
    static List<Row> all(double seconds, long seed) {
        List<Row> rows = new ArrayList<>();
        add(rows, 0, seconds, 2, new Lengths(2_000, 0.5, 400, 0.5), seed);
        add(rows, 1, seconds, 20, new Lengths(512, 0.5, 400, 0.5), seed + 1_000);
        List<TraceRow> longs =
                Arrivals.poisson(seconds, day(2, seconds), 3.5, time -> new Lengths(8_000, 0, 300, 0.5), seed + 2_000);
        for (int i = 0; i < longs.size(); i++) {
            rows.add(new Row(shared(longs.get(i), i, LONG_BLOCK, 3, LONG_PREFIXES, seed), 2));
        }
        for (int i = 0; i < LATER_ITEMS; i++) {
            rows.add(new Row(TraceRow.of(1_000L * i, 256, 256), 3));
        }
        rows.sort(Comparator.comparingLong(each -> each.row().time()));
        return rows;
    }

    private static void add(List<Row> rows, int tier, double seconds, double mean, Lengths lengths, long seed) {
        Arrivals.poisson(seconds, day(mean, seconds), 1.75 * mean, time -> lengths, seed)
                .forEach(row -> rows.add(new Row(row, tier)));
    }

    /** A day: from a quarter of the mean to one and three quarters of it, and back. */
    static DoubleUnaryOperator day(double mean, double seconds) {
        return time -> {
            double sine = Math.sin(Math.PI * time / seconds);
            return mean * (0.25 + 1.5 * sine * sine);
        };
    }

    /** Requests of 4,000 and 500 tokens, of which in the middle third of the time seven tenths of a prompt are known already. */
    static List<TraceRow> swinging(double seconds, long seed) {
        List<TraceRow> rows = new ArrayList<>();
        List<TraceRow> plain = Arrivals.poisson(
                seconds, time -> SWING_RATE, SWING_RATE, time -> new Lengths(4_000, 0, 500, 0.5), seed);
        for (int i = 0; i < plain.size(); i++) {
            TraceRow row = plain.get(i);
            boolean isKnown = row.time() >= seconds / 3 * 1e9 && row.time() < 2 * seconds / 3 * 1e9;
            rows.add(isKnown ? shared(row, i, SWING_BLOCK, SWING_SHARED, SWING_PREFIXES, seed) : row);
        }
        return rows;
    }

    /** A row whose first blocks are those of one of a few prefixes. */
    private static TraceRow shared(TraceRow row, int index, int blockTokens, int count, int prefixes, long seed) {
        long prefix = (long) (CounterRandom.unit(seed, index, PREFIX) * prefixes) % prefixes;
        long[] blocks = new long[(row.promptTokens() + blockTokens - 1) / blockTokens];
        for (int b = 0; b < blocks.length; b++) {
            blocks[b] = b < count ? prefix * 1_000 + b : (index + 1L) * 1_000_000 + b;
        }
        return new TraceRow(row.time(), row.promptTokens(), row.outputTokens(), blocks, blockTokens);
    }
}
