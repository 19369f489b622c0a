package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.Dimension;
import io.llmd.autoscaler.variant.LoadVector;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.TierClass;
import java.util.Arrays;

/**
 * Replicas by lane, and which lane serves how much of which class. In the order of the problem's lanes and demands.
 */
final class Mix {

    /** How a mix was found. */
    enum Outcome {
        /** No other costs less. */
        OPTIMAL,
        /** The best known when time was up. */
        TIME_LIMIT,
        /** Found by rule, because the solver found nothing that stands the check. */
        FALLBACK
    }

    private static final double SMALL = 1e-6;

    private final MixProblem problem;
    private final int[] replicas;
    private final double[][] rates;
    private final Outcome outcome;
    private final double bound;

    Mix(MixProblem problem, int[] replicas, double[][] rates, Outcome outcome) {
        this(problem, replicas, rates, outcome, Double.NaN);
    }

    private Mix(MixProblem problem, int[] replicas, double[][] rates, Outcome outcome, double bound) {
        this.problem = problem;
        this.replicas = replicas;
        this.rates = rates;
        this.outcome = outcome;
        this.bound = bound;
    }

    MixProblem problem() {
        return problem;
    }

    Outcome outcome() {
        return outcome;
    }

    Mix found(Outcome how) {
        return new Mix(problem, replicas, rates, how, bound);
    }

    /** This, with what any mix that serves as much costs at least; NaN when that is not known. */
    Mix found(Outcome how, double leastCost) {
        return new Mix(problem, replicas, rates, how, leastCost);
    }

    /** By how much of its cost it may be dearer than the cheapest at most; 0 when it is the cheapest, NaN when nothing is known. */
    double gap() {
        double cost = cost();
        return outcome == Outcome.OPTIMAL || cost == 0 ? 0 : Math.max(0, (cost - bound) / cost);
    }

    /** Whether each variant has the replicas that it has to have. */
    boolean reachesLowerBounds() {
        int[] counts = byOption();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] < problem.options().get(i).lower()) {
                return false;
            }
        }
        return true;
    }

    int replicas(int lane) {
        return replicas[lane];
    }

    /** Replicas by option. */
    int[] byOption() {
        int[] sums = new int[problem.options().size()];
        for (int j = 0; j < replicas.length; j++) {
            sums[problem.optionIndex(j)] += replicas[j];
        }
        return sums;
    }

    /** Requests a second of a class that a lane serves. */
    double rate(int demand, int lane) {
        return rates[demand][lane];
    }

    /** Requests a second of a class that nobody serves. */
    double unmet(int demand) {
        double served = 0;
        for (int j = 0; j < replicas.length; j++) {
            // A request that is served by two lanes is counted where its prompt is computed.
            served += problem.lanes().get(j).variant().role() == Role.DECODE ? 0 : rates[demand][j];
        }
        double unmet = problem.demands().get(demand).rate() - served;
        return unmet > SMALL * (1 + problem.demands().get(demand).rate()) ? unmet : 0;
    }

    double unmet() {
        double sum = 0;
        for (int k = 0; k < rates.length; k++) {
            sum += unmet(k);
        }
        return sum;
    }

    double cost() {
        double cost = 0;
        for (int j = 0; j < replicas.length; j++) {
            cost += replicas[j] * problem.lanes().get(j).variant().costPerHour();
        }
        return cost;
    }

    /** Load on a lane in replicas. */
    LoadVector load(int lane) {
        LoadVector sum = LoadVector.NONE;
        for (int k = 0; k < rates.length; k++) {
            if (rates[k][lane] > 0) {
                sum = sum.plus(rates[k][lane], problem.load(k, lane));
            }
        }
        return sum;
    }

    /** Whether it is what it says: within all bounds, with no lane loaded beyond what it may carry. */
    boolean isValid() {
        double[] used = new double[problem.options().size()];
        boolean isValid = true;
        for (int j = 0; j < replicas.length && isValid; j++) {
            double allowed = replicas[j] * (1 - problem.headroom(j));
            isValid = replicas[j] >= 0 && load(j).max() <= allowed * (1 + SMALL) + SMALL;
            boolean isSecondLane = replicas[j] > 0 && used[problem.optionIndex(j)] > 0;
            isValid &= !isSecondLane;
            used[problem.optionIndex(j)] += replicas[j];
        }
        for (int i = 0; i < used.length; i++) {
            isValid &= used[i] <= problem.options().get(i).upper();
        }
        return isValid
                && problem.accelerators().entrySet().stream()
                        .allMatch(limit -> accelerators(limit.getKey()) <= limit.getValue());
    }

    boolean usesType(String type) {
        return accelerators(type) > 0;
    }

    /** Accelerators of a type in use. */
    int accelerators(String type) {
        int sum = 0;
        for (int j = 0; j < replicas.length; j++) {
            boolean isOfType = problem.lanes().get(j).variant().accelerator().equals(type);
            sum += isOfType ? replicas[j] * problem.lanes().get(j).variant().acceleratorsPerReplica() : 0;
        }
        return sum;
    }

    /** Dimension in which a lane is fullest. */
    Dimension binding(int lane) {
        return load(lane).binding();
    }

    /** Whether this is to be preferred: less unmet by importance, then a lower cost. */
    boolean isBetterThan(Mix other) {
        for (TierClass level : TierClass.values()) {
            double mine = unmet(level);
            double others = other.unmet(level);
            if (Math.abs(mine - others) > SMALL * (1 + Math.max(mine, others))) {
                return mine < others;
            }
        }
        return cost() < other.cost() - SMALL;
    }

    private double unmet(TierClass level) {
        double sum = 0;
        for (int k = 0; k < rates.length; k++) {
            sum += problem.demands().get(k).requestClass().tier().tierClass() == level ? unmet(k) : 0;
        }
        return sum;
    }

    @Override
    public String toString() {
        return Arrays.toString(replicas) + " at " + cost();
    }
}
