package io.llmd.autoscaler.loop;

import io.llmd.autoscaler.analyzer.ColdStart;
import io.llmd.autoscaler.analyzer.Derate;
import io.llmd.autoscaler.analyzer.StepTimeFit;
import io.llmd.autoscaler.collector.EngineReading;
import io.llmd.autoscaler.collector.Replica;
import io.llmd.autoscaler.loop.FleetSettings.VariantSettings;
import io.llmd.autoscaler.planner.VariantDecision;
import io.llmd.autoscaler.planner.VariantInput;
import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.Grade;
import io.llmd.autoscaler.variant.Replicas;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One variant: its replicas, how long starts take, and what its hardware does. For one thread. */
final class VariantTracker {

    private VariantSettings settings;
    private StepTimeFit fit;
    private final ColdStart coldStart;
    private final Map<String, ReplicaTracker> replicas = new TreeMap<>();
    private @Nullable Integer specified;
    private boolean isDisrupted;
    private boolean wasListed;
    private boolean isTold;
    private boolean isUnknown = true;
    private double missingSince = Double.NaN;
    private Derate derate = Derate.NONE;

    VariantTracker(VariantSettings settings, StepTimeFit fit) {
        this.settings = settings;
        this.fit = fit;
        coldStart = new ColdStart(settings.coldStartSeconds());
    }

    VariantSettings settings() {
        return settings;
    }

    ColdStart coldStart() {
        return coldStart;
    }

    StepTimeFit fit() {
        return fit;
    }

    /** Other settings; replicas and what is known of them stay. */
    void reconfigure(VariantSettings next, StepTimeFit ofNext) {
        settings = next;
        fit = ofNext;
    }

    /**
     * The replicas that are there.
     *
     * @param wanted how many are asked for; null when that is not known
     * @param isRolledOut whether they are being replaced
     */
    void present(Collection<Replica> listed, @Nullable Integer wanted, boolean isRolledOut, double nowSeconds) {
        // Those that were there before this process may have served for long.
        boolean areNew = wasListed;
        wasListed = true;
        replicas.keySet().retainAll(listed.stream().map(Replica::id).collect(Collectors.toSet()));
        for (Replica each : listed) {
            replicas.computeIfAbsent(each.id(), name -> new ReplicaTracker(name, nowSeconds, areNew))
                    .phase(each.phase(), nowSeconds)
                    .ifPresent(coldStart::add);
        }
        specified = wanted;
        isTold = wanted != null;
        isUnknown = false;
        isDisrupted = isRolledOut;
        boolean isAnyMissing = wanted != null && wanted > replicas.size();
        missingSince = !isAnyMissing ? Double.NaN : Double.isNaN(missingSince) ? nowSeconds : missingSince;
    }

    /** Its replicas cannot be told at present: those of before are taken to be there. */
    void unknown() {
        isTold = false;
        isUnknown = true;
    }

    /** Whether its replicas were ever told. */
    boolean wasRead() {
        return wasListed;
    }

    /** What one of them says. */
    void observe(String id, EngineReading reading) {
        ReplicaTracker replica = replicas.get(id);
        EngineReading known = replica == null ? null : replica.last();
        if (replica == null
                || (known != null && reading.atSeconds() < known.atSeconds())
                || replica.isOfAnother(reading)) {
            return;
        }
        replica.heard(reading.atSeconds()).ifPresent(coldStart::add);
        fit.bound(limits());
        replica.observe(reading).ifPresent(fit::add);
    }

    /** What the last decision expected, and what came of it. What was not heard of all replicas says nothing. */
    void feedback(@Nullable VariantDecision decided, double nowSeconds, double staleSeconds) {
        if (decided == null || decided.utilization().isEmpty() || grade(nowSeconds, staleSeconds) != Grade.COMPLETE) {
            return;
        }
        Replicas counts = counts(Double.NaN);
        double used = decided.utilization().values().stream()
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(0);
        double expected = used * decided.desired() / Math.max(1, counts.ready());
        derate = derate.after(new Derate.Seen(
                counts.starting() == 0 && counts.stuck() == 0,
                expected,
                engineQueue() / Math.max(1, counts.ready()),
                orZero(memoryFill(nowSeconds, staleSeconds)),
                0));
    }

    private static double orZero(double value) {
        return Double.isNaN(value) ? 0 : value;
    }

    /** Requests that wait in engines beyond the one that each may have. */
    double engineQueue() {
        double sum = 0;
        for (ReplicaTracker replica : replicas.values()) {
            EngineReading reading = replica.last();
            sum += reading == null ? 0 : Math.max(0, reading.waiting() - 1);
        }
        return sum;
    }

    double running() {
        double sum = 0;
        for (ReplicaTracker replica : replicas.values()) {
            EngineReading reading = replica.last();
            sum += reading == null ? 0 : reading.running() + reading.waiting();
        }
        return sum;
    }

