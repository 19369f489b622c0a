package io.llmd.autoscaler.planner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.autoscaler.analyzer.Hardware;
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
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MixSolverTest {

    private static final Tier STRICT = Tier.ofInterToken("strict", TierClass.CRITICAL, 0.020);
    private static final Tier RELAXED = Tier.ofInterToken("relaxed", TierClass.STANDARD, 0.072);
    private static final Tier BATCH = Tier.batch("batch");
    private static final Headroom USUAL = tier -> 0.15;

    private final MixSolver solver = new MixSolver(2_000);

    private static Demand demand(String id, double rate, double input, double hit, double output, Tier tier) {
        return new Demand(new RequestClass(id, tier, Shape.fixed(input, hit, output)), rate);
    }

    private static List<Demand> fourClasses(double hit) {
        return List.of(
                demand("A", 2, 2_000, 0, 400, STRICT),
                demand("B", 20, 512, 0, 400, RELAXED),
                demand("C", 2, 8_000, hit, 300, RELAXED),
                demand("D", 10, 256, 0, 256, BATCH));
    }

    private static Option h(String name, String... tiers) {
        Variant variant = Variant.of(name, "m", Role.UNIFIED, 4, "big", 40);
        return new Option(tiers.length == 0 ? variant : variant.only(tiers), Hardware.h(), 0, 40);
    }

    private static Option l(String name) {
        return new Option(Variant.of(name, "m", Role.UNIFIED, 1, "small", 40), Hardware.l(), 0, 40);
    }

    private static MixProblem problem(List<Option> options, List<Demand> demands) {
        return MixProblem.of(options, demands, Map.of(), 1, USUAL);
    }

    private static int replicas(Mix mix, String variant) {
        int sum = 0;
        for (int j = 0; j < mix.problem().lanes().size(); j++) {
            sum += mix.problem().lanes().get(j).variant().name().equals(variant) ? mix.replicas(j) : 0;
        }
        return sum;
    }

    @Test
    @DisplayName("row 43: four classes on two kinds of hardware")
    @Tag("autoscaling-43")
    void fourClassesOnTwoKinds() {
        Mix mix = solver.solve(problem(List.of(h("h-strict"), h("h-relaxed"), l("l")), fourClasses(0.75)));
        assertThat(mix.cost()).isEqualTo(19);
        assertThat(replicas(mix, "h-strict") + replicas(mix, "h-relaxed")).isEqualTo(2);
        assertThat(replicas(mix, "l")).isEqualTo(11);
        assertThat(mix.unmet()).isZero();
        for (int j = 0; j < mix.problem().lanes().size(); j++) {
            boolean isBig = mix.problem().lanes().get(j).variant().accelerator().equals("big");
            assertThat(isBig || mix.rate(0, j) == 0).as("A only on H").isTrue();
        }
        assertThat(mix.outcome()).isEqualTo(Mix.Outcome.OPTIMAL);
    }

    @Test
    @DisplayName("row 44: the same without a cached prefix")
    @Tag("autoscaling-44")
    void withoutCachedPrefix() {
        Mix mix = solver.solve(problem(List.of(h("h-strict"), h("h-relaxed"), l("l")), fourClasses(0)));
        assertThat(mix.cost()).isEqualTo(23);
        assertThat(replicas(mix, "h-strict") + replicas(mix, "h-relaxed")).isEqualTo(5);
        assertThat(replicas(mix, "l")).isEqualTo(3);
    }

    @Test
    @DisplayName("row 45: the same in a single lane, which has to be strict for all")
    @Tag("autoscaling-45")
    void singleLane() {
        Mix mix = solver.solve(problem(List.of(h("h")), fourClasses(0.75)));
        assertThat(mix.cost()).isEqualTo(36);
        assertThat(replicas(mix, "h")).isEqualTo(9);
    }

    @Test
    @DisplayName("section 3.11: one kind of hardware costs 20, and the batch class 2 of the 19")
    void otherFiguresOfTheExample() {
        assertThat(solver.solve(problem(List.of(h("h-strict"), h("h-relaxed")), fourClasses(0.75)))
                        .cost())
                .isEqualTo(20);
        List<Demand> withoutBatch = fourClasses(0.75).subList(0, 3);
        assertThat(solver.solve(problem(List.of(h("h-strict"), h("h-relaxed"), l("l")), withoutBatch))
                        .cost())
                .isEqualTo(17);
    }

    /** A replica that serves {@code rate} requests a second of {@link #unit}. */
    private static LoadFunction serving(double rate) {
        return LoadFunction.of(new StepTime(1e-9, 0, 0.95 / rate, 0), new EngineLimits(1e12, 1_000_000, 8_192));
    }

    private static Demand unit(String id, double rate, TierClass level) {
        Tier tier = Tier.ofInterToken(id, level, Double.POSITIVE_INFINITY);
        return new Demand(new RequestClass(id, tier, Shape.fixed(0, 0, 1)), rate);
    }

    private static Option serving(String name, double cost, double rate, int max) {
        return new Option(Variant.of(name, "m", Role.UNIFIED, cost, "gpu", max), serving(rate), 0, max);
    }

    @Test
    @DisplayName("row 46: bounds of the cheap variant decide how much of the dear one is needed")
    @Tag("autoscaling-46")
    void boundsOfTheCheapOne() {
        List<Demand> demands = List.of(unit("c", 44, TierClass.STANDARD));
        Mix bounded = solver.solve(MixProblem.of(
                List.of(serving("a", 15, 12, 2), serving("b", 65, 20, 9)), demands, Map.of(), 1, tier -> 0));
        assertThat(bounded.cost()).isEqualTo(95);
        assertThat(replicas(bounded, "a")).isEqualTo(2);
        assertThat(replicas(bounded, "b")).isEqualTo(1);
        Mix free = solver.solve(MixProblem.of(
                List.of(serving("a", 15, 12, 4), serving("b", 65, 20, 9)), demands, Map.of(), 1, tier -> 0));
        assertThat(free.cost()).isEqualTo(60);
        assertThat(replicas(free, "a")).isEqualTo(4);
    }

    @Test
    @DisplayName("row 47: a shortage is shared by importance, then evenly")
    @Tag("autoscaling-47")
    void shortage() {
        List<MixProblem> models = new ArrayList<>();
        models.add(MixProblem.of(
                List.of(serving("a", 1, 1, 20)), List.of(unit("a", 4, TierClass.CRITICAL)), Map.of(), 1, tier -> 0));
        models.add(MixProblem.of(
                List.of(serving("b", 1, 1, 20)), List.of(unit("b", 8, TierClass.STANDARD)), Map.of(), 1, tier -> 0));
        models.add(MixProblem.of(
                List.of(serving("c", 1, 1, 20)), List.of(unit("c", 6, TierClass.STANDARD)), Map.of(), 1, tier -> 0));
        List<Mix> mixes = new FleetMix(solver).solve(models, Map.of("gpu", 10));
        assertThat(mixes).extracting(mix -> mix.replicas(0)).containsExactly(4, 3, 3);
        assertThat(mixes.get(1).unmet()).isCloseTo(5, within(1e-6));
        assertThat(mixes.get(2).unmet()).isCloseTo(3, within(1e-6));
        assertThat(new FleetMix(solver).solve(models, Map.of("gpu", 18)))
                .extracting(mix -> mix.replicas(0))
                .containsExactly(4, 8, 6);
    }

    @Test
    @DisplayName("row 48: the order of objects does not change the mix")
    @Tag("autoscaling-48")
    void orderDoesNotMatter() {
        List<Option> options = new ArrayList<>(List.of(h("h-strict"), h("h-relaxed"), l("l")));
        List<Demand> demands = new ArrayList<>(fourClasses(0.75));
        Mix first = solver.solve(problem(options, demands));
        Collections.reverse(options);
        Collections.reverse(demands);
        Mix second = solver.solve(problem(options, demands));
        assertThat(second.byOption()).isEqualTo(first.byOption());
        for (int k = 0; k < demands.size(); k++) {
            for (int j = 0; j < first.problem().lanes().size(); j++) {
                assertThat(second.rate(k, j)).isEqualTo(first.rate(k, j));
            }
        }
    }

    @Test
    @DisplayName("row 49: without time there is still a mix within all bounds that serves all requests")
    @Tag("autoscaling-49")
    void noTime() {
        Mix mix = new MixSolver(1).solve(problem(List.of(h("h-strict"), h("h-relaxed"), l("l")), fourClasses(0.75)));
        assertThat(mix.isValid()).isTrue();
        assertThat(mix.unmet()).isZero();
        assertThat(mix.cost()).isBetween(19.0, 36.0);
    }

    @Test
    void theRuleAloneIsValidAndNotMuchDearer() {
        Mix ruled = new GreedyMix(problem(List.of(h("h-strict"), h("h-relaxed"), l("l")), fourClasses(0.75))).find();
        assertThat(ruled.isValid()).isTrue();
        assertThat(ruled.unmet()).isZero();
        assertThat(ruled.cost()).isBetween(19.0, 26.0);
    }

    @Test
    @DisplayName("row 41: prefill and decode are sized together")
    @Tag("autoscaling-41")
    void prefillAndDecodeTogether() {
        Tier tier = new Tier("chat", TierClass.STANDARD, 0.62, 0.95, Double.POSITIVE_INFINITY);
        Mix mix = solver.solve(problem(
                List.of(
                        new Option(Variant.of("p", "m", Role.PREFILL, 4, "big", 9), Hardware.h(), 0, 9),
                        new Option(Variant.of("d", "m", Role.DECODE, 4, "big", 9), Hardware.h(), 0, 9)),
                List.of(new Demand(new RequestClass("chat", tier, Shape.fixed(4_000, 0.5, 500)), 10))));
        assertThat(replicas(mix, "p")).isGreaterThanOrEqualTo(2);
        assertThat(replicas(mix, "d")).isEqualTo(3);
        assertThat(mix.unmet()).isZero();
    }

    @Test
    void aPrefillVariantWithoutDecodeServesNobody() {
        Mix mix = solver.solve(problem(
                List.of(new Option(Variant.of("p", "m", Role.PREFILL, 4, "big", 9), Hardware.h(), 0, 9)),
                List.of(demand("c", 1, 512, 0, 100, RELAXED))));
        assertThat(mix.unmet()).isEqualTo(1);
        assertThat(mix.cost()).isZero();
    }

    @Test
    @DisplayName("row 4: a tier that no lane can keep is left unserved and said to be")
    @Tag("autoscaling-4")
    void impossibleTier() {
        Tier impossible = Tier.ofInterToken("impossible", TierClass.CRITICAL, 0.010);
        Mix mix = solver.solve(problem(
                List.of(h("h"), l("l")),
                List.of(demand("x", 3, 512, 0, 100, impossible), demand("y", 1, 512, 0, 100, RELAXED))));
        assertThat(mix.unmet(0)).isEqualTo(3);
        assertThat(mix.unmet(1)).isZero();
        assertThat(mix.cost()).isEqualTo(1);
    }
}
