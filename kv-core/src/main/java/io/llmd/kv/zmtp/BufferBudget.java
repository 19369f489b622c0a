package io.llmd.kv.zmtp;

/** Bytes that the connections of one loop may hold together. For the loop's thread. */
public final class BufferBudget {

    private final long limit;
    private long used;

    public BufferBudget(long limit) {
        this.limit = limit;
    }

    /** Takes bytes if there are as many left. */
    public boolean take(int count) {
        if (used + count > limit) {
            return false;
        }
        used += count;
        return true;
    }

    public void give(int count) {
        used -= count;
    }

    public long used() {
        return used;
    }
}
