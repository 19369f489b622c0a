package io.llmd.simulator.engine;

/**
 * How far single transfers are from what a {@link TransferModel} says: normal, and within 70 % of the mean.
 *
 * @param setupDeviationNanos standard deviation of {@link TransferModel#setupNanos}
 * @param wireDeviationNanos standard deviation of {@link TransferModel#wireNanos}
 */
public record TransferSpread(long setupDeviationNanos, long wireDeviationNanos) {
    /** All transfers take what the model says. */
    public static final TransferSpread NONE = new TransferSpread(0, 0);

    public TransferSpread {
        if (setupDeviationNanos < 0 || wireDeviationNanos < 0) {
            throw new IllegalArgumentException("standard deviations of transfers: " + setupDeviationNanos + " ns, "
                    + wireDeviationNanos + " ns (expected: >= 0)");
        }
    }

    /** Factor on what is set up, for one transfer. */
    public double setupFactor(double meanNanos, long draw) {
        return factor(meanNanos, setupDeviationNanos, draw, 1);
    }

    /** Factor on what is carried, for one transfer. */
    public double wireFactor(double meanNanos, long draw) {
        return factor(meanNanos, wireDeviationNanos, draw, 2);
    }

    private static double factor(double mean, long deviation, long draw, int part) {
        return mean == 0 ? 1 : VariedLatency.drawn(mean, deviation, draw, part) / mean;
    }
}
