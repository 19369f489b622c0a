package io.llmd.scheduler.flowcontrol;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The flows of one priority. Changed by the owner of the engine; counts are read by any thread. */
final class Band {

    /** Flow of requests whose own flow would be one too many. */
    static final String OVERFLOW = "~overflow";

    final int priority;
    private final Map<String, FlowQueue> flows = new HashMap<>();
    private BandSettings settings;
    private final PolicyGuard guard;
    private final FlowObserver observer;
    private FlowSelector selector;
    private boolean isConfigured;
    private int busyFlows;
    private long bytes;
    private long sent;
    private long idleSinceNanos;
    private long hungrySinceNanos;
    private volatile int queued;
    private volatile long departures;

    Band(int priority, BandSettings settings, boolean isConfigured, PolicyGuard guard, long nowNanos) {
        this.priority = priority;
        this.guard = guard;
        this.observer = guard.observer();
        this.settings = settings;
        this.isConfigured = isConfigured;
        this.selector = new GuardedSelector(settings.fairness(), guard, flows.values());
        this.idleSinceNanos = nowNanos;
    }

    FlowSelector selector() {
        return selector;
    }

    BandSettings settings() {
        return settings;
    }

    int queued() {
        return queued;
    }

    long departures() {
        return departures;
    }

    long bytes() {
        return bytes;
    }

    boolean isConfigured() {
        return isConfigured;
    }

    /** Known flows, idle ones included. */
    Collection<FlowQueue> flows() {
        return flows.values();
    }

    boolean isFull(long sizeBytes) {
        return queued >= settings.maxRequests() || bytes + sizeBytes > settings.maxBytes();
    }

    /** The queue of a fairness id, made when there is none; that of the overflow when there are too many. */
    FlowQueue queue(String fairnessId, int maxFlows, long nowNanos) {
        FlowQueue known = flows.get(fairnessId);
        if (known != null) {
            return known;
        }
        if (flows.size() >= maxFlows && busyFlows < flows.size()) {
            collect(nowNanos);
        }
        String id = fairnessId;
        if (flows.size() >= maxFlows) {
            observer.overflowed(priority);
            id = OVERFLOW;
        }
        return flows.computeIfAbsent(id, name -> new FlowQueue(this, name, nowNanos));
    }

    void add(Item item, FlowQueue queue) {
        if (queued == 0) {
            hungrySinceNanos = item.submittedNanos;
        }
        queued = queued + 1; // one writer
        bytes += item.request.sizeBytes();
        busyFlows += queue.isEmpty() ? 1 : 0;
        queue.add(item);
        item.entered(this);
    }

    void remove(Item item, FlowQueue queue, long nowNanos) {
        queued = queued - 1; // one writer
        departures = departures + 1; // one writer
        bytes -= item.request.sizeBytes();
        idleSinceNanos = nowNanos;
        queue.remove(item, nowNanos);
        busyFlows -= queue.isEmpty() ? 1 : 0;
    }

    /** One of its requests was dispatched. */
    void served(long nowNanos) {
        sent++;
        hungrySinceNanos = nowNanos;
    }

    /** Whether it has requests and none of them was dispatched since {@code nanos}. */
    boolean isHungrySince(long nanos) {
        return queued > 0 && hungrySinceNanos - nanos <= 0;
    }

    /** Applies other settings to what waits. */
    void reconfigure(BandSettings next, boolean configured) {
        BandSettings before = settings;
        settings = next;
        isConfigured = configured;
        boolean isReordered = before.ordering() != next.ordering();
        if (isReordered) {
            flows.values().forEach(flow -> flow.rekey(next.ordering(), guard));
        }
        if (before.fairness() != next.fairness() || isReordered) {
            selector = new GuardedSelector(next.fairness(), guard, flows.values());
            for (FlowQueue flow : flows.values()) {
                flow.attach(null);
                if (!flow.isEmpty()) {
                    selector.added(flow);
                }
            }
        }
    }

    /** Forgets flows that have been idle since {@code nanos}. */
    void collect(long nanos) {
        for (Iterator<FlowQueue> i = flows.values().iterator(); i.hasNext(); ) {
            FlowQueue flow = i.next();
            if (flow.isIdleSince(nanos)) {
                i.remove();
                observer.flowRemoved(priority, flow.fairnessId());
            }
        }
    }

    /** The band for people. O(flows). */
    FlowState.OfBand describe(double ceiling, @Nullable Long estimatedWaitMillis, long nowNanos) {
        return new FlowState.OfBand(
                priority,
                isConfigured,
                queued,
                bytes,
                settings.maxRequests(),
                settings.maxBytes(),
                ceiling,
                sent,
                estimatedWaitMillis,
                flows.size(),
                flows.values().stream()
                        .sorted(Comparator.comparingInt(FlowQueue::size)
                                .thenComparingLong(FlowQueue::sent)
                                .reversed())
                        .limit(FlowState.SHOWN_FLOWS)
                        .map(flow -> flow.describe(nowNanos))
                        .toList());
    }

    boolean isIdleSince(long nanos) {
        return queued == 0 && idleSinceNanos - nanos <= 0;
    }
}
