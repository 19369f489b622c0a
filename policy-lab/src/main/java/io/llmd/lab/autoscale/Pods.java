package io.llmd.lab.autoscale;

import io.llmd.simulator.cluster.EndpointView;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.engine.EngineSettings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Replicas that come and go. An endpoint of the simulation is a place for a replica: places are made for twice as many as may be
 * asked for, those that were never used are taken first and then the one that has been empty longest, so that replicas that drain
 * leave room for others. For the thread of the simulation.
 */
final class Pods {

    private static final long START = 11;
    private static final long STUCK = 12;
    private static final double SLOW = 1.3;

    private final List<PodKind> kinds;
    private final Troubles troubles;
    private final long seed;
    private final int[] firstSlot;
    private final double[] emptySince;
    private final List<@Nullable Pod> bySlot = new ArrayList<>();
    private final List<List<Pod>> byKind = new ArrayList<>();
    private final int[] asked;
    private final int[] started;
    private List<EndpointView> views = List.of();

    Pods(List<PodKind> kinds, Troubles troubles, long seed) {
        this.kinds = kinds;
        this.troubles = troubles;
        this.seed = seed;
        firstSlot = new int[kinds.size() + 1];
        for (int k = 0; k < kinds.size(); k++) {
            firstSlot[k + 1] = firstSlot[k] + places(kinds.get(k));
            byKind.add(new ArrayList<>());
        }
        int slots = firstSlot[kinds.size()];
        emptySince = new double[slots];
        for (int i = 0; i < slots; i++) {
            bySlot.add(null);
            emptySince[i] = Double.NEGATIVE_INFINITY;
        }
        asked = new int[kinds.size()];
        started = new int[kinds.size()];
    }

    private static int places(PodKind kind) {
        return 2 * kind.max();
    }

    /** The engine of each place. */
    static List<EngineSettings> engines(List<PodKind> kinds, Troubles troubles) {
        List<EngineSettings> engines = new ArrayList<>();
        for (PodKind kind : kinds) {
            EngineSettings slow = slowed(kind.engine());
            for (int i = 0; i < places(kind); i++) {
                engines.add(i < troubles.slowPlaces() ? slow : kind.engine());
            }
        }
        return engines;
    }

    private static EngineSettings slowed(EngineSettings engine) {
        return new EngineSettings(
                engine.maxNumSeqs(),
                engine.maxNumBatchedTokens(),
                engine.longPrefillTokens(),
                engine.blockTokens(),
                engine.blocks(),
                engine.maxModelLen(),
                engine.prefixCaching(),
                engine.ordering(),
                engine.latency(),
                SLOW * engine.timeScale(),
                engine.noiseCv(),
                engine.seed(),
                engine.hasher(),
                engine.adapters(),
                engine.encoder(),
                engine.leaseNanos(),
                engine.loadFailure(),
                engine.blockSample());
    }

    /** Starts those that are there from the beginning. */
    void begin(List<EndpointView> endpoints) {
        views = endpoints;
        for (int k = 0; k < kinds.size(); k++) {
            asked[k] = kinds.get(k).initial();
            for (int i = 0; i < asked[k]; i++) {
                start(k, 0, true);
            }
        }
        tick(0);
    }

    private void start(int kind, double now, boolean isReady) {
        int slot = freeSlot(kind);
        int serial = started[kind]++;
        long draw = CounterRandom.bits(seed, kind, serial);
        Pod pod = new Pod(
                kinds.get(kind).name() + "-" + serial,
                kind,
                slot,
                isReady ? now : now + startSeconds(kinds.get(kind), draw, now),
                views.get(slot).metrics());
        bySlot.set(slot, pod);
        byKind.get(kind).add(pod);
    }

