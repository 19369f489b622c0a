package io.llmd.autoscaler.analyzer;

/**
 * Holt's trend that fades (specs/autoscaling.md 3.9), used only where it is larger than chance: without fading it adds replicas
 * on every ramp and keeps no more promises. For one thread.
 */
public final class DampedTrend implements Predictor {

    private static final double LEVEL = 0.25;
    private static final double TREND = 0.08;
    private static final double SHARE_OF_CHANCE = 0.25;

    private final double intervalSeconds;
    private final double damping;
    private double level = Double.NaN;
    private double trend;

    /** @param intervalSeconds length of an interval; the trend fades by 0.85 in 15 s */
    public DampedTrend(double intervalSeconds) {
        this.intervalSeconds = intervalSeconds;
        damping = Math.pow(0.85, intervalSeconds / 15);
    }

    @Override
    public String name() {
        return "damped-trend";
    }

    @Override
    public void add(double rate) {
        if (Double.isNaN(level)) {
            level = rate;
            return;
        }
        double before = level;
        level = LEVEL * rate + (1 - LEVEL) * (level + damping * trend);
        trend = TREND * (level - before) + (1 - TREND) * damping * trend;
    }

    @Override
    public double predict(int intervals) {
        if (Double.isNaN(level)) {
            return Double.NaN;
        }
        if (Math.abs(trend) <= SHARE_OF_CHANCE * Math.sqrt(Math.max(0, level) / intervalSeconds)) {
            return level;
        }
        double sum = 0;
        double factor = 1;
        for (int i = 0; i < intervals; i++) {
            factor *= damping;
            sum += factor;
        }
        return Math.max(0, level + sum * trend);
    }
}
