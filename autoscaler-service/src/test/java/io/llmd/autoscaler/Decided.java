package io.llmd.autoscaler;

import io.llmd.autoscaler.analyzer.FitStatus;
import io.llmd.autoscaler.analyzer.FittedStepTime;
import io.llmd.autoscaler.loop.Cycle;
import io.llmd.autoscaler.loop.LoopState;
import io.llmd.autoscaler.planner.ClassInput;
import io.llmd.autoscaler.planner.FleetDecision;
import io.llmd.autoscaler.planner.FleetInput;
import io.llmd.autoscaler.planner.Memory;
import io.llmd.autoscaler.planner.ModelInput;
import io.llmd.autoscaler.planner.Planner;
import io.llmd.autoscaler.planner.VariantInput;
import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.Grade;
import io.llmd.autoscaler.variant.Replicas;
import io.llmd.autoscaler.variant.RequestClass;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.StepTime;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.autoscaler.variant.TierClass;
import io.llmd.autoscaler.variant.Variant;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A cycle of one variant with two replicas and five requests a second, of which a replica serves one. */
public final class Decided {

    public static final Planner PLANNER = new Planner(2_000, tier -> 0);

    private static final Variant VARIANT =
            new Variant("n", "v", "m", Role.UNIFIED, Set.of(), 2, false, "gpu", 1, 1, 20, 0);
    private static final FittedStepTime FIT =
            new FittedStepTime(new StepTime(1e-9, 0, 0.95 / 1.03, 0), 1.03, 0.01, 40, FitStatus.FITTED, false);
    private static final Tier TIER = Tier.ofInterToken("chat", TierClass.STANDARD, Double.POSITIVE_INFINITY);

    public static final LoopState STATE = new LoopState(
            List.of(new LoopState.OfVariant(VARIANT, "hardware", new Replicas(2, 1, 0, 0), FIT, 1, 0, 90, 110)),
            Map.of("m", Grade.COMPLETE),
            Map.of("m", 0.1),
            3);

    private Decided() {}

    public static FleetInput input() {
        VariantInput variant =
                VariantInput.of(VARIANT, FIT, new EngineLimits(1e12, 1_000_000, 8_192), Replicas.ready(2));
        ClassInput demand = ClassInput.steady(new RequestClass("chat", TIER, Shape.fixed(0, 0, 1)), 5);
        return new FleetInput(
                List.of(new ModelInput(
                        "m", List.of(demand), List.of(variant), Grade.COMPLETE, true, 1, ModelInput.Idle.NEVER)),
                Map.of());
    }

    public static Cycle cycle(String id, List<String> advised) {
        Memory memory = Memory.begin(-1_000);
        FleetDecision decided = PLANNER.decide(input(), memory, 0, id);
        return new Cycle(
                id,
                Instant.parse("2026-01-31T12:00:00Z"),
                0,
                input(),
                memory,
                decided.decisions(),
                decided.decisions(),
                advised,
                true,
                0);
    }
}
