package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.Dimension;
import io.llmd.autoscaler.variant.LoadVector;
import io.llmd.autoscaler.variant.Role;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The linear programme behind a mix: replicas of lanes, and the share of each class that each lane serves, without the demand that
 * replicas are whole and that a variant is one lane. Small for two reasons: only lanes that may still matter are in it, and of a
 * lane's dimensions only those that no other dimension implies. Immutable but for what it hands out; for one thread.
 */
final class MixProgramme {

    /** Makes one of equal solutions the best, whatever the order of pivots; far below what any replica costs. */
    private static final double TIE = 1e-7;

    private static final Dimension[] DIMENSIONS = Dimension.values();

    private final MixProblem problem;
    private final double[] demanded;
    private final List<Integer> lanes = new ArrayList<>();
    private final int[] replicas;
    private final int[][] shares;
    private final int[] unmet;
    private final List<double[]> rows = new ArrayList<>();
    private final List<Double> right = new ArrayList<>();
    private final List<Double> slack = new ArrayList<>();
    private final int variables;
    private final double[] costs;
    private final double[] lower;
    private final double[] upper;

    /**
     * A programme.
     *
     * @param demanded requests a second of each class that have to be served; classes with 0 are left out
     * @param left null when all have to be served; otherwise how many of each may be left, or NaN to leave as few as possible, and
     *     then replicas cost nothing
     * @param isWanted which lanes are in it
     * @param most largest number of replicas of each lane
     */
    MixProgramme(MixProblem problem, double[] demanded, double @Nullable [] left, boolean[] isWanted, int[] most) {
        this.problem = problem;
        this.demanded = demanded;
        boolean isAboutUnmet = left != null && Arrays.stream(left).anyMatch(Double::isNaN);
        int classes = demanded.length;
        replicas = filled(problem.lanes().size());
        shares = new int[classes][];
        unmet = filled(classes);
        int count = 0;
        for (int j = 0; j < isWanted.length; j++) {
            if (isWanted[j]) {
                lanes.add(j);
                replicas[j] = count++;
            }
        }
        for (int k = 0; k < classes; k++) {
            shares[k] = filled(problem.lanes().size());
            for (int j : lanes) {
                if (demanded[k] > 0 && problem.isFeasible(k, j)) {
                    shares[k][j] = count++;
                }
            }
            unmet[k] = left != null && demanded[k] > 0 ? count++ : -1;
        }
        variables = count;
        costs = new double[count];
        lower = new double[count];
        upper = new double[count];
        Arrays.fill(upper, 1);
        for (int j : lanes) {
            double price = problem.lanes().get(j).variant().costPerHour();
            costs[replicas[j]] = isAboutUnmet ? 0 : price;
            upper[replicas[j]] = most[j];
            for (int k = 0; k < classes; k++) {
                if (shares[k][j] >= 0) {
                    costs[shares[k][j]] = TIE * (1 + j) / lanes.size() * (isAboutUnmet ? 1 : price);
                }
            }
        }
        for (int k = 0; k < classes; k++) {
            if (left != null && unmet[k] >= 0) {
                costs[unmet[k]] = isAboutUnmet ? importance(k) * demanded[k] : 0;
                upper[unmet[k]] = Double.isNaN(left[k]) ? 1 : Math.clamp(left[k] / demanded[k], 0, 1);
            }
        }
        serve();
        carry();
        bound(left == null);
        accelerators();
    }

    private static int[] filled(int size) {
        int[] empty = new int[size];
        Arrays.fill(empty, -1);
        return empty;
    }

    private double importance(int demand) {
        return switch (problem.demands().get(demand).requestClass().tier().tierClass()) {
            case CRITICAL -> 400;
            case STANDARD -> 20;
            case BATCH -> 1;
        };
    }

    private void row(double[] coefficients, double most, double range) {
        rows.add(coefficients);
        right.add(most);
        slack.add(range);
    }

    /** Each class is served in full, and what is computed at a prefill lane is decoded at a decode lane. */
    private void serve() {
        for (int k = 0; k < demanded.length; k++) {
            if (demanded[k] <= 0) {
                continue;
            }
            double[] served = new double[variables];
            double[] pairs = new double[variables];
            boolean isSplit = false;
            for (int j : lanes) {
                if (shares[k][j] >= 0) {
                    Role role = problem.lanes().get(j).variant().role();
                    served[shares[k][j]] = role == Role.DECODE ? 0 : -1;
                    pairs[shares[k][j]] = role == Role.UNIFIED ? 0 : role == Role.PREFILL ? 1 : -1;
                    isSplit |= role != Role.UNIFIED;
                }
            }
            if (unmet[k] >= 0) {
                served[unmet[k]] = -1;
            }
            row(served, -1, Double.POSITIVE_INFINITY);
            if (isSplit) {
                row(pairs, 0, 0);
            }
        }
    }

