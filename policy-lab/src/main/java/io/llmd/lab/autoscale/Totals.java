package io.llmd.lab.autoscale;

/** What a router counts of one class of requests. For one thread. */
final class Totals {

    /** Upper bounds of the buckets of times to first token, in seconds. */
    static final double[] FIRST_TOKEN = {
        0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60, 90, 120,
        180, 300
    };

    /** Upper bounds of the buckets of times between tokens, in seconds. */
    static final double[] PER_TOKEN = {
        0.0005, 0.00205, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3,
        0.4, 0.5, 0.75, 1, 2, 5
    };

    /** Upper bounds of the buckets of numbers of tokens. */
    static final double[] TOKENS = {
        1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3072, 4096, 5120, 6144, 8192, 12_288, 16_384, 24_576, 32_768,
        49_152, 65_536, 98_304, 131_072
    };

    double arrivals;
    double queued;
    double running;
    double finished;
    double input;
    double cached;
    double output;
    double firstTokenCount;
    double perTokenCount;
    final double[] inputs = new double[TOKENS.length];
    final double[] outputs = new double[TOKENS.length];
    final double[] firstTokens = new double[FIRST_TOKEN.length];
    final double[] perTokens = new double[PER_TOKEN.length];

    void arrived() {
        arrivals++;
    }

    void firstToken(double seconds) {
        firstTokenCount++;
        add(firstTokens, FIRST_TOKEN, seconds);
    }

    void finished(int inputTokens, int cachedTokens, int outputTokens, double perToken) {
        finished++;
        input += inputTokens;
        cached += cachedTokens;
        output += outputTokens;
        add(inputs, TOKENS, inputTokens);
        add(outputs, TOKENS, outputTokens);
        if (!Double.isNaN(perToken)) {
            perTokenCount++;
            add(perTokens, PER_TOKEN, perToken);
        }
    }

    private static void add(double[] buckets, double[] bounds, double value) {
        for (int i = 0; i < bounds.length; i++) {
            if (value <= bounds[i]) {
                buckets[i]++;
                return;
            }
        }
    }

    Totals copy() {
        return plus(new Totals(), 1);
    }

    /** What was counted since {@code earlier}; what is at present stays. */
    Totals since(Totals earlier) {
        Totals difference = plus(earlier, -1);
        difference.queued = queued;
        difference.running = running;
        return difference;
    }

    /** Two together. */
    Totals plus(Totals other) {
        return plus(other, 1);
    }

    private Totals plus(Totals other, double sign) {
        Totals sum = new Totals();
        sum.arrivals = arrivals + sign * other.arrivals;
        sum.queued = queued + sign * other.queued;
        sum.running = running + sign * other.running;
        sum.finished = finished + sign * other.finished;
        sum.input = input + sign * other.input;
        sum.cached = cached + sign * other.cached;
        sum.output = output + sign * other.output;
        sum.firstTokenCount = firstTokenCount + sign * other.firstTokenCount;
        sum.perTokenCount = perTokenCount + sign * other.perTokenCount;
        add(sum.inputs, inputs, other.inputs, sign);
        add(sum.outputs, outputs, other.outputs, sign);
        add(sum.firstTokens, firstTokens, other.firstTokens, sign);
        add(sum.perTokens, perTokens, other.perTokens, sign);
        return sum;
    }

    private static void add(double[] sum, double[] first, double[] second, double sign) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] = first[i] + sign * second[i];
        }
    }

    double meanInput() {
        return finished == 0 ? Double.NaN : input / finished;
    }

    double meanOutput() {
        return finished == 0 ? Double.NaN : output / finished;
    }

    /** A quantile as Prometheus computes it from buckets; NaN without any. */
    static double quantile(double[] buckets, double[] bounds, double count, double q) {
        if (count <= 0) {
            return Double.NaN;
        }
        double rank = q * count;
        double seen = 0;
        for (int i = 0; i < bounds.length; i++) {
            if (seen + buckets[i] >= rank) {
                double low = i == 0 ? 0 : bounds[i - 1];
                return low + (bounds[i] - low) * (rank - seen) / Math.max(1e-9, buckets[i]);
            }
            seen += buckets[i];
        }
        return bounds[bounds.length - 1];
    }
}
