package io.llmd.lab;

import io.llmd.lab.contender.Contender;
import io.llmd.lab.result.RunResult;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** The highest speed of a traffic at which enough requests are good, by their first token. Safe from any thread. */
public final class Knee {

    private static final double HIGHEST = 64;
    private static final double LOWEST = 1.0 / 64;
    private static final double ROUNDING = 1e-6;

    private final Scenario scenario;
    private final List<Long> seeds;
    private final double share;
    private final double accuracy;
    private final int parallel;
    /** Requests that count in a whole run, 0 until there was one. */
    private final AtomicInteger counted = new AtomicInteger();

    /**
     * @param share of good requests that is enough
     * @param accuracy of the speed, as a share of it
     */
    public Knee(Scenario scenario, List<Long> seeds, double share, double accuracy, int parallel) {
        if (!(share > 0 && share <= 1) || !(accuracy > 0 && accuracy < 1)) {
            throw new IllegalArgumentException(
                    "share: " + share + ", accuracy: " + accuracy + " (expected: in (0, 1], in (0, 1))");
        }
        this.scenario = scenario;
        this.seeds = List.copyOf(seeds);
        this.share = share;
        this.accuracy = accuracy;
        this.parallel = parallel;
    }

    /**
     * Doubles or halves the speed until the share is broken on one side and kept on the other, and bisects.
     *
     * @param done hears of each run
     * @return speed in [1/64, 64]; these themselves where the knee lies beyond
     */
    public double of(Contender contender, Consumer<RunResult> done) {
        double low = 1;
        double high = 1;
        if (isGood(contender, 1, done)) {
            do {
                low = high;
                high *= 2;
            } while (high <= HIGHEST && isGood(contender, high, done));
        } else {
            do {
                high = low;
                low /= 2;
            } while (low >= LOWEST && !isGood(contender, low, done));
        }
        if (high > HIGHEST || low < LOWEST) {
            return high > HIGHEST ? HIGHEST : LOWEST;
        }
        while (high / low > 1 + accuracy) {
            double middle = Math.sqrt(low * high);
            if (isGood(contender, middle, done)) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private boolean isGood(Contender contender, double speed, Consumer<RunResult> done) {
        Scenario faster = new Scenario(
                scenario.traffic().atSpeed(speed), scenario.fleet(), scenario.conditions(), scenario.slo());
        if (seeds.size() == 1) {
            return isGoodOnce(faster, contender, done);
        }
        return Lab.compare(faster, List.of(contender), seeds, parallel, done).stream()
                        .mapToDouble(RunResult::goodFirstToken)
                        .average()
                        .orElse(0)
                >= share;
    }

    /** Requests are as many at each speed, so after the first run it is known when too many were late. */
    private boolean isGoodOnce(Scenario faster, Contender contender, Consumer<RunResult> done) {
        long all = counted.get();
        int mostBad = all == 0 ? Integer.MAX_VALUE : (int) Math.floor((1 - share) * all + ROUNDING);
        RunResult result = Lab.run(faster, contender, seeds.getFirst(), mostBad);
        done.accept(result);
        counted.compareAndSet(0, result.requests());
        return result.goodFirstToken() >= share
                && (1 - result.goodFirstToken()) * result.requests() <= mostBad + ROUNDING;
    }
}