    /** No lane carries more than its replicas may, in any dimension that is not implied by another. */
    private void carry() {
        for (int j : lanes) {
            for (int d = 0; d < DIMENSIONS.length; d++) {
                if (isImplied(j, d)) {
                    continue;
                }
                double[] carried = new double[variables];
                for (int k = 0; k < demanded.length; k++) {
                    if (shares[k][j] >= 0) {
                        carried[shares[k][j]] = demanded[k] * problem.load(k, j).get(DIMENSIONS[d]);
                    }
                }
                carried[replicas[j]] = -(1 - problem.headroom(j));
                row(carried, 0, Double.POSITIVE_INFINITY);
            }
        }
    }

    /** Whether each class takes at least as much of another dimension; of equal ones the first stays. */
    private boolean isImplied(int lane, int dimension) {
        for (int other = 0; other < DIMENSIONS.length; other++) {
            boolean implies = other != dimension;
            boolean isStronger = other < dimension;
            for (int k = 0; implies && k < demanded.length; k++) {
                if (shares[k][lane] >= 0) {
                    LoadVector load = problem.load(k, lane);
                    double more = load.get(DIMENSIONS[other]) - load.get(DIMENSIONS[dimension]);
                    implies = more >= 0;
                    isStronger |= more > 0;
                }
            }
            if (implies && isStronger) {
                return true;
            }
        }
        return false;
    }

    /** Bounds of variants. Where there is not enough anyway, lower ones are left to guards. */
    private void bound(boolean hasLower) {
        for (int i = 0; i < problem.options().size(); i++) {
            MixProblem.Option option = problem.options().get(i);
            double[] sum = new double[variables];
            int count = 0;
            for (int j : lanes) {
                if (problem.optionIndex(j) == i) {
                    sum[replicas[j]] = 1;
                    count++;
                }
            }
            double least = hasLower ? option.lower() : 0;
            if (count > 1 || (count == 1 && least > 0)) {
                row(sum, option.upper(), option.upper() - least);
            }
        }
    }

    private void accelerators() {
        for (Map.Entry<String, Integer> limit : problem.accelerators().entrySet()) {
            double[] used = new double[variables];
            boolean isUsed = false;
            for (int j : lanes) {
                int each = problem.lanes().get(j).variant().acceleratorsPerReplica();
                if (each > 0 && problem.lanes().get(j).variant().accelerator().equals(limit.getKey())) {
                    used[replicas[j]] = each;
                    isUsed = true;
                }
            }
            if (isUsed) {
                row(used, limit.getValue(), Double.POSITIVE_INFINITY);
            }
        }
    }

    /** The programme, not yet solved. */
    DualSimplex start() {
        return new DualSimplex(
                rows.stream().map(double[]::clone).toArray(double[][]::new),
                right.stream().mapToDouble(Double::doubleValue).toArray(),
                slack.stream().mapToDouble(Double::doubleValue).toArray(),
                costs,
                lower,
                upper);
    }

    /** Lanes in it, in order. */
    List<Integer> lanes() {
        return lanes;
    }

    /** Variable with the replicas of a lane. */
    int replicas(int lane) {
        return replicas[lane];
    }

    /** Requests a second of each class that each lane serves in a solution. */
    double[][] rates(DualSimplex solution) {
        double[][] rates = new double[demanded.length][problem.lanes().size()];
        for (int k = 0; k < rates.length; k++) {
            for (int j : lanes) {
                double share = shares[k][j] < 0 ? 0 : solution.value(shares[k][j]);
                rates[k][j] = share < 1e-9 ? 0 : share * demanded[k];
            }
        }
        return rates;
    }

    /** The objective of whole numbers of replicas that serve all that {@code rates} say, as this programme counts it. */
    double unmetCost(double[][] rates) {
        double sum = 0;
        for (int k = 0; k < demanded.length; k++) {
            double served = 0;
            for (int j : lanes) {
                served += problem.lanes().get(j).variant().role() == Role.DECODE ? 0 : rates[k][j];
            }
            sum += importance(k) * Math.max(0, demanded[k] - served);
        }
        return sum;
    }
}
