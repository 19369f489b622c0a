package io.llmd.autoscaler.variant;

import java.util.Locale;

/** How much a tier matters, most first. */
public enum TierClass {
    CRITICAL(0.20, 1.65, 30, 0.95),
    STANDARD(0.15, 1, 60, 0.85),
    BATCH(0.05, 0, 600, 0.5);

    private final double headroom;
    private final double guard;
    private final double drainSeconds;
    private final double growthQuantile;

    TierClass(double headroom, double guard, double drainSeconds, double growthQuantile) {
        this.headroom = headroom;
        this.guard = guard;
        this.drainSeconds = drainSeconds;
        this.growthQuantile = growthQuantile;
    }

    /** Share of a replica that is left free where nothing else is said. */
    public double headroom() {
        return headroom;
    }

    /** Standard deviations of a Poisson count that are added to its rate. */
    public double guard() {
        return guard;
    }

    /** Seconds in which a backlog has to be worked off. */
    public double drainSeconds() {
        return drainSeconds;
    }

    /** Quantile of observed growth that is provided for. */
    public double growthQuantile() {
        return growthQuantile;
    }

    /** Name in configuration and answers. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
