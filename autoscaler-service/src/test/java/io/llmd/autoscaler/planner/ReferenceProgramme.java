package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.variant.Dimension;
import io.llmd.autoscaler.variant.LoadVector;
import io.llmd.autoscaler.variant.Role;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.ojalgo.concurrent.Parallelism;
import org.ojalgo.optimisation.Expression;
import org.ojalgo.optimisation.ExpressionsBasedModel;
import org.ojalgo.optimisation.Optimisation;
import org.ojalgo.optimisation.Variable;
import org.ojalgo.optimisation.integer.IntegerStrategy;

/**
 * The same programme for the solver of ojAlgo, which shares nothing with ours but the problem: what ours finds is compared with it.
 */
final class ReferenceProgramme {

    private static final double IMPORTANCE = 20;
    private static final double TOLERANCE = 1e-7;

    private final MixProblem problem;
    private final ExpressionsBasedModel model = new ExpressionsBasedModel();
    private final double[] demanded;
    private final double @Nullable [] unmet;
    private final boolean isAboutUnmet;
    private final Variable[] replicas;
    private final @Nullable Variable[][] rates;

    /**
     * @param demanded requests a second of each class that have to be served
     * @param unmet null when all have to be; otherwise how many of each may be left, or NaN to leave as few as possible
     */
    ReferenceProgramme(MixProblem problem, double[] demanded, double @Nullable [] unmet) {
        this.problem = problem;
        this.demanded = demanded;
        this.unmet = unmet;
        isAboutUnmet = unmet != null && Arrays.stream(unmet).anyMatch(Double::isNaN);
        int lanes = problem.lanes().size();
        replicas = new Variable[lanes];
        rates = new Variable[problem.demands().size()][lanes];
        for (int j = 0; j < lanes; j++) {
            replicas[j] = model.newVariable("n" + j)
                    .lower(0)
                    .upper(most(j))
                    .integer(true)
                    .weight(isAboutUnmet ? 0 : problem.lanes().get(j).variant().costPerHour());
        }
        for (int k = 0; k < rates.length; k++) {
            for (int j = 0; j < lanes; j++) {
                if (problem.isFeasible(k, j) && demanded[k] > 0) {
                    rates[k][j] = model.newVariable("x" + k + "," + j).lower(0).upper(demanded[k]);
                }
            }
            if (demanded[k] > 0) {
                cover(k);
            }
        }
        for (int j = 0; j < lanes; j++) {
            capacity(j);
        }
        bounds();
        accelerators();
    }

    private void cover(int demand) {
        Expression served = model.newExpression("cover" + demand).lower(demanded[demand]);
        Expression pairs = null;
        for (int j = 0; j < replicas.length; j++) {
            Variable part = rates[demand][j];
            if (part != null) {
                Role role = problem.lanes().get(j).variant().role();
                if (role != Role.DECODE) {
                    served.set(part, 1);
                }
                if (role != Role.UNIFIED) {
                    pairs = pairs == null ? model.newExpression("pair" + demand).level(0) : pairs;
                    pairs.set(part, role == Role.PREFILL ? 1 : -1);
                }
            }
        }
        if (unmet != null) {
            double most = Double.isNaN(unmet[demand]) ? demanded[demand] : unmet[demand];
            Variable left = model.newVariable("u" + demand).lower(0).upper(most);
            served.set(left.weight(isAboutUnmet ? importance(demand) : 0), 1);
        }
    }

    private double importance(int demand) {
        return switch (problem.demands().get(demand).requestClass().tier().tierClass()) {
            case CRITICAL -> IMPORTANCE * IMPORTANCE;
            case STANDARD -> IMPORTANCE;
            case BATCH -> 1;
        };
    }

    private void capacity(int lane) {
        for (Dimension dimension : Dimension.values()) {
            Expression carried = null;
            for (int k = 0; k < rates.length; k++) {
                Variable part = rates[k][lane];
                LoadVector load = problem.load(k, lane);
                if (part != null && load.get(dimension) > 0) {
                    carried = carried == null
                            ? model.newExpression("load" + lane + dimension).upper(0)
                            : carried;
                    carried.set(part, load.get(dimension));
                }
            }
            if (carried != null) {
                carried.set(replicas[lane], -(1 - problem.headroom(lane)));
            }
        }
    }

    /** A variant is one lane at a time, and within its bounds. */
    private void bounds() {
        for (int i = 0; i < problem.options().size(); i++) {
            List<Integer> lanes = new ArrayList<>();
            for (int j = 0; j < replicas.length; j++) {
                if (problem.optionIndex(j) == i) {
                    lanes.add(j);
                }
            }
            MixProblem.Option option = problem.options().get(i);
            if (lanes.isEmpty()) {
                continue;
            }
            if (option.lower() > 0 && unmet == null) {
                Expression sum = model.newExpression("least" + i).lower(option.lower());
                lanes.forEach(lane -> sum.set(replicas[lane], 1));
            }
            if (lanes.size() > 1) {
                Expression one = model.newExpression("one" + i).upper(1);
                for (int lane : lanes) {
                    Variable isUsed = model.newVariable("b" + lane).binary();
                    one.set(isUsed, 1);
                    Expression only = model.newExpression("only" + lane).upper(0);
                    only.set(replicas[lane], 1);
                    only.set(isUsed, -most(lane));
                }
            }
        }
    }

    /** No more replicas than all requests that may come to a lane need: the tighter, the faster. */
    private double most(int lane) {
        LoadVector all = LoadVector.NONE;
        for (int k = 0; k < rates.length; k++) {
            if (problem.isFeasible(k, lane)) {
                all = all.plus(demanded[k], problem.load(k, lane));
            }
        }
        int needed = Math.max(problem.option(lane).lower(), all.replicas(problem.headroom(lane)));
        return Math.max(1, Math.min(problem.option(lane).upper(), needed));
    }

    private void accelerators() {
        for (Map.Entry<String, Integer> limit : problem.accelerators().entrySet()) {
            Expression used = null;
            for (int j = 0; j < replicas.length; j++) {
                int each = problem.lanes().get(j).variant().acceleratorsPerReplica();
                if (each > 0 && problem.lanes().get(j).variant().accelerator().equals(limit.getKey())) {
                    used = used == null
                            ? model.newExpression("type" + limit.getKey()).upper(limit.getValue())
                            : used;
                    used.set(replicas[j], each);
                }
            }
        }
    }

    Optimisation.Result solve(long millis) {
        model.options.time_abort = millis;
        model.options.time_suffice = millis;
        model.options.integer(IntegerStrategy.DEFAULT.withParallelism(Parallelism.ONE));
        return model.minimise();
    }

    /** What the solver found; null when it found nothing. */
    @Nullable
    Mix mix(Optimisation.Result result) {
        if (!result.getState().isFeasible()) {
            return null;
        }
        int[] counts = new int[replicas.length];
        double[][] served = new double[rates.length][counts.length];
        for (int j = 0; j < counts.length; j++) {
            counts[j] = (int) Math.round(result.doubleValue(model.indexOf(replicas[j])));
            for (int k = 0; k < rates.length; k++) {
                Variable part = rates[k][j];
                double rate = part == null ? 0 : result.doubleValue(model.indexOf(part));
                served[k][j] = rate < TOLERANCE ? 0 : rate;
            }
        }
        boolean isProven = result.getState().isOptimal();
        return new Mix(problem, counts, served, isProven ? Mix.Outcome.OPTIMAL : Mix.Outcome.TIME_LIMIT);
    }
}