    private double startSeconds(PodKind kind, long draw, double now) {
        if (troubles.isStuck(now, CounterRandom.unit(draw, 0, STUCK))) {
            return Double.POSITIVE_INFINITY;
        }
        double variation = kind.coldStartVariation();
        if (variation == 0) {
            return kind.coldStartSeconds();
        }
        double sigma = Math.sqrt(Math.log1p(variation * variation));
        double normal = CounterRandom.normal(CounterRandom.unit(draw, 0, START), CounterRandom.unit(draw, 1, START));
        return kind.coldStartSeconds() * Math.exp(sigma * normal - sigma * sigma / 2);
    }

    private int freeSlot(int kind) {
        int best = -1;
        for (int i = firstSlot[kind]; i < firstSlot[kind + 1]; i++) {
            if (bySlot.get(i) == null && (best < 0 || emptySince[i] < emptySince[best])) {
                best = i;
            }
        }
        if (best < 0) {
            throw new IllegalStateException("places of " + kinds.get(kind).name() + ": none is free");
        }
        return best;
    }

    /** What is due at a time: replicas that become ready, and those that have drained. */
    void tick(double now) {
        for (List<Pod> pods : byKind) {
            for (int i = pods.size() - 1; i >= 0; i--) {
                Pod pod = pods.get(i);
                if (pod.state == Pod.State.STARTING && now >= pod.readyAt) {
                    pod.state = Pod.State.READY;
                } else if (pod.state == Pod.State.DRAINING && pod.inFlight == 0) {
                    remove(pod, now);
                }
            }
        }
    }

    private void remove(Pod pod, double now) {
        pod.state = Pod.State.GONE;
        byKind.get(pod.kind).remove(pod);
        bySlot.set(pod.slot, null);
        emptySince[pod.slot] = now;
    }

    /**
     * Asks for a number, as an object with a scale subresource is asked. What starts goes first, the last first; then those with the
     * least to do, as with deletion costs.
     */
    void ask(int kind, int replicas, double now) {
        int wanted = Math.clamp(replicas, 0, kinds.get(kind).max());
        asked[kind] = wanted;
        List<Pod> present = present(kind);
        for (int i = present.size(); i < wanted && hasPlace(kind); i++) {
            start(kind, now, false);
        }
        if (present.size() > wanted) {
            present.sort(Comparator.comparing((Pod pod) -> pod.state == Pod.State.READY)
                    .thenComparingDouble(pod -> pod.state == Pod.State.READY ? pod.promptTokens : -pod.readyAt)
                    .thenComparingInt(pod -> pod.slot));
            present.subList(0, present.size() - wanted).forEach(pod -> {
                if (pod.state == Pod.State.STARTING || pod.inFlight == 0) {
                    remove(pod, now);
                } else {
                    pod.state = Pod.State.DRAINING;
                }
            });
        }
    }

    private boolean hasPlace(int kind) {
        for (int i = firstSlot[kind]; i < firstSlot[kind + 1]; i++) {
            if (bySlot.get(i) == null) {
                return true;
            }
        }
        return false;
    }

    /** Starts what was asked for and had no place. */
    void retry(double now) {
        for (int k = 0; k < kinds.size(); k++) {
            if (count(k, Pod.State.STARTING) + count(k, Pod.State.READY) < asked[k]) {
                ask(k, asked[k], now);
            }
        }
    }

    /** Those that start or are ready. */
    List<Pod> present(int kind) {
        List<Pod> present = new ArrayList<>();
        for (Pod pod : byKind.get(kind)) {
            if (pod.state != Pod.State.DRAINING) {
                present.add(pod);
            }
        }
        return present;
    }

    /** All that are paid for. */
    List<Pod> all(int kind) {
        return byKind.get(kind);
    }

    int count(int kind, Pod.State state) {
        int count = 0;
        for (Pod pod : byKind.get(kind)) {
            count += pod.state == state ? 1 : 0;
        }
        return count;
    }

    /** The number that was asked for last. */
    int asked(int kind) {
        return asked[kind];
    }

    List<PodKind> kinds() {
        return kinds;
    }

    EndpointView view(Pod pod) {
        return views.get(pod.slot);
    }

    @Nullable
    Pod at(int slot) {
        return bySlot.get(slot);
    }
}
