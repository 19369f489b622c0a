package io.llmd.lab.autoscale;

import io.llmd.autoscaler.collector.Collector;
import io.llmd.autoscaler.collector.EngineReading;
import io.llmd.autoscaler.collector.FetchedPages;
import io.llmd.autoscaler.collector.Replica;
import io.llmd.autoscaler.collector.Roster;
import io.llmd.autoscaler.collector.RouterReading;
import io.llmd.autoscaler.loop.Cycle;
import io.llmd.autoscaler.loop.DecisionLog;
import io.llmd.autoscaler.loop.FitStore;
import io.llmd.autoscaler.loop.FleetLoop;
import io.llmd.autoscaler.loop.FleetSettings;
import io.llmd.autoscaler.loop.Holds;
import io.llmd.autoscaler.loop.LoopListener;
import io.llmd.autoscaler.loop.Office;
import io.llmd.autoscaler.planner.ClassDecision;
import io.llmd.autoscaler.planner.Decider;
import io.llmd.autoscaler.planner.Decision;
import io.llmd.autoscaler.planner.VariantDecision;
import io.llmd.autoscaler.variant.Tier;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The loops of the autoscaler's service at their own periods, on the clock of a simulation. Their readings are of pages: those of
 * replicas and of the router as of the last scrape, and the router's page as it is for the loop that looks every second. For one
 * thread.
 */
final class LoopController implements Controller {

    /** Where the router's page is said to be. */
    static final URI ROUTER = URI.create("http://router:9090/metrics");

    private static final String NAMESPACE = "default/";
    private static final int MAIN = 10;
    private static final int SLOW = 60;
    private static final double MILLI = 1e6;

    private final List<PodKind> kinds;
    private final FleetLoop loop;
    private final Actuation actuation;
    private final double[] wanted;
    private final List<Tier> tiers;
    private final Map<Integer, double[]> shares = new HashMap<>();
    private @Nullable Cluster cluster;
    private double now;
    private int unexplained;
    private long slowestNanos;

    /** @param decider the planner, or one that changes what it is told */
    LoopController(FleetSettings settings, List<PodKind> kinds, Decider decider, Actuation actuation) {
        this.kinds = kinds;
        this.actuation = actuation;
        wanted = new double[kinds.size()];
        tiers = settings.tiers().stream().map(FleetSettings.TierRule::tier).toList();
        Arrays.fill(wanted, Double.NaN);
        loop = new FleetLoop(
                settings,
                new Pages(),
                this::replicas,
                Office.ALONE,
                decider,
                new Holds(),
                new DecisionLog(),
                new FitStore(null),
                new Listener(),
                () -> Instant.ofEpochMilli(Math.round(now * 1e3)),
                0);
    }

    @Override
    public void second(Cluster fleet, double seconds) {
        cluster = fleet;
        now = seconds;
        loop.fast(now);
        if (now % MAIN == 0) {
            loop.main(now);
        }
        if (now % SLOW == 0) {
            loop.slow(now);
        }
    }

    @Override
    public double wanted(int kind) {
        return wanted[kind];
    }

    @Override
    public double @Nullable [] shares(int tier) {
        return shares.get(tier);
    }

    @Override
    public Actuation actuation() {
        return actuation;
    }

    @Override
    public int unexplained() {
        return unexplained;
    }

    @Override
    public double slowestMillis() {
        return slowestNanos / MILLI;
    }

    private Cluster fleet() {
        if (cluster == null) {
            throw new IllegalStateException("the run has not begun");
        }
        return cluster;
    }

    private Optional<Roster> replicas() {
        List<Replica> replicas = new ArrayList<>();
        for (Seen.PodSeen pod : fleet().present()) {
            replicas.add(new Replica(
                    NAMESPACE + pod.id(),
                    NAMESPACE + kinds.get(pod.kind()).name(),
                    URI.create("http://" + pod.id() + ":8000/metrics"),
                    pod.isReady() ? Replica.Phase.SERVING : Replica.Phase.STARTING));
        }
        return Optional.of(Roster.of(replicas));
    }

    private final class Pages implements Collector {

        @Override
        public Map<String, EngineReading> engines(Map<String, URI> pages, double atSeconds) {
            Map<String, EngineReading> readings = new HashMap<>();
            if (fleet().isBlind()) {
                return readings;
            }
            for (Seen.PodSeen pod : fleet().scraped().pods()) {
                String id = NAMESPACE + pod.id();
                EngineReading reading = pod.reading();
                if (reading != null && pages.containsKey(id)) {
                    readings.put(id, reading);
                }
            }
            return readings;
        }

        @Override
        public Map<URI, RouterReading> routers(Collection<URI> pages, double atSeconds) {
            Seen seen = fleet().scraped();
            return fleet().isBlind() ? Map.of() : read(seen.totals(), seen.atSeconds());
        }

        @Override
        public Map<URI, RouterReading> watched(Collection<URI> pages, double atSeconds) {
            return fleet().isBlind() ? Map.of() : read(fleet().router(), atSeconds);
        }

        private static Map<URI, RouterReading> read(List<Totals> totals, double atSeconds) {
            return Map.of(ROUTER, FetchedPages.router(PageText.router(totals), atSeconds));
        }

        @Override
        public void close() {}
    }

    private final class Listener implements LoopListener {

        @Override
        public void published(Cycle cycle) {
            for (Decision decision : cycle.published()) {
                decision.classes().forEach(this::route);
                for (VariantDecision variant : decision.variants()) {
                    for (int k = 0; k < kinds.size(); k++) {
                        if (variant.variant().equals(NAMESPACE + kinds.get(k).name())) {
                            wanted[k] = variant.desired();
                        }
                    }
                    boolean isExplained = !variant.whyNotLess().isBlank()
                            && !variant.whyNotMore().isBlank()
                            && !variant.steps().isEmpty();
                    unexplained += isExplained ? 0 : 1;
                }
            }
        }

        /** Where requests of a class are to go; of one variant alone there is nothing to say. */
        private void route(ClassDecision decided) {
            if (kinds.size() == 1) {
                return;
            }
            double[] byKind = new double[kinds.size()];
            for (int k = 0; k < byKind.length; k++) {
                String prefix = NAMESPACE + kinds.get(k).name() + "@";
                for (Map.Entry<String, Double> lane : decided.routing().entrySet()) {
                    byKind[k] += lane.getKey().startsWith(prefix) ? lane.getValue() : 0;
                }
            }
            for (int i = 0; i < tiers.size(); i++) {
                if (!tiers.get(i).name().equals(decided.tier())) {
                    continue;
                }
                if (decided.routing().isEmpty()) {
                    shares.remove(i);
                } else if (!Arrays.equals(byKind, shares.get(i))) {
                    shares.put(i, byKind);
                }
            }
        }

        @Override
        public void took(String stage, long nanos) {
            if (stage.equals("decide")) {
                slowestNanos = Math.max(slowestNanos, nanos);
            }
        }
    }
}
