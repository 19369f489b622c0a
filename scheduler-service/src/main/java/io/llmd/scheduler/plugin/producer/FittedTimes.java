package io.llmd.scheduler.plugin.producer;

import java.util.Arrays;

/**
 * A time that is a sum of quantities, each times a factor, and the factors are learnt from measured times. Errors count in
 * proportion to the time, so that short and long ones teach alike. What was learnt is forgotten by and by; with nothing
 * learnt, or for quantities that never differed, the factors are those that are assumed. Not thread-safe; O(quantities³) for
 * each measured time.
 */
final class FittedTimes {

    /*
     * Weighted least squares with a ridge towards the assumed factors: (S + s R) f = p + s R a, where S and p are decayed
     * sums over the measured times, R is S of some usual times, and s says for how many measured times the assumption counts.
     */

    private static final double MOST_TIMES = 3;
    private static final double LEAST_MILLIS = 5;
    private static final double KEPT = 1 - 1.0 / 300;
    private static final double HALF_LIFE_MILLIS = 120_000;

    private final double[][] usual;
    private final double strength;
    private final double[] assumed;
    private final double[] factors;
    private final double[][] squares;
    private final double[] products;
    private final double[][] left;
    private final double[] right;
    private double learntAt = Double.NEGATIVE_INFINITY;

    /**
     * @param assumed factors
     * @param usual quantities of some usual times
     * @param strength measured times that the assumption counts for
     */
    FittedTimes(double[] assumed, double[][] usual, double strength) {
        this.usual = usual;
        this.strength = strength;
        this.assumed = assumed.clone();
        factors = assumed.clone();
        squares = new double[assumed.length][assumed.length];
        products = new double[assumed.length];
        left = new double[assumed.length][assumed.length];
        right = new double[assumed.length];
    }

    /** The factors; must not be changed. */
    double[] factors() {
        return factors;
    }

    /** The time for these quantities, in milliseconds. */
    double millis(double[] quantities) {
        double sum = 0;
        for (int i = 0; i < factors.length; i++) {
            sum += factors[i] * quantities[i];
        }
        return sum;
    }

    /** The same for three quantities, without an array of them. */
    double millis(double first, double second, double third) {
        return factors[0] * first + factors[1] * second + factors[2] * third;
    }

    /** The same for four quantities. */
    double millis(double first, double second, double third, double fourth) {
        return millis(first, second, third) + factors[3] * fourth;
    }

    /** Assumes other factors; those that follow from them hold after the next measured time, or at once while there is none. */
    void assume(double[] others) {
        System.arraycopy(others, 0, assumed, 0, assumed.length);
        if (learntAt == Double.NEGATIVE_INFINITY) {
            System.arraycopy(others, 0, factors, 0, factors.length);
        }
    }

    /** Whether anything was learnt. */
    boolean hasLearnt() {
        return learntAt != Double.NEGATIVE_INFINITY;
    }

    /** Forgets what is old, also when nothing is measured. @param now milliseconds of a monotonic clock */
    void age(double now) {
        if (hasLearnt() && now > learntAt) {
            decay(Math.pow(0.5, (now - learntAt) / HALF_LIFE_MILLIS));
            learntAt = now;
            solve();
        }
    }

    private void decay(double share) {
        for (double[] row : squares) {
            for (int i = 0; i < row.length; i++) {
                row[i] *= share;
            }
        }
        for (int i = 0; i < products.length; i++) {
            products[i] *= share;
        }
    }

    /** A time was measured. @param now when, milliseconds of a monotonic clock; may be before what was learnt last */
    void learn(double millis, double[] quantities, double now) {
        double expected = Math.max(LEAST_MILLIS, millis(quantities));
        double value = Math.clamp(millis, expected / MOST_TIMES, expected * MOST_TIMES);
        double age = hasLearnt() ? Math.max(0, now - learntAt) : 0;
        decay(KEPT * Math.pow(0.5, age / HALF_LIFE_MILLIS));
        learntAt = Math.max(learntAt, now);
        double weight = Math.pow(0.5, (learntAt - now) / HALF_LIFE_MILLIS) / (expected * expected);
        for (int i = 0; i < products.length; i++) {
            for (int j = 0; j < products.length; j++) {
                squares[i][j] += weight * quantities[i] * quantities[j];
            }
            products[i] += weight * quantities[i] * value;
        }
        solve();
    }

    private void solve() {
        int size = products.length;
        System.arraycopy(products, 0, right, 0, size);
        for (int i = 0; i < size; i++) {
            System.arraycopy(squares[i], 0, left[i], 0, size);
        }
        double share = strength / usual.length;
        for (double[] quantities : usual) {
            double time = Math.max(LEAST_MILLIS, product(assumed, quantities));
            double weight = share / (time * time);
            for (int i = 0; i < size; i++) {
                for (int j = 0; j < size; j++) {
                    left[i][j] += weight * quantities[i] * quantities[j];
                }
                right[i] += weight * quantities[i] * time;
            }
        }
        eliminate();
        for (int i = 0; i < size; i++) {
            factors[i] = Double.isFinite(right[i]) ? Math.max(0, right[i]) : assumed[i];
        }
    }

    private static double product(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** Gauss without pivots: the matrix is positive definite. The solution is in {@code right}. */
    private void eliminate() {
        int size = right.length;
        for (int k = 0; k < size; k++) {
            for (int i = k + 1; i < size; i++) {
                double factor = left[i][k] / left[k][k];
                for (int j = k; j < size; j++) {
                    left[i][j] -= factor * left[k][j];
                }
                right[i] -= factor * right[k];
            }
        }
        for (int k = size - 1; k >= 0; k--) {
            for (int j = k + 1; j < size; j++) {
                right[k] -= left[k][j] * right[j];
            }
            right[k] /= left[k][k];
        }
    }

    @Override
    public String toString() {
        return Arrays.toString(factors);
    }
}
