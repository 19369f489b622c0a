package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.analyzer.ViolationBill;
import io.llmd.autoscaler.variant.Grade;
import java.util.List;
import java.util.Optional;

/**
 * The numbers of a model, and all that they were made of.
 *
 * @param id unlike any other of this controller
 * @param model which model
 * @param atSeconds when, on the clock of the loop
 * @param grade how much was known
 * @param outcome how the mix was found
 * @param gap share of the mix's cost that another could save at most; 0 when none can, NaN when that is not known
 * @param classes its demand
 * @param variants its numbers
 * @param costPerHour cost of all of them
 * @param rejected mixes that were considered
 * @param bill what a jump costs before replicas are ready
 * @param codes guards that applied to the model as a whole
 */
public record Decision(
        String id,
        String model,
        double atSeconds,
        Grade grade,
        String outcome,
        double gap,
        List<ClassDecision> classes,
        List<VariantDecision> variants,
        double costPerHour,
        List<Rejected> rejected,
        ViolationBill bill,
        List<String> codes) {

    /**
     * A mix that was not taken.
     *
     * @param mix its numbers by variant, as text
     * @param costPerHour what it would cost
     * @param reason why it was not taken
     */
    public record Rejected(String mix, double costPerHour, String reason) {}

    public Decision {
        classes = List.copyOf(classes);
        variants = List.copyOf(variants);
        rejected = List.copyOf(rejected);
        codes = List.copyOf(codes);
    }

    /** The number of a variant. */
    public Optional<VariantDecision> of(String variant) {
        return variants.stream().filter(each -> each.variant().equals(variant)).findFirst();
    }
}
