package io.llmd.autoscaler.analyzer;

/**
 * Additive Holt-Winters over a season of a fixed number of intervals (specs/autoscaling.md 3.9). It says nothing before it has
 * seen two seasons. Memory grows with the season only. For one thread.
 */
public final class SeasonalTrend implements Predictor {

    private static final double LEVEL = 0.2;
    private static final double SEASON = 0.3;

    private final String name;
    private final double[] season;
    private long seen;
    private double level;

    /** @param intervals intervals in a season, 288 for a day in steps of five minutes */
    public SeasonalTrend(String name, int intervals) {
        this.name = name;
        season = new double[intervals];
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void add(double rate) {
        int index = (int) (seen % season.length);
        if (seen < season.length) {
            // The first season is kept as it is, and its mean becomes the level.
            season[index] = rate;
            level += rate / season.length;
        } else {
            if (seen == season.length) {
                for (int i = 0; i < season.length; i++) {
                    season[i] -= level;
                }
            }
            double before = season[index];
            level = LEVEL * (rate - before) + (1 - LEVEL) * level;
            season[index] = SEASON * (rate - level) + (1 - SEASON) * before;
        }
        seen++;
    }

    @Override
    public double predict(int intervals) {
        return seen < 2L * season.length
                ? Double.NaN
                : Math.max(0, level + season[(int) ((seen + intervals - 1) % season.length)]);
    }
}
