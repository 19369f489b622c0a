package io.llmd.lab.autoscale;

import io.llmd.autoscaler.analyzer.Derate;
import io.llmd.autoscaler.analyzer.FittedStepTime;
import io.llmd.autoscaler.planner.ClassInput;
import io.llmd.autoscaler.planner.FleetInput;
import io.llmd.autoscaler.planner.ModelInput;
import io.llmd.autoscaler.planner.VariantInput;
import io.llmd.autoscaler.variant.RequestClass;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.Tier;
import java.util.function.UnaryOperator;

/** What a planner is told otherwise, to see what a part of the autoscaler is worth. Pure functions. */
final class Told {

    private Told() {}

    static FleetInput withoutForecast(FleetInput input) {
        return classes(input, each -> demand(each, each.requestClass(), each.guard(), each.now(), each.waiting()));
    }

    static FleetInput withoutGuard(FleetInput input) {
        return classes(input, each -> demand(each, each.requestClass(), 0, each.upper(), each.waiting()));
    }

    static FleetInput withoutBacklog(FleetInput input) {
        return classes(input, each -> demand(each, each.requestClass(), each.guard(), each.upper(), 0));
    }

    /** Lengths that do not vary. */
    static FleetInput means(FleetInput input) {
        return classes(input, each -> {
            Shape shape = each.requestClass().shape();
            Shape fixed = new Shape(
                    shape.input(),
                    shape.uncached(),
                    shape.uncached() * shape.uncached(),
                    shape.output(),
                    shape.input() * shape.output(),
                    shape.output() * shape.output());
            return kind(each, each.requestClass().tier(), fixed);
        });
    }

    /** The median of the time to first token instead of its tail. */
    static FleetInput medianFirstToken(FleetInput input) {
        return classes(input, each -> {
            Tier tier = each.requestClass().tier();
            Tier median =
                    new Tier(tier.name(), tier.tierClass(), tier.firstTokenTarget(), 0.5, tier.interTokenTarget());
            return kind(each, median, each.requestClass().shape());
        });
    }

    /** No targets: memory and places in the batch alone. */
    static FleetInput memoryAlone(FleetInput input) {
        return classes(input, each -> {
            Tier tier = each.requestClass().tier();
            Tier none = new Tier(
                    tier.name(),
                    tier.tierClass(),
                    Double.POSITIVE_INFINITY,
                    tier.firstTokenQuantile(),
                    Double.POSITIVE_INFINITY);
            return kind(each, none, each.requestClass().shape());
        });
    }

    static FleetInput withoutDerate(FleetInput input) {
        return variants(input, each -> variant(each, each.fit(), Derate.NONE, each.memoryFill()));
    }

    /** No margin for what is not known of step times. */
    static FleetInput withoutConfidence(FleetInput input) {
        return variants(input, each -> {
            FittedStepTime fit = each.fit();
            FittedStepTime sure =
                    new FittedStepTime(fit.time(), 1, fit.error(), fit.samples(), fit.status(), fit.isClipped());
            return variant(each, sure, each.derate(), each.memoryFill());
        });
    }

    /** Memory in use is not looked at: neither as a floor nor before replicas go. */
    static FleetInput withoutMemoryFill(FleetInput input) {
        return variants(input, each -> variant(each, each.fit(), each.derate(), Double.NaN));
    }

    private static ClassInput kind(ClassInput each, Tier tier, Shape shape) {
        RequestClass other = new RequestClass(each.requestClass().id(), tier, shape);
        return demand(each, other, each.guard(), each.upper(), each.waiting());
    }

    private static ClassInput demand(
            ClassInput each, RequestClass requestClass, double guard, double upper, double waiting) {
        return new ClassInput(
                requestClass,
                each.now(),
                guard,
                upper,
                each.reserve(),
                waiting,
                each.drainSeconds(),
                each.attainment());
    }

    private static VariantInput variant(VariantInput each, FittedStepTime fit, Derate derate, double memoryFill) {
        return new VariantInput(
                each.variant(),
                fit,
                each.limits(),
                derate,
                each.sharing(),
                each.supply(),
                each.replicas(),
                memoryFill,
                each.coldStart90(),
                each.behaviour(),
                each.isPaused(),
                each.isDisrupted(),
                each.isTold());
    }

    private static FleetInput classes(FleetInput input, UnaryOperator<ClassInput> change) {
        return models(
                input,
                model -> new ModelInput(
                        model.model(),
                        model.classes().stream().map(change).toList(),
                        model.variants(),
                        model.grade(),
                        model.isConfigValid(),
                        model.arrivalVariation(),
                        model.idle()));
    }

    private static FleetInput variants(FleetInput input, UnaryOperator<VariantInput> change) {
        return models(
                input,
                model -> new ModelInput(
                        model.model(),
                        model.classes(),
                        model.variants().stream().map(change).toList(),
                        model.grade(),
                        model.isConfigValid(),
                        model.arrivalVariation(),
                        model.idle()));
    }

    private static FleetInput models(FleetInput input, UnaryOperator<ModelInput> change) {
        return new FleetInput(input.models().stream().map(change).toList(), input.accelerators());
    }
}
