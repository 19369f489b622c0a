package io.llmd.autoscaler.analyzer;

import io.llmd.autoscaler.variant.Shape;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Moments of lengths over the last minutes (specs/autoscaling.md 3.8): those of the last minute where they have grown, else
 * those of five minutes. For one thread.
 *
 * <p>What is read are running totals, so that any number of readings can be left out.
 */
public final class ShapeWindow {

    private static final double SHORT_SECONDS = 60;
    private static final double LONG_SECONDS = 300;
    private static final double GROWN = 1.15;
    private static final double ENOUGH = 30;

    /**
     * Running totals of finished requests.
     *
     * @param count how many
     * @param input prompt tokens
     * @param cached of these, tokens that were cached
     * @param inputSquare squares of prompts
     * @param output generated tokens
     * @param outputSquare their squares
     * @param uncachedSquare squares of prompts without what was cached of them; NaN when it is not known of single requests
     * @param inputOutput products of prompt and answer; NaN when they are not known
     */
    public record Totals(
            double count,
            double input,
            double cached,
            double inputSquare,
            double output,
            double outputSquare,
            double uncachedSquare,
            double inputOutput) {

        /** Of which only sums are known, not what belongs together. */
        public Totals(
                double count, double input, double cached, double inputSquare, double output, double outputSquare) {
            this(count, input, cached, inputSquare, output, outputSquare, Double.NaN, Double.NaN);
        }

        private Totals minus(Totals other) {
            return new Totals(
                    count - other.count,
                    input - other.input,
                    cached - other.cached,
                    inputSquare - other.inputSquare,
                    output - other.output,
                    outputSquare - other.outputSquare,
                    uncachedSquare - other.uncachedSquare,
                    inputOutput - other.inputOutput);
        }
    }

    private record Reading(double atSeconds, Totals totals) {}

    private final Deque<Reading> readings = new ArrayDeque<>();
    private final Shape assumed;
    private Shape last;

    /** @param assumed the shape before any request has finished */
    public ShapeWindow(Shape assumed) {
        this.assumed = assumed;
        last = assumed;
    }

    /** Takes running totals; smaller ones than before begin anew. */
    public void add(double atSeconds, Totals totals) {
        if (!readings.isEmpty() && totals.count() < readings.getLast().totals().count()) {
            readings.clear();
        }
        readings.addLast(new Reading(atSeconds, totals));
        while (readings.getFirst().atSeconds() < atSeconds - LONG_SECONDS - SHORT_SECONDS) {
            readings.removeFirst();
        }
    }

    /** The shape at present; the last one known while nothing finishes. */
    public Shape shape(double nowSeconds) {
        Totals longer = within(LONG_SECONDS, nowSeconds);
        if (longer == null || longer.count() <= 0) {
            return last;
        }
        Totals shorter = within(SHORT_SECONDS, nowSeconds);
        last = shapeOf(shorter != null && hasGrown(shorter, longer) ? shorter : longer);
        return last;
    }

    /** Requests that have finished within the longer window. */
    public double finished(double nowSeconds) {
        Totals longer = within(LONG_SECONDS, nowSeconds);
        return longer == null ? 0 : Math.max(0, longer.count());
    }

    private static boolean hasGrown(Totals shorter, Totals longer) {
        return shorter.count() >= ENOUGH
                && (shorter.input() / shorter.count() > GROWN * longer.input() / longer.count()
                        || shorter.output() / shorter.count() > GROWN * longer.output() / longer.count());
    }

    private @Nullable Totals within(double windowSeconds, double nowSeconds) {
        if (readings.size() < 2) {
            return null;
        }
        Reading first = readings.getFirst();
        for (Reading reading : readings) {
            if (reading.atSeconds() > nowSeconds - windowSeconds) {
                break;
            }
            first = reading;
        }
        return readings.getLast().totals().minus(first.totals());
    }

    private static Shape shapeOf(Totals totals) {
        double input = Math.max(0, totals.input() / totals.count());
        double output = Math.max(0, totals.output() / totals.count());
        double uncachedShare = input == 0 ? 1 : Math.clamp(1 - totals.cached() / totals.input(), 0, 1);
        double inputSquare = Math.max(input * input, totals.inputSquare() / totals.count());
        // Where it is not known which belong together, they are taken to be independent.
        double uncachedSquare = Double.isNaN(totals.uncachedSquare())
                ? inputSquare * uncachedShare * uncachedShare
                : totals.uncachedSquare() / totals.count();
        double inputOutput = Double.isNaN(totals.inputOutput())
                ? input * output
                : Math.max(0, totals.inputOutput() / totals.count());
        return new Shape(
                input,
                input * uncachedShare,
                uncachedSquare,
                output,
                inputOutput,
                Math.max(output * output, totals.outputSquare() / totals.count()));
    }

    /** What holds before anything is known. */
    public Shape assumed() {
        return assumed;
    }
}
