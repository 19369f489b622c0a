package io.llmd.scheduler.latency;

/**
 * Least squares over a stream of observations with factors that are not below zero; old observations count less and less.
 * Keeps the normal equations and improves the factors by coordinate descent from where they are. Not thread-safe.
 *
 * <p>A recursive form (with the inverse matrix) was rejected: it cannot keep factors at or above zero, and with forgetting its
 * matrix grows without bound where nothing is observed. Here factors stay as they are in such directions: each solution is
 * anchored a little at the one before.
 */
final class ForgettingLeastSquares {

    private static final double ANCHOR = 1e-3;
    private static final double LEAST = 1e-12;
    private static final int SWEEPS = 12;

    private final int terms;
    private final double remembered;
    private final double[] gram;
    private final double[] moments;
    private final double[] factors;

    /**
     * Nothing observed yet, all factors 0.
     *
     * @param terms how many factors
     * @param remembered weight of an observation when another one has followed, relative to before, in (0, 1]
     */
    ForgettingLeastSquares(int terms, double remembered) {
        if (!(remembered > 0 && remembered <= 1)) {
            throw new IllegalArgumentException("remembered: " + remembered + " (expected: in (0, 1])");
        }
        this.terms = terms;
        this.remembered = remembered;
        gram = new double[terms * terms];
        moments = new double[terms];
        factors = new double[terms];
    }

    /** Takes an observation: {@code value} was the sum of {@code observed} times the factors. O(terms²). */
    void add(double[] observed, double value, double weight) {
        for (int i = 0; i < terms; i++) {
            double scaled = weight * observed[i];
            moments[i] = remembered * moments[i] + scaled * value;
            for (int j = 0; j < terms; j++) {
                gram[i * terms + j] = remembered * gram[i * terms + j] + scaled * observed[j];
            }
        }
    }

    /** Improves the factors. O(terms²). */
    void solve() {
        double[] before = factors.clone();
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            for (int i = 0; i < terms; i++) {
                double anchor = ANCHOR * gram[i * terms + i] + LEAST;
                double rest = moments[i] + anchor * before[i];
                for (int j = 0; j < terms; j++) {
                    rest -= j == i ? 0 : gram[i * terms + j] * factors[j];
                }
                factors[i] = Math.max(0, rest / (gram[i * terms + i] + anchor));
            }
        }
    }

    /** Lets all that was observed count so much less, for what follows is different. */
    void forget(double kept) {
        for (int i = 0; i < gram.length; i++) {
            gram[i] *= kept;
        }
        for (int i = 0; i < terms; i++) {
            moments[i] *= kept;
        }
    }

    /**
     * Values are in another unit from now on, those that were observed too. Relative errors stay as they are.
     *
     * @param times what to multiply values with
     * @param alike term that is in the unit of values itself, -1 when none is
     */
    void rescale(double times, int alike) {
        for (int i = 0; i < terms; i++) {
            double row = i == alike ? 1 : 1 / times;
            moments[i] *= row;
            factors[i] /= row;
            for (int j = 0; j < terms; j++) {
                gram[i * terms + j] *= j == alike ? row : row / times;
            }
        }
    }

    /** A copy of the factors. */
    double[] factors() {
        return factors.clone();
    }

    /** The sum of {@code observed} times the factors. */
    double sum(double[] observed) {
        double sum = 0;
        for (int i = 0; i < terms; i++) {
            sum += factors[i] * observed[i];
        }
        return sum;
    }
}
