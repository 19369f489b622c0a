package io.llmd.autoscaler.loop;

import io.llmd.autoscaler.analyzer.StepTimeFit;
import io.llmd.autoscaler.collector.EngineReading;
import io.llmd.autoscaler.collector.Outcomes.Outcome;
import io.llmd.autoscaler.collector.Replica;
import io.llmd.autoscaler.collector.Roster;
import io.llmd.autoscaler.collector.RouterReading;
import io.llmd.autoscaler.loop.FleetSettings.TierRule;
import io.llmd.autoscaler.loop.FleetSettings.VariantSettings;
import io.llmd.autoscaler.planner.ClassInput;
import io.llmd.autoscaler.planner.Decision;
import io.llmd.autoscaler.planner.FleetInput;
import io.llmd.autoscaler.planner.ModelInput;
import io.llmd.autoscaler.planner.VariantInput;
import io.llmd.autoscaler.variant.Grade;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.StepTime;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Turns readings into what decisions need to know, and keeps what has to be known of earlier ones. For one thread. */
final class FleetWatch {

    private static final double DETECTION_SECONDS = 30;

    private FleetSettings settings;
    private final double beganAt;
    private final Map<String, VariantTracker> variants = new TreeMap<>();
    private final Map<String, StepTimeFit> fits = new TreeMap<>();
    private final Map<String, Map<String, DemandTracker>> demand = new TreeMap<>();
    private final Map<URI, Double> routersHeard = new TreeMap<>();
    private final Set<URI> routersRead = new HashSet<>();
    private boolean areReplicasKnown = true;

    FleetWatch(FleetSettings settings, double nowSeconds) {
        this.settings = settings;
        beganAt = nowSeconds;
        configure(nowSeconds);
    }

    /** What is scaled and for whom, from now on. What was learnt of what has not changed stays. */
    void reconfigure(FleetSettings next, double nowSeconds) {
        Map<String, StepTime> priors = new HashMap<>();
        next.variants().forEach(each -> priors.putIfAbsent(each.fingerprint(), each.prior()));
        for (VariantSettings each : settings.variants()) {
            if (!each.prior().equals(priors.get(each.fingerprint()))) {
                fits.remove(each.fingerprint());
            }
        }
        Map<String, TierRule> rules = new HashMap<>();
        next.tiers().forEach(each -> rules.put(each.tier().name(), each));
        for (TierRule each : settings.tiers()) {
            if (!each.equals(rules.get(each.tier().name()))) {
                demand.values().forEach(tiers -> tiers.remove(each.tier().name()));
            }
        }
        settings = next;
        demand.keySet().retainAll(next.models());
        fits.keySet().retainAll(priors.keySet());
        variants.keySet()
                .retainAll(next.variants().stream()
                        .map(each -> each.variant().id())
                        .collect(Collectors.toSet()));
        routersHeard.keySet().retainAll(next.routers());
        routersRead.retainAll(next.routers());
        demand.values().forEach(tiers -> tiers.values().forEach(each -> each.retain(next.routers())));
        configure(nowSeconds);
    }

    private void configure(double nowSeconds) {
        for (VariantSettings each : settings.variants()) {
            StepTimeFit fit =
                    fits.computeIfAbsent(each.fingerprint(), name -> new StepTimeFit(each.prior(), each.limits()));
            VariantTracker known = variants.get(each.variant().id());
            if (known == null) {
                variants.put(each.variant().id(), new VariantTracker(each, fit));
            } else {
                known.reconfigure(each, fit);
            }
        }
        for (String model : settings.models()) {
            Map<String, DemandTracker> tiers = demand.computeIfAbsent(model, name -> new TreeMap<>());
            double start = settings.variants().stream()
                    .filter(each -> each.variant().model().equals(model))
                    .mapToDouble(VariantSettings::coldStartSeconds)
                    .max()
                    .orElse(0);
            for (TierRule rule : settings.tiers()) {
                tiers.computeIfAbsent(
                        rule.tier().name(),
                        name -> new DemandTracker(
                                rule,
                                settings.assumedShape(),
                                settings.staleSeconds(),
                                start + DETECTION_SECONDS,
                                nowSeconds));
            }
        }
    }

    /** The replicas that are there cannot be told at present: those of before are taken to be, and none may go. */
    void replicasUnknown() {
        areReplicasKnown = false;
        variants.values().forEach(VariantTracker::unknown);
    }

