package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.analyzer.LoadFunction;
import io.llmd.autoscaler.analyzer.Tails;
import io.llmd.autoscaler.variant.Dimension;
import io.llmd.autoscaler.variant.LoadVector;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Says why a number is what it is. Pure functions. */
final class Explainer {

    private Explainer() {}

    /** The record of one variant. */
    static VariantDecision explain(Target target, int option, Mix mix, double arrivalVariation) {
        int lane = lane(mix, option);
        LoadVector load = lane < 0 ? LoadVector.NONE : mix.load(lane);
        double share = lane < 0 ? 1 : 1 - mix.problem().headroom(lane);
        int desired = target.replicas();
        int serving = target.serving();
        Map<String, Double> with = utilization(load, serving * share);
        Map<String, Double> without = serving > 1 ? utilization(load, (serving - 1) * share) : Map.of();
        return new VariantDecision(
                target.input().variant().id(),
                target.input().variant().role().wireName(),
                lane < 0 ? "" : mix.problem().lanes().get(lane).id(),
                target.current(),
                desired,
                target.steps(),
                target.codes().stream().map(GuardCode::shortName).sorted().toList(),
                load.max() > 0 ? load.binding().wireName() : "",
                with,
                without,
                predicted(mix, lane, serving, arrivalVariation),
                serving > 1 ? predicted(mix, lane, serving - 1, arrivalVariation) : null,
                desired * target.input().variant().costPerHour(),
                whyNotLess(target, load, without),
                whyNotMore(target, load, with));
    }

    private static int lane(Mix mix, int option) {
        for (int j = 0; j < mix.problem().lanes().size(); j++) {
            if (mix.problem().optionIndex(j) == option && mix.replicas(j) > 0) {
                return j;
            }
        }
        return -1;
    }

    private static Map<String, Double> utilization(LoadVector load, double carried) {
        Map<String, Double> shares = new LinkedHashMap<>();
        for (Dimension dimension : Dimension.values()) {
            if (load.get(dimension) > 0) {
                shares.put(
                        dimension.wireName(), carried > 0 ? load.get(dimension) / carried : Double.POSITIVE_INFINITY);
            }
        }
        return shares;
    }

    static VariantDecision.Predicted predicted(Mix mix, int lane, int replicas, double arrivalVariation) {
        if (lane < 0 || replicas == 0) {
            return new VariantDecision.Predicted(Double.NaN, Double.NaN);
        }
        MixProblem problem = mix.problem();
        LoadFunction function = problem.option(lane).function();
        Role role = problem.lanes().get(lane).variant().role();
        double busy = 0;
        double prefill = 0;
        double rate = 0;
        double variation = 0;
        double perToken = function.time().perPromptToken()
                + function.time().base() / function.limits().stepTokens();
        for (int k = 0; k < problem.demands().size(); k++) {
            Shape shape = problem.demands().get(k).requestClass().shape();
            double each = mix.rate(k, lane);
            double prompt = function.time().perPromptToken() * shape.uncached();
            busy += each * (function.work(shape) - (role == Role.DECODE ? prompt : 0));
            prefill += each * perToken * shape.uncached();
            rate += each;
            variation += each * shape.prefillVariation();
        }
        double use = busy / replicas;
        double step = use < 1 ? function.time().base() / (1 - use) : Double.POSITIVE_INFINITY;
        double service = rate == 0 ? 0 : prefill / rate;
        double spread = rate == 0 ? 0 : variation / rate;
        double wait = role == Role.DECODE
                ? 0
                : Tails.wait(service, prefill / replicas, arrivalVariation, spread, 0.95) + service + step / 2;
        return new VariantDecision.Predicted(role == Role.PREFILL ? Double.NaN : step, wait);
    }

    private static String whyNotLess(Target target, LoadVector load, Map<String, Double> without) {
        int serving = target.serving();
        List<String> reasons = new ArrayList<>();
        String over = without.entrySet().stream()
                .filter(each -> each.getValue() > 1 + 1e-9)
                .map(each -> String.format(Locale.ROOT, "%s at %.0f %%", each.getKey(), 100 * each.getValue()))
                .collect(Collectors.joining(", "));
        if (!over.isEmpty()) {
            reasons.add("with %d the load would be more than they may carry: %s".formatted(serving - 1, over));
        } else if (serving == 1 && load.max() > 0) {
            reasons.add("with none nothing would serve its share of the requests");
        }
        for (GuardCode code : target.codes().stream().sorted().toList()) {
            boolean holdsUp = switch (code) {
                case G09_STEP_UP, G13_QUOTA, FAIL_CLOSED, STUCK, G17_ENVELOPE, G15_EXTERNAL, ZERO -> false;
                default -> true;
            };
            if (holdsUp) {
                reasons.add(code.shortName() + ": " + target.reason(code));
            }
        }
        if (target.replicas() == 0) {
            return "there are none";
        }
        return reasons.isEmpty() ? "it is the number that demand asks for" : String.join("; ", reasons);
    }

    private static String whyNotMore(Target target, LoadVector load, Map<String, Double> with) {
        List<String> reasons = new ArrayList<>();
        for (GuardCode code : target.codes().stream().sorted().toList()) {
            boolean holdsDown = switch (code) {
                case G01_CONFIG, G02_BLIND, G09_STEP_UP, G12_BOUNDS, G13_QUOTA, FAIL_CLOSED, STUCK -> true;
                default -> false;
            };
            if (holdsDown) {
                reasons.add(code.shortName() + ": " + target.reason(code));
            }
        }
        String use = with.entrySet().stream()
                .map(each -> String.format(Locale.ROOT, "%s at %.0f %%", each.getKey(), 100 * each.getValue()))
                .collect(Collectors.joining(", "));
        if (load.max() > 0 && target.serving() > 0) {
            reasons.add("of what %d may carry, headroom taken off, is used: %s".formatted(target.serving(), use));
        }
        return reasons.isEmpty() ? "it has no load" : String.join("; ", reasons);
    }
}
