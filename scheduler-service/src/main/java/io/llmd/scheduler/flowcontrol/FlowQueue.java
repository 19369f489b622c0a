package io.llmd.scheduler.flowcontrol;

import org.jspecify.annotations.Nullable;

/** The waiting requests of one flow, ordered by the keys of the band's ordering policy, then by arrival. */
final class FlowQueue extends Flow {

    private static final class ByKey extends IndexedHeap<Item> {
        @Override
        protected boolean isBefore(Item a, Item b) {
            return a.key != b.key ? a.key < b.key : a.sequence < b.sequence;
        }

        @Override
        protected int index(Item item) {
            return item.queueIndex;
        }

        @Override
        protected void index(Item item, int index) {
            item.queueIndex = index;
        }
    }

    final Band band;
    private final ByKey items = new ByKey();
    private long idleSinceNanos;
    private long sent;

    FlowQueue(Band band, String fairnessId, long nowNanos) {
        super(fairnessId);
        this.band = band;
        this.idleSinceNanos = nowNanos;
    }

    boolean isEmpty() {
        return items.isEmpty();
    }

    int size() {
        return items.size();
    }

    /** Adds an item and tells the selector. */
    void add(Item item) {
        item.queue = this;
        Item before = items.first();
        items.add(item);
        if (before == null) {
            band.selector().added(this);
        } else if (items.first() == item) {
            band.selector().headChanged(this);
        }
    }

    /** Removes an item and tells the selector. */
    void remove(Item item, long nowNanos) {
        boolean wasHead = items.first() == item;
        items.remove(item);
        if (items.isEmpty()) {
            idleSinceNanos = nowNanos;
            band.selector().removed(this);
        } else if (wasHead) {
            band.selector().headChanged(this);
        }
    }

    /** One of its requests was dispatched. */
    void served() {
        sent++;
    }

    long sent() {
        return sent;
    }

    /** The flow for people. */
    FlowState.OfFlow describe(long nowNanos) {
        Item next = items.first();
        return new FlowState.OfFlow(
                fairnessId(), size(), next == null ? null : next.waitedNanos(nowNanos) / 1_000_000, sent);
    }

    /** Computes all keys anew. */
    void rekey(OrderingPolicy ordering, PolicyGuard guard) {
        items.forEach(item -> item.orderBy(ordering, guard));
        items.reordered();
    }

    boolean isIdleSince(long nanos) {
        return items.isEmpty() && idleSinceNanos - nanos <= 0;
    }

    @Nullable
    Item first() {
        return items.first();
    }

    private Item mustHaveFirst() {
        Item first = items.first();
        if (first == null) {
            throw new IllegalStateException("flow " + fairnessId() + " has no request");
        }
        return first;
    }

    @Override
    public FlowRequest head() {
        return mustHaveFirst().request;
    }

    @Override
    public long headKey() {
        return mustHaveFirst().key;
    }

    @Override
    public long headEnqueuedNanos() {
        return mustHaveFirst().submittedNanos;
    }

    @Override
    public long headSequence() {
        return mustHaveFirst().sequence;
    }
}