    /** The replicas that are there. */
    void replicas(Roster present, double nowSeconds) {
        areReplicasKnown = true;
        Map<String, List<Replica>> byVariant =
                present.replicas().stream().collect(Collectors.groupingBy(Replica::variant));
        variants.forEach((id, variant) -> {
            if (present.unknown().contains(id)) {
                variant.unknown();
            } else {
                variant.present(
                        byVariant.getOrDefault(id, List.of()),
                        present.specified().get(id),
                        present.disrupted().contains(id),
                        nowSeconds);
            }
        });
    }

    /** What engines say, by replica. */
    void engines(Map<String, EngineReading> readings) {
        variants.values().forEach(variant -> readings.forEach(variant::observe));
    }

    /** What routers say. What comes of one that is none any more, because it was asked before it went, is left out. */
    void routers(Map<URI, RouterReading> all, double nowSeconds) {
        Map<URI, RouterReading> readings = new HashMap<>(all);
        readings.keySet().retainAll(Set.copyOf(settings.routers()));
        readings.forEach((router, reading) -> {
            Double known = routersHeard.get(router);
            if (known != null && reading.atSeconds() < known) {
                // Another source has told later counts already: these would look like a router that began anew.
                return;
            }
            if (known != null && reading.atSeconds() > known) {
                routersRead.add(router);
            }
            routersHeard.put(router, reading.atSeconds());
            for (String model : demand.keySet()) {
                Map<String, RouterReading.Flow> byTier = new TreeMap<>();
                settings.tiers().forEach(rule -> byTier.put(rule.tier().name(), RouterReading.Flow.NONE));
                reading.flows().forEach((key, flow) -> {
                    if (key.model().equals(model)) {
                        byTier.merge(settings.tierOf(key.priority()).tier().name(), flow, RouterReading.Flow::plus);
                    }
                });
                byTier.forEach((tier, flow) -> demandOf(model, tier).observe(router, flow, reading.atSeconds()));
            }
        });
        boolean isHeard = !readings.isEmpty();
        if (!isHeard && routerAge(nowSeconds) <= settings.staleSeconds()) {
            // Whoever looks each second hears nothing between two scrapes of another: that is no silence yet.
            return;
        }
        demand.values().forEach(tiers -> tiers.values().forEach(each -> each.settle(isHeard, nowSeconds)));
    }

    /** What became of requests, one by one; of what nobody scales nothing is kept. */
    void outcomes(List<Outcome> ended) {
        for (Outcome each : ended) {
            if (demand.containsKey(each.model())) {
                String tier = settings.tierOf(each.ended().priority()).tier().name();
                demandOf(each.model(), tier).served(each.ended());
            }
        }
    }

    private DemandTracker demandOf(String model, String tier) {
        Map<String, DemandTracker> tiers = demand.get(model);
        DemandTracker tracker = tiers == null ? null : tiers.get(tier);
        if (tracker == null) {
            throw new IllegalStateException("no demand of " + model + ", " + tier);
        }
        return tracker;
    }

    /** Fits step times anew. */
    void refit(double nowSeconds) {
        fits.values().forEach(fit -> fit.refit(nowSeconds));
    }

    /** What came of a decision. */
    void feedback(Decision decision, double nowSeconds) {
        decision.variants().forEach(decided -> {
            VariantTracker variant = variants.get(decided.variant());
            if (variant != null) {
                variant.feedback(decided, nowSeconds, settings.staleSeconds());
            }
        });
    }

    /**
     * How much is known of a model: nothing without routers, and not all while a router or a replica is silent. A router that was read
     * once has no rate yet.
     */
    Grade grade(String model, double nowSeconds) {
        long fresh = settings.routers().stream()
                .filter(router -> nowSeconds - routersHeard.getOrDefault(router, Double.NEGATIVE_INFINITY)
                        <= settings.staleSeconds())
                .count();
        if (fresh == 0) {
            return Grade.BLIND;
        }
        boolean isAllKnown =
                fresh == settings.routers().size() && routersRead.containsAll(settings.routers()) && areReplicasKnown;
        Grade grade = isAllKnown ? Grade.COMPLETE : Grade.PARTIAL;
        for (VariantTracker variant : of(model)) {
            grade = grade.and(variant.grade(nowSeconds, settings.staleSeconds()));
        }
        return grade;
    }

    private List<VariantTracker> of(String model) {
        return variants.values().stream()
                .filter(each -> each.settings().variant().model().equals(model))
                .toList();
    }

    /** Those whose replicas were ever told: of others any number, 0 above all, could take some away. */
    private List<VariantTracker> read(String model) {
        return of(model).stream().filter(VariantTracker::wasRead).toList();
    }

    /** Whether what a model has is not known in full, so that what it needs beside that is not either. */
    boolean isUnread(String model) {
        return !of(model).stream().allMatch(VariantTracker::wasRead);
    }

