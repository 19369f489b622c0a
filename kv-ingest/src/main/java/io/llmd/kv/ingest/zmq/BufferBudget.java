package io.llmd.kv.ingest.zmq;

/** Bytes that the connections of one loop may hold together. For the loop's thread. */
final class BufferBudget {

    private final long limit;
    private long used;

    BufferBudget(long limit) {
        this.limit = limit;
    }

    /** Takes bytes if there are as many left. */
    boolean take(int count) {
        if (used + count > limit) {
            return false;
        }
        used += count;
        return true;
    }

    void give(int count) {
        used -= count;
    }

    long used() {
        return used;
    }
}
