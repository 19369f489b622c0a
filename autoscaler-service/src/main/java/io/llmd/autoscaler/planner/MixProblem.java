package io.llmd.autoscaler.planner;

import io.llmd.autoscaler.analyzer.LoadFunction;
import io.llmd.autoscaler.analyzer.Tails;
import io.llmd.autoscaler.variant.Lane;
import io.llmd.autoscaler.variant.LoadVector;
import io.llmd.autoscaler.variant.RequestClass;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.autoscaler.variant.Variant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which replicas serve which requests at the lowest cost: the programme of specs/autoscaling.md 3.11 for one model. Immutable;
 * variants, lanes and classes are in the order of their names, whatever order they were found in.
 */
public final class MixProblem {

    /**
     * A variant that may be used.
     *
     * @param variant what it is
     * @param function load of a request on one of its replicas
     * @param lower fewest replicas
     * @param upper most replicas
     */
    public record Option(Variant variant, LoadFunction function, int lower, int upper) {}

    /**
     * Requests that have to be served.
     *
     * @param requestClass what they are
     * @param rate how many a second
     */
    public record Demand(RequestClass requestClass, double rate) {}

    private final List<Option> options;
    private final List<Demand> demands;
    private final List<Lane> lanes = new ArrayList<>();
    private final List<Integer> optionOfLane = new ArrayList<>();
    private final LoadVector[][] loads;
    private final double[] headroom;
    private final Map<String, Integer> accelerators;
    private final Routes routes;

    private MixProblem(
            List<Option> options,
            List<Demand> demands,
            Map<String, Integer> accelerators,
            double arrivalVariation,
            Headroom headrooms) {
        this.options =
                options.stream().sorted(Comparator.comparing(Option::variant)).toList();
        this.demands = demands.stream()
                .sorted(Comparator.comparing(demand -> demand.requestClass().id()))
                .toList();
        this.accelerators = new TreeMap<>(accelerators);
        for (int i = 0; i < this.options.size(); i++) {
            for (Tier tier : tiers(this.options.get(i).variant())) {
                lanes.add(new Lane(this.options.get(i).variant(), tier));
                optionOfLane.add(i);
            }
        }
        loads = new LoadVector[this.demands.size()][lanes.size()];
        headroom = new double[lanes.size()];
        for (int j = 0; j < lanes.size(); j++) {
            Lane lane = lanes.get(j);
            // What prefill may use is bounded by its waiting times already.
            headroom[j] = lane.variant().role() == Role.PREFILL ? 0 : headrooms.of(lane.tier());
            for (int k = 0; k < this.demands.size(); k++) {
                loads[k][j] = load(this.demands.get(k).requestClass(), j, arrivalVariation);
            }
        }
        routes = new Routes(this);
    }

    /** Share of replicas of a tier that is left free. */
    @FunctionalInterface
    public interface Headroom {

        /** Headroom by class of tier. */
        Headroom USUAL = tier -> tier.tierClass().headroom();

        /** In [0, 1). */
        double of(Tier tier);
    }

    /**
     * A problem.
     *
     * @param accelerators accelerators that may be used, by type; a type that is not named has no bound
     * @param arrivalVariation index of dispersion of arrivals
     */
    public static MixProblem of(
            List<Option> options,
            List<Demand> demands,
            Map<String, Integer> accelerators,
            double arrivalVariation,
            Headroom headroom) {
        return new MixProblem(options, demands, accelerators, arrivalVariation, headroom);
    }

    /** The tiers that replicas of a variant could be operated at: those of requests that may come to it. */
    private List<Tier> tiers(Variant variant) {
        Map<Double, Tier> byStep = new TreeMap<>();
        for (Demand demand : demands) {
            Tier tier = demand.requestClass().tier();
            if (variant.serves(tier)) {
                Tier known = byStep.get(tier.interTokenTarget());
                boolean isFirst = known == null || tier.tierClass().compareTo(known.tierClass()) < 0;
                if (isFirst) {
                    byStep.put(tier.interTokenTarget(), tier);
                }
            }
        }
        List<Tier> tiers = List.copyOf(byStep.values());
        // Step times of prefill are nobody's targets.
        return variant.role() == Role.PREFILL && tiers.size() > 1 ? tiers.subList(0, 1) : tiers;
    }

    private LoadVector load(RequestClass requestClass, int laneIndex, double arrivalVariation) {
        Lane lane = lanes.get(laneIndex);
        if (!lane.serves(requestClass.tier())) {
            return LoadVector.infeasible();
        }
        LoadFunction function = option(laneIndex).function();
        Role role = lane.variant().role();
        double use = role == Role.DECODE
                ? Double.POSITIVE_INFINITY
                : Tails.maxPrefillUse(
                        function,
                        requestClass.shape(),
                        requestClass.tier().firstTokenTarget(),
                        requestClass.tier().firstTokenQuantile(),
                        arrivalVariation);
        return function.load(role, requestClass.shape(), lane.tier().interTokenTarget(), use);
    }

    List<Option> options() {
        return options;
    }

    List<Demand> demands() {
        return demands;
    }

    List<Lane> lanes() {
        return lanes;
    }

    Option option(int lane) {
        return options.get(optionOfLane.get(lane));
    }

    int optionIndex(int lane) {
        return optionOfLane.get(lane);
    }

    LoadVector load(int demand, int lane) {
        return loads[demand][lane];
    }

    boolean isFeasible(int demand, int lane) {
        return loads[demand][lane].isFeasible();
    }

    double headroom(int lane) {
        return headroom[lane];
    }

    Routes routes() {
        return routes;
    }

    Map<String, Integer> accelerators() {
        return accelerators;
    }

    boolean hasSplitLanes() {
        return lanes.stream().anyMatch(lane -> lane.variant().role() != Role.UNIFIED);
    }

    /** The same with other bounds for each option, in their order. */
    MixProblem bounded(int[] lower, int[] upper) {
        List<Option> changed = new ArrayList<>();
        for (int i = 0; i < options.size(); i++) {
            changed.add(new Option(options.get(i).variant(), options.get(i).function(), lower[i], upper[i]));
        }
        return new MixProblem(this, changed, demands, accelerators);
    }

    /** The same with other bounds on accelerators. */
    MixProblem limited(Map<String, Integer> limits) {
        return new MixProblem(this, options, demands, new TreeMap<>(limits));
    }

    /** The same with other rates, in the order of the demands. */
    MixProblem at(double[] rates) {
        List<Demand> changed = new ArrayList<>();
        for (int k = 0; k < demands.size(); k++) {
            changed.add(new Demand(demands.get(k).requestClass(), rates[k]));
        }
        return new MixProblem(this, options, changed, accelerators);
    }

    private MixProblem(
            MixProblem other, List<Option> options, List<Demand> demands, Map<String, Integer> accelerators) {
        this.options = options;
        this.demands = demands;
        this.accelerators = accelerators;
        lanes.addAll(other.lanes);
        optionOfLane.addAll(other.optionOfLane);
        loads = other.loads;
        headroom = other.headroom;
        routes = other.routes;
    }
}
