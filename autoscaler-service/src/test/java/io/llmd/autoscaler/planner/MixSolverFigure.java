package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.analyzer.LoadFunction;
import io.llmd.autoscaler.planner.MixProblem.Demand;
import io.llmd.autoscaler.planner.MixProblem.Headroom;
import io.llmd.autoscaler.planner.MixProblem.Option;
import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.RequestClass;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.StepTime;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.autoscaler.variant.TierClass;
import io.llmd.autoscaler.variant.Variant;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Figures of the optimiser: four models, each with six kinds of hardware in three roles and four classes of requests. Prints time on
 * the clock and on the processor for all four together, and how much dearer mixes are than proven optima.
 *
 * <pre>
 * mvn -q test-compile -pl autoscaler-service -am
 * java -cp &lt;test class path&gt; io.llmd.autoscaler.planner.MixSolverFigure [instances] [limit in ms for each model] [instances to prove]
 * </pre>
 */
final class MixSolverFigure {

    private static final int MODELS = 4;
    private static final int KINDS = 6;
    private static final long PROOF_MILLIS = 20_000;

    private final Random random;

    private MixSolverFigure(long seed) {
        random = new Random(seed);
    }

    private List<MixProblem> problems() {
        List<MixProblem> problems = new ArrayList<>();
        for (int m = 0; m < MODELS; m++) {
            List<Option> options = new ArrayList<>();
            for (int kind = 0; kind < KINDS; kind++) {
                double slow = 0.6 + random.nextDouble() * 2.4;
                double cost = Math.max(0.5, Math.round(2 * 8 / slow * (0.7 + 0.6 * random.nextDouble())) / 2.0);
                StepTime time = new StepTime(0.010 * slow, 60e-6 * slow, 30e-6 * slow, 0.05e-6 * slow);
                LoadFunction function =
                        LoadFunction.of(time, new EngineLimits(100_000 + random.nextInt(400_000), 256, 8_192));
                for (Role role : Role.values()) {
                    Variant variant = Variant.of("k" + kind + role.wireName(), "m" + m, role, cost, "type" + kind, 40);
                    options.add(new Option(variant, function, 0, 40));
                }
            }
            List<Demand> demands = List.of(
                    demand("a", 0.040, TierClass.CRITICAL),
                    demand("b", 0.072, TierClass.STANDARD),
                    demand("c", 0.150, TierClass.STANDARD),
                    demand("d", Double.POSITIVE_INFINITY, TierClass.BATCH));
            problems.add(MixProblem.of(options, demands, Map.of(), 1, Headroom.USUAL));
        }
        return problems;
    }

    private Demand demand(String id, double step, TierClass level) {
        Shape shape = Shape.spread(
                200 + random.nextInt(6_000), random.nextDouble() * 0.8, 0.8, 50 + random.nextInt(600), 0.8);
        return new Demand(
                new RequestClass(id, Tier.ofInterToken(id, level, step), shape), 1 + random.nextDouble() * 25);
    }

    public static void main(String[] arguments) {
        int instances = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100;
        long limit = arguments.length > 1 ? Long.parseLong(arguments[1]) : 45;
        int proofs = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 10;
        double[] wall = new double[instances];
        double[] cpu = new double[instances];
        double gaps = 0;
        double worst = 0;
        int proven = 0;
        int optimal = 0;
        MixSolver solver = new MixSolver(limit);
        for (int i = -20; i < instances; i++) {
            List<MixProblem> problems = new MixSolverFigure(i).problems();
            long begin = System.nanoTime();
            long used = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            List<Mix> mixes = new FleetMix(solver).solve(problems, Map.of());
            if (i < 0) {
                continue;
            }
            wall[i] = (System.nanoTime() - begin) / 1e6;
            cpu[i] = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - used) / 1e6;
            for (int m = 0; m < mixes.size() && i < proofs; m++) {
                Mix best = new MixSolver(PROOF_MILLIS).solve(problems.get(m));
                if (best.outcome() == Mix.Outcome.OPTIMAL) {
                    double gap = mixes.get(m).cost() / best.cost() - 1;
                    proven++;
                    optimal += gap < 1e-9 ? 1 : 0;
                    gaps += gap;
                    worst = Math.max(worst, gap);
                }
            }
        }
        Arrays.sort(wall);
        Arrays.sort(cpu);
        System.out.printf(
                Locale.ROOT,
                "instances %d, limit %d ms%nwall p50 %.1f ms, p99 %.1f ms%ncpu p50 %.1f ms, p99 %.1f ms%n"
                        + "proven optima %d, of these found %d, mean gap %.2f %%, worst %.2f %%%n",
                instances,
                limit,
                wall[instances / 2],
                wall[(int) Math.ceil(0.99 * instances) - 1],
                cpu[instances / 2],
                cpu[(int) Math.ceil(0.99 * instances) - 1],
                proven,
                optimal,
                100 * gaps / Math.max(1, proven),
                100 * worst);
    }
}