    /**
     * All that a cycle's decisions depend on; models of which no replicas were ever told are left out.
     *
     * @param isPaused which variants are held
     * @param isValid of which models the configuration in force is the one that was asked for
     */
    FleetInput input(double nowSeconds, Predicate<String> isPaused, Predicate<String> isValid) {
        List<ModelInput> models = new ArrayList<>();
        for (String model : settings.models()) {
            List<VariantTracker> members = read(model);
            if (members.isEmpty()) {
                continue;
            }
            double engineQueue =
                    members.stream().mapToDouble(VariantTracker::engineQueue).sum();
            List<ClassInput> classes = classes(model, engineQueue, nowSeconds);
            List<VariantInput> inputs = members.stream()
                    .map(each -> each.input(
                            nowSeconds,
                            settings.staleSeconds(),
                            isPaused.test(each.settings().variant().id())))
                    .toList();
            models.add(new ModelInput(
                    model,
                    classes,
                    inputs,
                    grade(model, nowSeconds),
                    isValid.test(model),
                    variation(model, inputs),
                    idle(model, members, nowSeconds)));
        }
        return new FleetInput(models, settings.accelerators());
    }

    /** Requests that wait in engines are put down to classes in proportion to their rates. */
    private List<ClassInput> classes(String model, double engineQueue, double nowSeconds) {
        Map<String, DemandTracker> tiers = demand.getOrDefault(model, Map.of());
        double all = tiers.values().stream()
                .mapToDouble(each -> each.rate(nowSeconds).now())
                .sum();
        List<ClassInput> classes = new ArrayList<>();
        for (DemandTracker each : tiers.values()) {
            double share = all == 0 ? 1.0 / tiers.size() : each.rate(nowSeconds).now() / all;
            ClassInput input = each.input(share * engineQueue, nowSeconds);
            boolean isIdle = input.now() == 0
                    && input.waiting() == 0
                    && input.reserve() == 0
                    && input.due().isEmpty();
            if (!isIdle || tiers.size() == 1) {
                classes.add(input);
            }
        }
        return classes;
    }

    private double variation(String model, List<VariantInput> variants) {
        // Prompts are computed by all replicas but those that only decode.
        int ready = variants.stream()
                .filter(each -> each.variant().role() != Role.DECODE)
                .mapToInt(each -> each.replicas().ready())
                .sum();
        return demand.getOrDefault(model, Map.of()).values().stream()
                .mapToDouble(each -> each.arrivalVariation(ready))
                .max()
                .orElse(1);
    }

    private ModelInput.Idle idle(String model, List<VariantTracker> members, double nowSeconds) {
        Collection<DemandTracker> tiers = demand.getOrDefault(model, Map.of()).values();
        double idle = tiers.stream()
                .mapToDouble(each -> each.idleSeconds(nowSeconds))
                .min()
                .orElse(0);
        double running = tiers.stream().mapToDouble(DemandTracker::running).sum()
                + members.stream().mapToDouble(VariantTracker::running).sum();
        return new ModelInput.Idle(
                settings.zero().isEnabled(),
                Math.min(idle, nowSeconds - beganAt),
                settings.zero().retentionSeconds(),
                running,
                tiers.stream().mapToDouble(DemandTracker::urgent).sum(),
                false);
    }

    /** Whether requests wait for a model without replicas, or so many more come than were planned for. */
    boolean isUrgent(String model, double planned, double nowSeconds) {
        double queued = 0;
        boolean isStep = false;
        double sum20 = 0;
        for (DemandTracker each : demand.getOrDefault(model, Map.of()).values()) {
            queued += each.urgent();
            sum20 += each.urgentRate(nowSeconds).lowerBound();
        }
        isStep = sum20 > 1.3 * planned && planned > 0;
        List<VariantTracker> members = read(model);
        boolean isEmpty = !members.isEmpty()
                && members.stream().allMatch(each -> each.counts(nowSeconds).specified() == 0);
        return isStep || (isEmpty && queued > 0);
    }

    Map<String, StepTimeFit> fits() {
        return fits;
    }

    Map<String, VariantTracker> variants() {
        return variants;
    }

    /** Best skill of a predictor of a model; NaN when none has been scored. */
    double skill(String model) {
        return demand.getOrDefault(model, Map.of()).values().stream()
                .mapToDouble(DemandTracker::skill)
                .filter(each -> !Double.isNaN(each))
                .max()
                .orElse(Double.NaN);
    }

    /** Seconds since any router was heard. */
    double routerAge(double nowSeconds) {
        return nowSeconds
                - routersHeard.values().stream().max(Comparator.naturalOrder()).orElse(beganAt);
    }
}
