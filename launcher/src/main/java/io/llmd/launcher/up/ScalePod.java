package io.llmd.launcher.up;

/** An endpoint that came or goes because the autoscaler wanted it. For one thread. */
final class ScalePod {

    /** Where it is on its way; only {@link #READY} ones get requests. */
    enum State {
        /** Asked for; its process has not begun. */
        PENDING,
        /** Its process has begun, and is not well yet. */
        STARTING,
        READY,
        /** No longer in the scheduler's list; ends when it has answered what it has. */
        DRAINING
    }

    private final int number;
    private final TrialPart part;
    private State state;
    private long sinceNanos;
    private long idleSinceNanos = Long.MIN_VALUE;
    private long unlistedAtNanos = Long.MIN_VALUE;

    ScalePod(int number, TrialPart part, State state, long nowNanos) {
        this.number = number;
        this.part = part;
        this.state = state;
        sinceNanos = nowNanos;
    }

    int number() {
        return number;
    }

    TrialPart part() {
        return part;
    }

    State state() {
        return state;
    }

    /** Time in its state. */
    long age(long nowNanos) {
        return nowNanos - sinceNanos;
    }

    void become(State next, long nowNanos) {
        state = next;
        sinceNanos = nowNanos;
        idleSinceNanos = Long.MIN_VALUE;
    }

    /** It is in no list any more. Told again, nothing changes. */
    void unlisted(long nowNanos) {
        if (unlistedAtNanos == Long.MIN_VALUE) {
            unlistedAtNanos = nowNanos;
        }
    }

    /** For how long it has been in no list; -1 while it is in one. */
    long unlistedFor(long nowNanos) {
        return unlistedAtNanos == Long.MIN_VALUE ? -1 : Math.max(0, nowNanos - unlistedAtNanos);
    }

    /** How long it has had no requests, as seen at each of these calls; 0 when it has some. */
    long idle(long requests, long nowNanos) {
        if (requests > 0) {
            idleSinceNanos = Long.MIN_VALUE;
            return 0;
        }
        if (idleSinceNanos == Long.MIN_VALUE) {
            idleSinceNanos = nowNanos;
        }
        return nowNanos - idleSinceNanos;
    }
}
