package io.llmd.autoscaler.planner;

import java.util.Arrays;

/**
 * A linear programme with bounded variables: least {@code cost·x} with {@code A·x + s = b}, all variables and the slacks {@code s}
 * within bounds. Solved by the dual simplex method on a dense tableau, which goes on from where it was when bounds have changed; that
 * is what a search by branches needs. For one thread.
 *
 * <p>Costs are not negative and lower bounds are finite, so that the basis of all slacks is dual feasible and there is no first phase.
 * Each pivot costs rows times columns. Ties go to the larger pivot, then to the lower index, so that the same programme always takes
 * the same way.
 */
final class DualSimplex {

    /** How a solution ended. */
    enum State {
        OPTIMAL,
        INFEASIBLE,
        /** More pivots than were allowed. */
        GIVEN_UP
    }

    private static final double FEASIBLE = 1e-9;
    private static final double LEAST_PIVOT = 1e-9;
    private static final double TIE = 1e-12;

    private final double[][] tableau;
    private final double[] reduced;
    private final double[] basic;
    private final int[] inRow;
    private final int[] inColumn;
    private final boolean[] isAtUpper;
    private final double[] lower;
    private final double[] upper;
    private final double[] cost;
    /** Row of a basic variable, or the complement of the column of another. */
    private final int[] place;

    /**
     * A programme in its first basis.
     *
     * @param matrix coefficients by row; kept and changed
     * @param right right-hand sides
     * @param slackUpper upper bounds of slacks: infinity for at most, 0 for equality
     * @param costs of the variables, not negative
     * @param lowers lower bounds of the variables, finite
     * @param uppers upper bounds
     */
    DualSimplex(
            double[][] matrix, double[] right, double[] slackUpper, double[] costs, double[] lowers, double[] uppers) {
        int columns = costs.length;
        int rows = right.length;
        tableau = matrix;
        reduced = costs.clone();
        cost = Arrays.copyOf(costs, columns + rows);
        lower = Arrays.copyOf(lowers, columns + rows);
        upper = Arrays.copyOf(uppers, columns + rows);
        System.arraycopy(slackUpper, 0, upper, columns, rows);
        basic = right.clone();
        inRow = new int[rows];
        inColumn = new int[columns];
        isAtUpper = new boolean[columns];
        place = new int[columns + rows];
        for (int j = 0; j < columns; j++) {
            inColumn[j] = j;
            place[j] = ~j;
        }
        for (int i = 0; i < rows; i++) {
            inRow[i] = columns + i;
            place[columns + i] = i;
            for (int j = 0; j < columns; j++) {
                basic[i] -= matrix[i][j] * lower[j];
            }
        }
    }

    private DualSimplex(DualSimplex other) {
        tableau = new double[other.tableau.length][];
        for (int i = 0; i < tableau.length; i++) {
            tableau[i] = other.tableau[i].clone();
        }
        reduced = other.reduced.clone();
        basic = other.basic.clone();
        inRow = other.inRow.clone();
        inColumn = other.inColumn.clone();
        isAtUpper = other.isAtUpper.clone();
        lower = other.lower.clone();
        upper = other.upper.clone();
        cost = other.cost;
        place = other.place.clone();
    }

    /** The same in the same basis, to be changed by itself. */
    DualSimplex copy() {
        return new DualSimplex(this);
    }

    double lower(int variable) {
        return lower[variable];
    }

    double upper(int variable) {
        return upper[variable];
    }

    /** Changes the bounds of a variable; {@link #solve} goes on from there. */
    void bound(int variable, double low, double high) {
        double before = value(variable);
        lower[variable] = low;
        upper[variable] = high;
        if (place[variable] < 0) {
            int column = ~place[variable];
            double change = value(variable) - before;
            for (int i = 0; change != 0 && i < basic.length; i++) {
                basic[i] -= tableau[i][column] * change;
            }
        }
    }

    /** Value of a variable in the present basis. */
    double value(int variable) {
        if (place[variable] >= 0) {
            return basic[place[variable]];
        }
        return isAtUpper[~place[variable]] ? upper[variable] : lower[variable];
    }

    /** By how much the objective grows with each unit of a variable that is at its lower bound; 0 for one that is not. */
    double reducedCost(int variable) {
        return place[variable] >= 0 || isAtUpper[~place[variable]] ? 0 : Math.max(0, reduced[~place[variable]]);
    }

    double objective() {
        double sum = 0;
        for (int v = 0; v < inColumn.length; v++) {
            sum += cost[v] == 0 ? 0 : cost[v] * value(v);
        }
        return sum;
    }

    /** Solves with at most so many pivots. */
    State solve(int pivots) {
        for (int pivot = 0; pivot <= pivots; pivot++) {
            int row = leaving();
            if (row < 0) {
                return State.OPTIMAL;
            }
            boolean isBelow = basic[row] < lower[inRow[row]];
            int column = entering(row, isBelow);
            if (column < 0) {
                return State.INFEASIBLE;
            }
            pivot(row, column, isBelow);
        }
        return State.GIVEN_UP;
    }

    /** The row whose variable is farthest out of its bounds; -1 when none is. */
    private int leaving() {
        int worst = -1;
        double most = FEASIBLE;
        for (int i = 0; i < basic.length; i++) {
            int variable = inRow[i];
            double out = Math.max(lower[variable] - basic[i], basic[i] - upper[variable]);
            if (out > most) {
                most = out;
                worst = i;
            }
        }
        return worst;
    }

    private int entering(int row, boolean isBelow) {
        double[] coefficients = tableau[row];
        int found = -1;
        double least = Double.POSITIVE_INFINITY;
        double largest = 0;
        for (int j = 0; j < coefficients.length; j++) {
            double size = isBelow ? -coefficients[j] : coefficients[j];
            boolean helps = isAtUpper[j] ? size < -LEAST_PIVOT : size > LEAST_PIVOT;
            if (helps && lower[inColumn[j]] < upper[inColumn[j]]) {
                double pivot = Math.abs(size);
                double ratio = Math.abs(reduced[j]) / pivot;
                if (ratio < least - TIE || (ratio <= least + TIE && pivot > largest)) {
                    least = Math.min(least, ratio);
                    largest = pivot;
                    found = j;
                }
            }
        }
        return found;
    }

    private void pivot(int row, int column, boolean isBelow) {
        int leaves = inRow[row];
        int enters = inColumn[column];
        double pivot = tableau[row][column];
        double bound = isBelow ? lower[leaves] : upper[leaves];
        double change = (basic[row] - bound) / pivot;
        double entered = value(enters) + change;
        double[] pivotRow = tableau[row];
        for (int j = 0; j < pivotRow.length; j++) {
            pivotRow[j] /= pivot;
        }
        pivotRow[column] = 1 / pivot;
        for (int i = 0; i < basic.length; i++) {
            double factor = tableau[i][column];
            if (i != row && factor != 0) {
                basic[i] -= factor * change;
                subtract(tableau[i], factor, pivotRow, column);
            }
        }
        double factor = reduced[column];
        subtract(reduced, factor, pivotRow, column);
        basic[row] = entered;
        inRow[row] = enters;
        inColumn[column] = leaves;
        place[enters] = row;
        place[leaves] = ~column;
        isAtUpper[column] = !isBelow;
    }

    /** Takes {@code factor} times the pivot row from another, whose own entry in the pivot's column is replaced. */
    private static void subtract(double[] from, double factor, double[] pivotRow, int column) {
        for (int j = 0; j < from.length; j++) {
            from[j] -= factor * pivotRow[j];
        }
        from[column] = -factor * pivotRow[column];
    }
}
