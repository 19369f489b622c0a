package io.llmd.autoscaler.api;

import io.llmd.autoscaler.analyzer.FitStatus;
import io.llmd.autoscaler.analyzer.FittedStepTime;
import io.llmd.autoscaler.planner.ClassInput;
import io.llmd.autoscaler.planner.Decision;
import io.llmd.autoscaler.planner.FleetInput;
import io.llmd.autoscaler.planner.Memory;
import io.llmd.autoscaler.planner.ModelInput;
import io.llmd.autoscaler.planner.Planner;
import io.llmd.autoscaler.planner.VariantInput;
import io.llmd.autoscaler.variant.Grade;
import io.llmd.autoscaler.variant.Replicas;
import io.llmd.autoscaler.variant.RequestClass;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.autoscaler.variant.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Answers what would be needed under other rates, shapes, costs or bounds, with what is known of the hardware. From nothing, as if no
 * replica were there; it changes nothing. Safe from any thread.
 */
public final class WhatIf {

    private static final int MAX_CLASSES = 64;

    private final Planner planner;

    /** With a planner of its own or that of the loop. */
    public WhatIf(Planner planner) {
        this.planner = planner;
    }

    /**
     * A question.
     *
     * @param model about which model
     * @param classes its requests; those of the present when there are none
     * @param variants what is different about its variants
     */
    public record Question(
            @Nullable String model,
            @Nullable List<Requests> classes,
            @Nullable List<Different> variants) {}

    /**
     * Requests.
     *
     * @param tier name of a tier that is configured
     * @param rate how many a second
     * @param input mean prompt in tokens
     * @param hit share of it that is cached, in [0, 1]
     * @param output mean answer in tokens
     * @param outputVariation coefficient of variation of answers; 1 when not given
     */
    public record Requests(
            @Nullable String tier,
            double rate,
            double input,
            double hit,
            double output,
            @Nullable Double outputVariation) {}

    /** Other cost or bounds of a variant; what is null stays. */
    public record Different(
            @Nullable String variant,
            @Nullable Double costPerHour,
            @Nullable Integer min,
            @Nullable Integer max) {}

    /** The answer. @throws IllegalArgumentException with value and expectation, when the question makes no sense */
    Decision answer(Question question, FleetInput known, List<Tier> tiers) {
        ModelInput model = known.models().stream()
                .filter(each -> each.model().equals(question.model()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("model: " + question.model() + " (expected: one of "
                        + known.models().stream().map(ModelInput::model).toList() + ")"));
        Map<String, Different> different = question.variants() == null
                ? Map.of()
                : question.variants().stream()
                        .collect(Collectors.toMap(WhatIf::name, Function.identity(), (first, second) -> second));
        List<VariantInput> variants = new ArrayList<>();
        for (VariantInput each : model.variants()) {
            variants.add(changed(each, different.get(each.variant().id())));
        }
        different
                .keySet()
                .forEach(name -> require(
                        model.variants().stream()
                                .anyMatch(each -> each.variant().id().equals(name)),
                        "variant: " + name));
        List<ClassInput> classes =
                question.classes() == null || question.classes().isEmpty()
                        ? model.classes().stream()
                                .map(each -> ClassInput.steady(each.requestClass(), each.now()))
                                .toList()
                        : classes(question.classes(), tiers);
        ModelInput asked = new ModelInput(
                model.model(),
                classes,
                variants,
                Grade.COMPLETE,
                true,
                model.arrivalVariation(),
                ModelInput.Idle.NEVER);
        return planner.decide(new FleetInput(List.of(asked), known.accelerators()), Memory.begin(-1e6), 0, "what-if")
                .decisions()
                .getFirst();
    }

    private static String name(@Nullable Different different) {
        String name = different == null ? null : different.variant();
        require(name != null, "variant: missing");
        return name == null ? "" : name;
    }

    private static void require(boolean isTrue, String problem) {
        if (!isTrue) {
            throw new IllegalArgumentException(problem + " (expected: namespace/name of a variant of the model)");
        }
    }

    private static VariantInput changed(VariantInput each, @Nullable Different different) {
        Variant known = each.variant();
        Variant variant = different == null
                ? known
                : new Variant(
                        known.namespace(),
                        known.name(),
                        known.model(),
                        known.role(),
                        known.tiers(),
                        different.costPerHour() == null ? known.costPerHour() : different.costPerHour(),
                        known.isCostFree(),
                        known.accelerator(),
                        known.acceleratorsPerReplica(),
                        different.min() == null ? known.min() : different.min(),
                        different.max() == null ? known.max() : different.max(),
                        known.warmReserve());
        FittedStepTime fit = each.fit();
        // What is only assumed is answered with its margin, and not held back.
        FittedStepTime trusted = new FittedStepTime(
                fit.time(), fit.confidence(), fit.error(), fit.samples(), FitStatus.FITTED, fit.isClipped());
        return new VariantInput(
                variant,
                trusted,
                each.limits(),
                each.derate(),
                each.sharing(),
                1,
                Replicas.NONE,
                Double.NaN,
                each.coldStart90(),
                each.behaviour(),
                false,
                false);
    }

    private static List<ClassInput> classes(List<Requests> requests, List<Tier> tiers) {
        if (requests.size() > MAX_CLASSES) {
            throw new IllegalArgumentException(
                    "classes: " + requests.size() + " (expected: at most " + MAX_CLASSES + ")");
        }
        List<ClassInput> classes = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            Requests each = requests.get(i);
            if (each == null) {
                throw new IllegalArgumentException("classes[" + i + "]: null (expected: tier, rate, input, output)");
            }
            Tier tier = tiers.stream()
                    .filter(known -> known.name().equals(each.tier()))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("tier: " + each.tier() + " (expected: one of "
                            + tiers.stream().map(Tier::name).toList() + ")"));
            if (!(each.hit() >= 0 && each.hit() <= 1)
                    || !(each.rate() <= 1e6)
                    || !(each.input() <= 1e7)
                    || !(each.output() <= 1e7)) {
                throw new IllegalArgumentException("classes[" + i + "]: rate " + each.rate() + ", input " + each.input()
                        + ", output " + each.output() + ", hit " + each.hit()
                        + " (expected: at most 1e6, 1e7 and 1e7, in [0, 1])");
            }
            double variation = each.outputVariation() == null ? 1 : each.outputVariation();
            Shape shape = Shape.spread(each.input(), each.hit(), 0, each.output(), variation);
            classes.add(ClassInput.steady(
                    new RequestClass("%02d-%s".formatted(i, tier.name()), tier, shape), each.rate()));
        }
        return classes;
    }
}
