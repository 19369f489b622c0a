package io.llmd.autoscaler.kube;

import io.llmd.autoscaler.kube.StallWatch.Lag;
import io.llmd.autoscaler.loop.Cycle;
import io.llmd.autoscaler.loop.FleetLoop;
import io.llmd.autoscaler.planner.VariantDecision;
import io.llmd.kube.KubeObjects;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out what cycles decide: scales targets, notices those that nobody scales, claims them, and keeps numbers for another
 * leader. All of that on a thread of its own, since the API may be slow; of cycles that come meanwhile the last counts. While this
 * process does not lead, nothing is written.
 */
public final class KubeActuator implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(KubeActuator.class);
    private static final Duration REFRESH = Duration.ofSeconds(1);
    private static final Duration STOP = Duration.ofSeconds(5);

    /**
     * How numbers are carried out.
     *
     * @param claimPeriod time between two claims
     * @param scalesWithinTolerance whether a change that an HPA ignores, since it is small, is made here
     * @param staleAfter age from which a decision is not carried out any more
     */
    public record Settings(Duration claimPeriod, boolean scalesWithinTolerance, Duration staleAfter) {}

    private final Settings settings;
    private final KubeFleet fleet;
    private final KubeOffice office;
    private final Claims claims;
    private final ScaleWriter writer;
    private final FleetLoop loop;
    private final KubeObjects api;
    private final DoubleSupplier seconds;
    private @Nullable PolicyFeed feed;
    private @Nullable PolicyStatuses statuses;
    private final StallWatch stalls = new StallWatch();
    private final AtomicReference<@Nullable Cycle> waiting = new AtomicReference<>();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("autoscaler-actuate").factory());
    private volatile Map<String, Lag> lags = Map.of();

    /**
     * An actuator that has not begun.
     *
     * @param seconds the clock of the loop
     */
    public KubeActuator(
            Settings settings,
            KubeObjects api,
            KubeFleet fleet,
            KubeOffice office,
            Claims claims,
            FleetLoop loop,
            DoubleSupplier seconds) {
        this.settings = settings;
        this.fleet = fleet;
        this.office = office;
        this.claims = claims;
        writer = new ScaleWriter(api, fleet::podsOf);
        this.loop = loop;
        this.api = api;
        this.seconds = seconds;
    }

    /** What people say about scaling, to be put in force. @param writesStatus whether they are told what became of it */
    public void follow(PolicyFeed resources, boolean writesStatus) {
        feed = resources;
        statuses = writesStatus ? new PolicyStatuses(api) : null;
    }

    /** Begins to claim targets, and to look at resources. */
    public void start() {
        PolicyFeed resources = feed;
        if (resources != null) {
            thread.scheduleWithFixedDelay(
                    () -> guarded(resources::refresh), 0, REFRESH.toNanos(), TimeUnit.NANOSECONDS);
        }
        long nanos = settings.claimPeriod().toNanos();
        thread.scheduleWithFixedDelay(() -> guarded(this::claim), 0, nanos, TimeUnit.NANOSECONDS);
    }

    /** A cycle has been published. */
    public void published(Cycle cycle) {
        if (waiting.getAndSet(cycle) == null && !thread.isShutdown()) {
            thread.execute(() -> guarded(this::carryOut));
        }
    }

    private static void guarded(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | Error e) {
            // What escapes here would end the thread in silence.
            LOG.atError().setCause(e).log("carrying out failed, and goes on");
        }
    }

    void claim() {
        if (office.isLeader()) {
            claims.renew(owned());
        }
    }

    /** Those that are not only advised. */
    private List<KubeVariant> owned() {
        return fleet.variants().stream()
                .filter(each -> each.actuation() != Actuation.ADVISORY)
                .toList();
    }

    void carryOut() {
        Cycle cycle = waiting.getAndSet(null);
        if (cycle != null) {
            carryOut(cycle);
        }
    }

    /** Carries out one cycle, on the thread of the caller. */
    void carryOut(Cycle cycle) {
        office.write();
        if (office.isLeader()) {
            claims.claimNew(owned());
        }
        Map<String, Lag> seen = new TreeMap<>();
        stalls.retain(fleet.variants());
        writer.retain(fleet.variants());
        for (KubeVariant each : owned()) {
            Optional<VariantDecision> decided = cycle.published().stream()
                    .flatMap(decision -> decision.of(each.id()).stream())
                    .findFirst();
            decided.ifPresent(decision -> seen.put(each.id(), carryOut(each, decision, cycle)));
        }
        tell(seen);
        lags = Map.copyOf(seen);
        tellPeople(cycle);
    }

    private void tellPeople(Cycle cycle) {
        PolicyFeed resources = feed;
        PolicyStatuses told = statuses;
        boolean leads = cycle.isLeaders() && office.isLeader();
        if (told != null && !leads) {
            told.forget();
        }
        if (resources != null && told != null && leads) {
            Map<String, String> conflicts = new TreeMap<>();
            fleet.variants().forEach(each -> conflicts.putAll(claims.conflicts(each.id())));
            told.write(
                    resources,
                    cycle,
                    loop.state(seconds.getAsDouble()),
                    resources.problems(),
                    conflicts,
                    fleet.unreadable(),
                    stalled());
        }
    }

    private Lag carryOut(KubeVariant variant, VariantDecision decided, Cycle cycle) {
        double now = seconds.getAsDouble();
        OptionalInt specified = fleet.specified(variant.target());
        if (specified.isEmpty()
                || now - cycle.nowSeconds() > settings.staleAfter().toSeconds()) {
            return Lag.NONE;
        }
        List<HpaState> hpas = fleet.hpas(variant.target().namespace()).orElse(null);
        String refused = "";
        if (mayWrite(variant, cycle) && isOurs(variant, decided.desired(), specified.getAsInt(), hpas)) {
            OptionalInt written = writer.carryOut(variant, decided, loop.heldTokens(now), now);
            specified = written.isPresent() ? written : specified;
            refused = writer.refused(variant);
        }
        Lag lag = stalls.look(variant, decided.desired(), specified.getAsInt(), hpas, now);
        return refused.isEmpty() ? lag : new Lag(lag.lagSeconds(), refused);
    }

    private boolean mayWrite(KubeVariant variant, Cycle cycle) {
        return cycle.isLeaders()
                && office.isLeader()
                && !isPaused(variant, cycle)
                && claims.isAlone(variant.id())
                && !cycle.advised().contains(variant.id());
    }

    private static boolean isPaused(KubeVariant variant, Cycle cycle) {
        return cycle.input().models().stream()
                .flatMap(model -> model.variants().stream())
                .anyMatch(each -> each.isPaused() && each.variant().id().equals(variant.id()));
    }

    private boolean isOurs(KubeVariant variant, int desired, int specified, @Nullable List<HpaState> hpas) {
        if (variant.actuation() == Actuation.SCALE) {
            return StallWatch.isUnowned(variant, hpas);
        }
        // An HPA that does nothing within its tolerance does not take back what is done there either; but one that
        // remembers
        // what was wanted before, or has other metrics, does.
        List<HpaState> ours = hpas == null ? List.of() : StallWatch.of(variant, hpas);
        return settings.scalesWithinTolerance()
                && ours.size() == 1
                && ours.getFirst().isDirect()
                && ours.getFirst().ignores(specified, desired)
                && ours.getFirst().min() <= desired
                && desired <= ours.getFirst().max();
    }

    private void tell(Map<String, Lag> seen) {
        seen.forEach((variant, lag) -> {
            Lag known = lags.getOrDefault(variant, Lag.NONE);
            if (lag.isStalled() && !lag.reason().equals(known.reason())) {
                LOG.atWarn()
                        .addKeyValue("variant", variant)
                        .addKeyValue("reason", lag.reason())
                        .log("a number is not carried out");
            }
        });
    }

    /** Seconds for which numbers have waited to be carried out, by variant. Safe from any thread. */
    public Map<String, Double> lagSeconds() {
        Map<String, Double> found = new TreeMap<>();
        lags.forEach((variant, lag) -> found.put(variant, lag.lagSeconds()));
        return found;
    }

    /** Why numbers are not carried out, by variant. Safe from any thread. */
    public Map<String, String> stalled() {
        Map<String, String> found = new TreeMap<>();
        lags.forEach((variant, lag) -> {
            if (lag.isStalled()) {
                found.put(variant, lag.reason());
            }
        });
        return found;
    }

    @Override
    public void close() {
        boolean led = office.isLeader();
        thread.shutdownNow();
        try {
            boolean isOver = thread.awaitTermination(STOP.toMillis(), TimeUnit.MILLISECONDS);
            if (isOver && led) {
                office.write();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