    /** Mean fill of the memory; a replica that is not heard counts as the fullest of the others. NaN when none is. */
    double memoryFill(double nowSeconds, double staleSeconds) {
        double sum = 0;
        double most = Double.NaN;
        int heard = 0;
        int ready = 0;
        for (ReplicaTracker replica : replicas.values()) {
            EngineReading reading = replica.last();
            ready += replica.isReady() ? 1 : 0;
            if (reading != null && reading.kvFill() >= 0 && replica.isFresh(nowSeconds, staleSeconds)) {
                sum += reading.kvFill();
                heard++;
                most = Double.isNaN(most) ? reading.kvFill() : Math.max(most, reading.kvFill());
            }
        }
        return heard == 0 ? Double.NaN : (sum + Math.max(0, ready - heard) * most) / Math.max(heard, ready);
    }

    Replicas counts(double nowSeconds) {
        int ready = 0;
        int starting = 0;
        int stuck = 0;
        for (ReplicaTracker replica : replicas.values()) {
            if (replica.isReady()) {
                ready++;
            } else if (replica.isStuck(nowSeconds, coldStart.quantile(0.9))) {
                stuck++;
            } else {
                starting++;
            }
        }
        Integer wanted = specified;
        if (wanted == null || wanted == ready + starting + stuck) {
            return new Replicas(ready, starting, stuck, 0);
        }
        int missing = wanted - ready - starting - stuck;
        if (missing > 0) {
            // Asked for and not made: by a quota, or because it has only just been asked for.
            boolean isLong = nowSeconds - missingSince > 2 * coldStart.quantile(0.9);
            return new Replicas(ready, starting + (isLong ? 0 : missing), stuck + (isLong ? missing : 0), 0);
        }
        // Not asked for any more: those that do not serve end first.
        int surplus = -missing;
        int ofStuck = Math.min(stuck, surplus);
        int ofStarting = Math.min(starting, surplus - ofStuck);
        return new Replicas(ready - (surplus - ofStuck - ofStarting), starting - ofStarting, stuck - ofStuck, surplus);
    }

    /** Whether all that serve are heard, and all that may serve unheard are known not to. */
    Grade grade(double nowSeconds, double staleSeconds) {
        double start = coldStart.quantile(0.9);
        boolean isAllHeard = replicas.values().stream()
                .allMatch(replica -> replica.isReady()
                        ? replica.isFresh(nowSeconds, staleSeconds)
                        : !replica.mayServeUnheard(nowSeconds, start));
        return isAllHeard && !isUnknown ? Grade.COMPLETE : Grade.PARTIAL;
    }

    /** Puts the tokens that replicas hold to {@code held}, by id. */
    void heldTokens(double nowSeconds, double staleSeconds, Map<String, Double> held) {
        replicas.forEach((id, replica) -> {
            EngineReading reading = replica.last();
            double tokens = reading == null ? Double.NaN : reading.kvFill() * reading.kvTokens();
            if (tokens >= 0 && replica.isFresh(nowSeconds, staleSeconds)) {
                held.put(id, tokens);
            }
        });
    }

    /** The bounds that replicas say themselves, where they do: the median, so that one that is wrong decides nothing. */
    EngineLimits limits() {
        double[] said = replicas.values().stream()
                .map(ReplicaTracker::last)
                .mapToDouble(reading -> reading == null ? Double.NaN : reading.kvTokens())
                .filter(tokens -> tokens > 0)
                .sorted()
                .toArray();
        return said.length == 0
                ? settings.limits()
                : new EngineLimits(
                        said[(said.length - 1) / 2],
                        settings.limits().maxSequences(),
                        settings.limits().stepTokens());
    }

    /** What a replica that is ready is worth on average, where some have been slower than the others for minutes. */
    double supply() {
        List<String> ready = replicas.entrySet().stream()
                .filter(each -> each.getValue().isReady())
                .map(Map.Entry::getKey)
                .toList();
        return ready.isEmpty() ? 1 : Math.min(1, fit.supply(ready) / ready.size());
    }

    /** Replicas that have been slower than the others for minutes. */
    int slow() {
        return (int) replicas.keySet().stream().filter(fit::isSlow).count();
    }

    double derate() {
        return derate.factor();
    }

    VariantInput input(double nowSeconds, double staleSeconds, boolean isPaused) {
        return new VariantInput(
                settings.variant(),
                fit.current(),
                limits(),
                derate,
                1,
                supply(),
                counts(nowSeconds),
                memoryFill(nowSeconds, staleSeconds),
                coldStart.quantile(0.9),
                settings.behaviour(),
                isPaused,
                isDisrupted,
                isTold);
    }
}
