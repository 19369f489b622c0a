package io.llmd.autoscaler.loop;

import io.llmd.autoscaler.analyzer.FitSample;
import io.llmd.autoscaler.analyzer.StepTimeFit;
import io.llmd.autoscaler.collector.Collector;
import io.llmd.autoscaler.collector.EngineReading;
import io.llmd.autoscaler.collector.Outcomes.Outcome;
import io.llmd.autoscaler.collector.Replica;
import io.llmd.autoscaler.collector.Roster;
import io.llmd.autoscaler.collector.RouterReading;
import io.llmd.autoscaler.planner.Decider;
import io.llmd.autoscaler.planner.Decision;
import io.llmd.autoscaler.planner.FleetDecision;
import io.llmd.autoscaler.planner.FleetInput;
import io.llmd.autoscaler.planner.Memory;
import io.llmd.autoscaler.planner.Step;
import io.llmd.autoscaler.planner.VariantDecision;
import io.llmd.autoscaler.variant.Grade;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The work of the loops: {@link #fast} each second, {@link #main} each ten, {@link #slow} each minute and {@link #save} each five
 * minutes. They are called by whoever has the clock, so that tests move time by hand. Safe from any thread: what is read is read
 * outside of the lock that decisions are made under, so that a page that hangs holds up no other loop.
 */
public final class FleetLoop {

    private static final Logger LOG = LoggerFactory.getLogger(FleetLoop.class);

    private volatile FleetSettings settings;
    private final Collector collector;
    private final Supplier<Optional<Roster>> roster;
    private final Office office;
    private final Decider planner;
    private final Holds holds;
    private final DecisionLog log;
    private final FitStore store;
    private final LoopListener listener;
    private final InstantSource clock;
    private final FleetWatch watch;
    private final Map<String, Integer> told = new HashMap<>();
    private final Map<String, FitStore.Learnt> learntFits = new HashMap<>();
    private final Map<String, List<Double>> learntStarts = new HashMap<>();
    private List<Replica> replicas = List.of();
    private Map<String, String> conflicts = Map.of();
    private Set<String> paused = Set.of();
    private Set<String> refused = Set.of();
    private boolean hasLed;
    private boolean isConfigured;
    private boolean wereReplicasRead;
    private Memory memory;
    private long cycles;
    private double latest;

    /**
     * A loop that begins now.
     *
     * @param roster replicas that are there; empty when that cannot be told, and then those of before are taken to be; nothing is
     *     decided before they were told once
     * @param office whether this loop decides
     * @param nowSeconds on a clock that never goes back
     */
    public FleetLoop(
            FleetSettings settings,
            Collector collector,
            Supplier<Optional<Roster>> roster,
            Office office,
            Decider planner,
            Holds holds,
            DecisionLog log,
            FitStore store,
            LoopListener listener,
            InstantSource clock,
            double nowSeconds) {
        this.settings = settings;
        this.collector = collector;
        this.roster = roster;
        this.office = office;
        this.planner = planner;
        this.holds = holds;
        this.log = log;
        this.store = store;
        this.listener = listener;
        this.clock = clock;
        watch = new FleetWatch(settings, nowSeconds);
        latest = nowSeconds;
        memory = Memory.begin(nowSeconds);
        store.load().ifPresent(state -> {
            state.fits()
                    .forEach((name, learnt) -> learntFits.put(
                            name, new FitStore.Learnt(learnt.fit(), shifted(learnt.samples(), nowSeconds))));
            learntStarts.putAll(state.coldStarts());
        });
        restore();
    }

    /** What an earlier process has learnt of what is there; of what is not, it waits for that. */
    private void restore() {
        learntFits.entrySet().removeIf(each -> {
            StepTimeFit fit = watch.fits().get(each.getKey());
            if (fit != null) {
                fit.restore(each.getValue().fit(), each.getValue().samples());
            }
            return fit != null;
        });
        learntStarts.entrySet().removeIf(each -> {
            VariantTracker tracker = watch.variants().get(each.getKey());
            if (tracker != null) {
                each.getValue().forEach(tracker.coldStart()::add);
            }
            return tracker != null;
        });
    }

    private static List<FitSample> shifted(List<FitSample> samples, double bySeconds) {
        return samples.stream()
                .map(each -> new FitSample(
                        each.instance(),
                        each.atSeconds() + bySeconds,
                        each.readySeconds(),
                        each.stepSeconds(),
                        each.promptTokens(),
                        each.sequences(),
                        each.contextTokens(),
                        each.isDisturbed()))
                .toList();
    }

    /** Looks at routers, and decides at once where requests wait for nobody or a jump is seen. */
    public void fast(double nowSeconds) {
        Map<URI, RouterReading> heard = collector.watched(settings.routers(), nowSeconds);
        List<Outcome> ended = collector.outcomes();
        boolean isUrgent;
        synchronized (this) {
            double now = later(nowSeconds);
            watch.outcomes(ended);
            watch.routers(heard, now);
            isUrgent = settings.models().stream().anyMatch(model -> watch.isUrgent(model, planned(model), now));
        }
        if (isUrgent) {
            // Engines are not asked: one that hangs must not delay the answer to requests that wait.
            Optional<Roster> present = roster.get();
            synchronized (this) {
                decide(present, Map.of(), later(nowSeconds));
            }
        }
    }

    private double planned(String model) {
        return log.last().stream()
                .flatMap(cycle -> cycle.decided().stream())
                .filter(decision -> decision.model().equals(model))
                .flatMap(decision -> decision.classes().stream())
                .mapToDouble(each -> each.used())
                .sum();
    }

    /** Looks at all there is, and decides. */
    public void main(double nowSeconds) {
        long begin = System.nanoTime();
        Optional<Roster> present = roster.get();
        Map<String, URI> pages = new HashMap<>();
        for (Replica each : present.map(Roster::replicas).orElseGet(this::known)) {
            URI page = each.page();
            if (page != null) {
                pages.put(each.id(), page);
            }
        }
        Map<URI, RouterReading> routers = collector.routers(settings.routers(), nowSeconds);
        Map<String, EngineReading> engines = collector.engines(pages, nowSeconds);
        List<Outcome> ended = collector.outcomes();
        listener.took("collect", System.nanoTime() - begin);
        synchronized (this) {
            double now = later(nowSeconds);
            watch.outcomes(ended);
            watch.routers(routers, now);
            FleetDecision decision = decide(present, engines, now);
            decision.decisions().stream()
                    .filter(each -> each.grade() != Grade.BLIND)
                    .forEach(each -> watch.feedback(each, now));
        }
    }

    private synchronized List<Replica> known() {
        return replicas;
    }

    /** Readings that took long come after others that did not: time never goes back for what is told here. */
    private double later(double nowSeconds) {
        latest = Math.max(latest, nowSeconds);
        return latest;
    }

    private FleetDecision decide(Optional<Roster> present, Map<String, EngineReading> engines, double nowSeconds) {
        long begin = System.nanoTime();
        if (present.isPresent()) {
            replicas = present.get().replicas();
            conflicts = present.get().conflicts();
            paused = present.get().paused();
            wereReplicasRead = true;
            watch.replicas(present.get(), nowSeconds);
        } else {
            watch.replicasUnknown();
        }
        watch.engines(engines);
        if (!wereReplicasRead) {
            // Replicas run that nobody has told of: any number, 0 above all, could take them away. No number takes
            // none.
            return new FleetDecision(List.of(), memory);
        }
        boolean leads = office.isLeader();
        double sharedSeconds = leads ? 0 : office.age().toNanos() / 1e9;
        boolean isShown = leads || office.isKnown();
        Map<String, Office.Shared> shared = leads && hasLed ? Map.of() : office.published();
        if (leads && !hasLed) {
            // What was published before, perhaps by another process, is what stands until more is known.
            memory = known(memory.begunAnew(nowSeconds), shared, nowSeconds);
        }
        hasLed = leads;
        if (!isShown) {
            return new FleetDecision(List.of(), memory);
        }
        Instant at = clock.instant();
        FleetInput input = watch.input(
                nowSeconds,
                variant -> holds.isPaused(variant, at) || conflicts.containsKey(variant) || paused.contains(variant),
                model -> !refused.contains(model) && !watch.isUnread(model));
        String id = "c" + ++cycles;
        FleetDecision decision = planner.decide(input, memory, nowSeconds, id);
        List<Decision> published = decision.decisions().stream()
                .map(each -> shown(each, at, shared, leads))
                .toList();
        List<String> advised = settings.variants().stream()
                .filter(FleetSettings.VariantSettings::isAdvisory)
                .map(each -> each.variant().id())
                .toList();
        Cycle cycle = new Cycle(
                id, at, nowSeconds, input, memory, decision.decisions(), published, advised, leads, sharedSeconds);
        memory = leads ? decision.memory() : known(decision.memory(), shared, nowSeconds);
        log.add(cycle);
        listener.took("decide", System.nanoTime() - begin);
        tell(cycle);
        return decision;
    }

    private static Memory known(Memory memory, Map<String, Office.Shared> shared, double nowSeconds) {
        Memory all = memory;
        for (Map.Entry<String, Office.Shared> each : shared.entrySet()) {
            all = all.published(
                    each.getKey(), each.getValue().published(), each.getValue().specified(), nowSeconds);
        }
        return all;
    }

    private void tell(Cycle cycle) {
        boolean leads = cycle.isLeaders();
        Map<String, Office.Shared> numbers = new HashMap<>();
        for (Decision decision : cycle.published()) {
            for (VariantDecision each : decision.variants()) {
                numbers.put(each.variant(), new Office.Shared(each.desired(), each.current()));
                Integer before = told.put(each.variant(), each.desired());
                if (leads && (before != null ? before != each.desired() : each.desired() != each.current())) {
                    LOG.atInfo()
                            .addKeyValue("variant", each.variant())
                            .addKeyValue("model", decision.model())
                            .addKeyValue("current", each.current())
                            .addKeyValue("desired", each.desired())
                            .addKeyValue("reason", String.join(",", each.codes()))
                            .log("another number of replicas is needed");
                }
            }
        }
        memory.variants().forEach((variant, before) -> {
            if (before.published() >= 0) {
                // Of what cannot be read at present the next leader is to know what was published.
                numbers.putIfAbsent(variant, new Office.Shared(before.published(), before.specified()));
            }
        });
        // Nothing is a number like others once it is known that nothing is to be scaled.
        if (leads && (isConfigured || !numbers.isEmpty())) {
            office.publish(numbers);
        }
        listener.published(cycle);
    }

    /** With the numbers of people, of the leader where this is not it, and with what is said of those that another controller claims. */
    private Decision shown(Decision decision, Instant at, Map<String, Office.Shared> shared, boolean leads) {
        List<VariantDecision> variants = new ArrayList<>();
        double cost = 0;
        for (VariantDecision each : decision.variants()) {
            if (!leads && !shared.containsKey(each.variant())) {
                // The leader has said nothing of it yet.
                continue;
            }
            VariantDecision shown = shown(each, at, leads ? null : shared.get(each.variant()));
            variants.add(shown);
            cost += shown.costPerHour();
        }
        return new Decision(
                decision.id(),
                decision.model(),
                decision.atSeconds(),
                decision.grade(),
                decision.outcome(),
                decision.gap(),
                decision.classes(),
                variants,
                cost,
                decision.rejected(),
                decision.bill(),
                decision.codes());
    }

    private VariantDecision shown(VariantDecision each, Instant at, Office.@Nullable Shared shared) {
        if (shared != null) {
            return with(each, "leader", shared.published(), "another controller leads, and has published it");
        }
        String other = conflicts.get(each.variant());
        if (other != null) {
            return with(each, "conflict", each.desired(), other + " claims it as well: nothing changes");
        }
        OptionalInt number = holds.override(each.variant(), at);
        return number.isEmpty() ? each : with(each, "override", number.getAsInt(), "somebody has set it for some time");
    }

    private static VariantDecision with(VariantDecision each, String stage, int number, String reason) {
        List<Step> steps = new ArrayList<>(each.steps());
        steps.add(new Step(stage, number, reason));
        double price = each.desired() == 0 ? 0 : each.costPerHour() / each.desired();
        return new VariantDecision(
                each.variant(),
                each.role(),
                each.lane(),
                each.current(),
                number,
                steps,
                each.codes(),
                each.binding(),
                each.utilization(),
                each.utilizationBefore(),
                each.predicted(),
                each.predictedBefore(),
                price * number,
                reason,
                reason);
    }

    /**
     * What is scaled and for whom, from now on. What was learnt of what has not changed stays.
     *
     * @param refusedModels models of which something is configured that cannot be used: their numbers stay
     */
    public synchronized void reconfigure(FleetSettings next, Set<String> refusedModels) {
        settings = next;
        isConfigured = true;
        refused = Set.copyOf(refusedModels);
        watch.reconfigure(next, latest);
        restore();
        memory = memory.only(
                next.variants().stream().map(each -> each.variant().id()).collect(Collectors.toSet()));
        told.keySet().retainAll(watch.variants().keySet());
    }

    /** Tokens whose keys and values a replica holds, by its id; those that are not known are missing. */
    public synchronized Map<String, Double> heldTokens(double nowSeconds) {
        Map<String, Double> held = new HashMap<>();
        watch.variants().values().forEach(each -> each.heldTokens(nowSeconds, settings.staleSeconds(), held));
        return held;
    }

    /** Fits step times anew. */
    public synchronized void slow(double nowSeconds) {
        long begin = System.nanoTime();
        watch.refit(later(nowSeconds));
        listener.took("refit", System.nanoTime() - begin);
    }

    /** Keeps what was learnt. */
    public void save(double nowSeconds) {
        Map<String, FitStore.Learnt> fits = new HashMap<>();
        Map<String, List<Double>> starts = new HashMap<>();
        synchronized (this) {
            learntFits.forEach((name, learnt) ->
                    fits.put(name, new FitStore.Learnt(learnt.fit(), shifted(learnt.samples(), -nowSeconds))));
            starts.putAll(learntStarts);
            watch.fits()
                    .forEach((name, fit) ->
                            fits.put(name, new FitStore.Learnt(fit.current(), shifted(fit.samples(), -nowSeconds))));
            watch.variants()
                    .forEach((name, variant) ->
                            starts.put(name, variant.coldStart().starts()));
        }
        store.save(fits, starts);
    }

    /** What is known of hardware, by fingerprint. */
    public synchronized Map<String, FitStore.Learnt> fits() {
        Map<String, FitStore.Learnt> fits = new HashMap<>();
        watch.fits().forEach((name, fit) -> fits.put(name, new FitStore.Learnt(fit.current(), fit.samples())));
        return fits;
    }

    /** Numbers for meters. */
    public synchronized LoopState state(double nowSeconds) {
        List<LoopState.OfVariant> variants = new ArrayList<>();
        watch.variants()
                .forEach((id, variant) -> variants.add(new LoopState.OfVariant(
                        variant.settings().variant(),
                        variant.settings().fingerprint(),
                        variant.counts(nowSeconds),
                        variant.fit().current(),
                        variant.derate(),
                        variant.slow(),
                        variant.coldStart().quantile(0.5),
                        variant.coldStart().quantile(0.9))));
        Map<String, Grade> grades = new HashMap<>();
        Map<String, Double> skills = new HashMap<>();
        for (String model : settings.models()) {
            grades.put(model, watch.grade(model, nowSeconds));
            skills.put(model, watch.skill(model));
        }
        return new LoopState(variants, grades, skills, watch.routerAge(nowSeconds));
    }
}
