package io.llmd.autoscaler.planner;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.ojalgo.optimisation.Optimisation;

/** What the search finds, against another solver. */
class MixSearchPropertyTest {

    private static final Tier[] TIERS = {
        Tier.ofInterToken("a", TierClass.CRITICAL, 0.040),
        Tier.ofInterToken("b", TierClass.STANDARD, 0.080),
        Tier.batch("c")
    };

    private static MixProblem problem(Random random) {
        List<Option> options = new ArrayList<>();
        int kinds = 1 + random.nextInt(3);
        for (int kind = 0; kind < kinds; kind++) {
            double slow = 0.6 + random.nextDouble() * 2.4;
            double cost = (1 + random.nextInt(16)) / 2.0;
            StepTime time = new StepTime(0.010 * slow, 60e-6 * slow, 30e-6 * slow, 0.05e-6 * slow);
            LoadFunction function =
                    LoadFunction.of(time, new EngineLimits(100_000 + random.nextInt(400_000), 256, 8_192));
            for (Role role : Role.values()) {
                if (role == Role.UNIFIED || random.nextInt(3) == 0) {
                    int upper = 1 + random.nextInt(12);
                    Variant variant =
                            Variant.of("k" + kind + role.wireName(), "m", role, cost, "type" + kind % 2, upper);
                    options.add(new Option(variant, function, random.nextInt(8) == 0 ? 1 : 0, upper));
                }
            }
        }
        List<Demand> demands = new ArrayList<>();
        for (int k = 0; k <= random.nextInt(3); k++) {
            Shape shape = Shape.spread(
                    100 + random.nextInt(4_000), random.nextDouble() * 0.8, 0.8, 20 + random.nextInt(400), 0.8);
            demands.add(new Demand(
                    new RequestClass("c" + k, TIERS[k], shape), random.nextInt(5) == 0 ? 0 : random.nextDouble() * 12));
        }
        Map<String, Integer> accelerators = random.nextBoolean() ? Map.of() : Map.of("type0", random.nextInt(9));
        return MixProblem.of(options, demands, accelerators, 1, Headroom.USUAL);
    }

    private static double[] rates(MixProblem problem) {
        return problem.demands().stream().mapToDouble(Demand::rate).toArray();
    }

    @Property(tries = 250)
    void noMixIsCheaperThanWhatIsFound(@ForAll @LongRange(min = 0, max = 1_000_000) long seed) {
        MixProblem problem = problem(new Random(seed));
        Mix mix = new MixSolver(5_000).solve(problem);
        assertThat(mix.isValid()).isTrue();
        ReferenceProgramme reference = new ReferenceProgramme(problem, rates(problem), null);
        Optimisation.Result result = reference.solve(5_000);
        if (mix.unmet() == 0 && mix.reachesLowerBounds() && result.getState().isOptimal()) {
            Mix other = reference.mix(result);
            assertThat(mix.outcome()).isEqualTo(Mix.Outcome.OPTIMAL);
            assertThat(mix.gap()).isZero();
            if (other != null && other.isValid()) {
                assertThat(mix.cost()).isLessThanOrEqualTo(other.cost() + 1e-6);
            }
        } else if (mix.unmet() > 0) {
            assertThat(result.getState()).isEqualTo(Optimisation.State.INFEASIBLE);
        }
    }

    @Property(tries = 60)
    void theBoundIsBelowTheBestAndTheGapIsHonest(@ForAll @LongRange(min = 0, max = 1_000_000) long seed) {
        MixProblem problem = problem(new Random(seed));
        Mix best = new MixSolver(5_000).solve(problem);
        MixSearch hurried = new MixSearch(problem, rates(problem), null, System.nanoTime());
        hurried.run();
        if (best.unmet() == 0 && best.outcome() == Mix.Outcome.OPTIMAL && best.reachesLowerBounds()) {
            assertThat(hurried.bound()).isLessThanOrEqualTo(best.cost() + 1e-6);
        }
    }
}
