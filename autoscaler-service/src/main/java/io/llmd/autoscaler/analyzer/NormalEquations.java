package io.llmd.autoscaler.analyzer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Weighted least squares with four unknowns, none below zero. For one thread. */
final class NormalEquations {

    static final int SIZE = 4;
    private static final double SINGULAR = 1e-13;

    private final double[][] matrix = new double[SIZE][SIZE];
    private final double[] right = new double[SIZE];
    private double weights;
    private double squares;

    /** Adds an observation {@code y} at {@code x}. */
    void add(double weight, double[] x, double y) {
        weights += weight;
        squares += weight * weight;
        for (int i = 0; i < SIZE; i++) {
            right[i] += weight * x[i] * y;
            for (int j = 0; j < SIZE; j++) {
                matrix[i][j] += weight * x[i] * x[j];
            }
        }
    }

    /** Pulls each unknown towards {@code prior} as strongly as {@code count} observations of the usual size would. */
    void pull(double[] prior, double count) {
        if (weights == 0) {
            return;
        }
        for (int i = 0; i < SIZE; i++) {
            double strength = count * matrix[i][i] / weights;
            matrix[i][i] += strength;
            right[i] += strength * prior[i];
        }
    }

    /** Number of observations of equal weight that would say as much. */
    double effectiveCount() {
        return squares == 0 ? 0 : weights * weights / squares;
    }

    /**
     * The unknowns with the least squared error of which none is negative, exactly: all sets of unknowns that may differ from
     * zero are tried.
     *
     * @param frozen index of an unknown that keeps its value, -1 for none
     * @param value its value
     * @param zeros indexes of unknowns that stay zero, as bits
     * @return null when the first unknown cannot be told
     */
    double @Nullable [] nonNegative(int frozen, double value, int zeros) {
        double[] best = null;
        double bestError = Double.POSITIVE_INFINITY;
        for (int set = 1; set < 1 << SIZE; set += 2) {
            if ((set & zeros) != 0 || (frozen >= 0 && (set & 1 << frozen) != 0)) {
                continue;
            }
            double[] found = solve(set, frozen, value);
            if (found != null && isNonNegative(found) && found[0] > 0) {
                double error = error(found);
                if (best == null || error < bestError - 1e-15 * Math.abs(bestError)) {
                    bestError = error;
                    best = found;
                }
            }
        }
        return best;
    }

    private static boolean isNonNegative(double[] found) {
        return Arrays.stream(found).allMatch(each -> each >= 0);
    }

    /** Squared error but for a constant. */
    private double error(double[] theta) {
        double error = 0;
        for (int i = 0; i < SIZE; i++) {
            error -= 2 * theta[i] * right[i];
            for (int j = 0; j < SIZE; j++) {
                error += theta[i] * matrix[i][j] * theta[j];
            }
        }
        return error;
    }

    private double @Nullable [] solve(int set, int frozen, double value) {
        int[] free = new int[SIZE];
        int count = 0;
        for (int i = 0; i < SIZE; i++) {
            if ((set & 1 << i) != 0) {
                free[count++] = i;
            }
        }
        double[][] rows = new double[count][count + 1];
        for (int i = 0; i < count; i++) {
            double scale = Math.sqrt(matrix[free[i]][free[i]]);
            if (scale == 0) {
                return null;
            }
            for (int j = 0; j < count; j++) {
                rows[i][j] = matrix[free[i]][free[j]] / scale / Math.sqrt(matrix[free[j]][free[j]]);
            }
            double fixed = frozen < 0 ? 0 : matrix[free[i]][frozen] * value;
            rows[i][count] = (right[free[i]] - fixed) / scale;
        }
        if (!eliminate(rows, count)) {
            return null;
        }
        double[] found = new double[SIZE];
        if (frozen >= 0) {
            found[frozen] = value;
        }
        for (int i = 0; i < count; i++) {
            found[free[i]] = rows[i][count] / Math.sqrt(matrix[free[i]][free[i]]);
        }
        return found;
    }

    private static boolean eliminate(double[][] rows, int count) {
        for (int column = 0; column < count; column++) {
            int pivot = column;
            for (int row = column + 1; row < count; row++) {
                if (Math.abs(rows[row][column]) > Math.abs(rows[pivot][column])) {
                    pivot = row;
                }
            }
            if (Math.abs(rows[pivot][column]) < SINGULAR) {
                return false;
            }
            double[] swapped = rows[column];
            rows[column] = rows[pivot];
            rows[pivot] = swapped;
            for (int row = 0; row < count; row++) {
                double factor = rows[row][column] / rows[column][column];
                for (int k = column; row != column && k <= count; k++) {
                    rows[row][k] -= factor * rows[column][k];
                }
            }
        }
        for (int i = 0; i < count; i++) {
            rows[i][count] /= rows[i][i];
        }
        return true;
    }

    /** {@code xᵀA⁻¹x}; infinity when the observations do not tell all unknowns. */
    double leverage(double[] x) {
        double[][] rows = new double[SIZE][SIZE + 1];
        for (int i = 0; i < SIZE; i++) {
            double scale = Math.sqrt(matrix[i][i]);
            if (scale == 0) {
                return Double.POSITIVE_INFINITY;
            }
            for (int j = 0; j < SIZE; j++) {
                rows[i][j] = matrix[i][j] / scale / Math.sqrt(matrix[j][j]);
            }
            rows[i][SIZE] = x[i] / scale;
        }
        if (!eliminate(rows, SIZE)) {
            return Double.POSITIVE_INFINITY;
        }
        double sum = 0;
        for (int i = 0; i < SIZE; i++) {
            sum += rows[i][SIZE] * x[i] / Math.sqrt(matrix[i][i]);
        }
        return Math.max(0, sum);
    }

    /** Condition number of the matrix after each unknown was brought to the same size; infinity when it is singular. */
    double condition() {
        double[][] a = new double[SIZE][SIZE];
        for (int i = 0; i < SIZE; i++) {
            for (int j = 0; j < SIZE; j++) {
                double scale = Math.sqrt(matrix[i][i] * matrix[j][j]);
                a[i][j] = scale == 0 ? 0 : matrix[i][j] / scale;
            }
        }
        for (int sweep = 0; sweep < 30; sweep++) {
            for (int p = 0; p < SIZE; p++) {
                for (int q = p + 1; q < SIZE; q++) {
                    rotate(a, p, q);
                }
            }
        }
        double low = Double.POSITIVE_INFINITY;
        double high = 0;
        for (int i = 0; i < SIZE; i++) {
            low = Math.min(low, Math.abs(a[i][i]));
            high = Math.max(high, Math.abs(a[i][i]));
        }
        return low == 0 ? Double.POSITIVE_INFINITY : high / low;
    }

    /** One rotation of Jacobi's method, which makes {@code a[p][q]} zero. */
    private static void rotate(double[][] a, int p, int q) {
        if (a[p][q] == 0) {
            return;
        }
        double angle = Math.atan2(2 * a[p][q], a[q][q] - a[p][p]) / 2;
        double cos = Math.cos(angle);
        double sin = Math.sin(angle);
        for (int k = 0; k < SIZE; k++) {
            double left = a[k][p];
            double other = a[k][q];
            a[k][p] = cos * left - sin * other;
            a[k][q] = sin * left + cos * other;
        }
        for (int k = 0; k < SIZE; k++) {
            double left = a[p][k];
            double other = a[q][k];
            a[p][k] = cos * left - sin * other;
            a[q][k] = sin * left + cos * other;
        }
    }
}
