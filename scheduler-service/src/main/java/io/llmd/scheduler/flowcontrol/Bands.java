package io.llmd.scheduler.flowcontrol;

import io.llmd.scheduler.scheduling.WatchedCall;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The priority bands, highest first. Changed by the owner of the engine; positions are computed by any thread. */
final class Bands {

    private final PolicyGuard guard;
    private final FlowObserver observer;
    private FlowControlSettings settings;
    private Set<Integer> desired = Set.of();
    private int[] priorities = {};
    private volatile Band[] ordered = {};

    Bands(FlowControlSettings settings, PolicyGuard guard, long nowNanos) {
        this.settings = settings;
        this.guard = guard;
        this.observer = guard.observer();
        List<Band> bands = new ArrayList<>();
        settings.bands().forEach((priority, band) -> bands.add(new Band(priority, band, true, guard, nowNanos)));
        if (!settings.bands().containsKey(0)) {
            bands.add(new Band(0, settings.band(0), true, guard, nowNanos));
        }
        publish(bands);
    }

    private void publish(List<Band> bands) {
        Band[] array = bands.toArray(Band[]::new);
        Arrays.sort(array, Comparator.comparingInt((Band band) -> band.priority).reversed());
        priorities = Arrays.stream(array).mapToInt(band -> band.priority).toArray();
        ordered = array;
    }

    /** All bands; must not be changed. */
    Band[] ordered() {
        return ordered;
    }

    /** Priorities of {@link #ordered}; must not be changed. */
    int[] priorities() {
        return priorities;
    }

    /**
     * The band in which a request of {@code priority} waits. One without a band of its own waits in band 0, or in the
     * lowest when it is negative: what nobody has configured yet is not promoted.
     */
    Band find(int priority) {
        Band[] bands = ordered;
        Band zero = bands[0];
        for (Band band : bands) {
            if (band.priority == priority) {
                return band;
            }
            if (band.priority == 0) {
                zero = band;
            }
        }
        return priority < 0 ? bands[bands.length - 1] : zero;
    }

    Band forRequest(FlowRequest request) {
        Band band = find(request.priority());
        if (band.priority != request.priority()) {
            observer.fellBack(request.priority(), band.priority);
        }
        return band;
    }

    /** Requests that wait in this band and those above. */
    int queuedDownTo(Band last) {
        int sum = 0;
        for (Band band : ordered) {
            sum += band.queued();
            if (band == last) {
                return sum;
            }
        }
        return sum;
    }

    /**
     * About how many requests leave before the item, itself included; 0 when it does not wait. One that is on its way to the
     * owner counts as the last of its band. Any thread.
     */
    int position(Item item) {
        if (item.state() == Item.State.SUBMITTED) {
            return queuedDownTo(find(item.request.priority())) + 1;
        }
        FlowQueue queue = item.queue;
        int inBand = item.positionInBand();
        if (inBand == 0 || queue == null) {
            return 0;
        }
        int above = 0;
        for (Band band : ordered) {
            if (band.priority <= queue.band.priority) {
                break;
            }
            above += band.queued();
        }
        return above + inBand;
    }

    /** Lets each fairness policy tell what it has counted. */
    void report(long nowNanos) {
        Set<FairnessPolicy> policies = new HashSet<>();
        for (Band band : ordered) {
            if (policies.add(band.settings().fairness())) {
                report(band.settings().fairness(), nowNanos);
            }
        }
    }

    private void report(FairnessPolicy policy, long nowNanos) {
        WatchedCall call = guard.begin(policy);
        if (call != null) {
            try {
                policy.report(observer, nowNanos);
                call.succeeded();
            } catch (RuntimeException | Error e) {
                guard.failed(call, policy, e);
            }
        }
    }

    /** Makes bands for the priorities that objectives name. */
    void desire(Set<Integer> wanted, long nowNanos) {
        desired = Set.copyOf(wanted);
        List<Band> bands = new ArrayList<>(Arrays.asList(ordered));
        for (int priority : wanted) {
            if (find(priority).priority != priority) {
                bands.add(new Band(priority, settings.band(priority), false, guard, nowNanos));
            }
        }
        publish(bands);
    }

    void reconfigure(FlowControlSettings next, long nowNanos) {
        settings = next;
        List<Band> bands = new ArrayList<>(Arrays.asList(ordered));
        for (Band band : bands) {
            boolean isConfigured = band.priority == 0 || next.bands().containsKey(band.priority);
            band.reconfigure(next.band(band.priority), isConfigured);
        }
        next.bands().forEach((priority, band) -> {
            if (find(priority).priority != priority) {
                bands.add(new Band(priority, band, true, guard, nowNanos));
            }
        });
        publish(bands);
    }

    /** Forgets flows that have been idle since {@code flowNanos}, and bands since {@code bandNanos}. */
    void collect(long flowNanos, long bandNanos) {
        List<Band> kept = new ArrayList<>();
        for (Band band : ordered) {
            band.collect(flowNanos);
            if (band.isConfigured() || desired.contains(band.priority) || !band.isIdleSince(bandNanos)) {
                kept.add(band);
            } else {
                observer.bandRemoved(band.priority);
            }
        }
        if (kept.size() < ordered.length) {
            publish(kept);
        }
    }
}
