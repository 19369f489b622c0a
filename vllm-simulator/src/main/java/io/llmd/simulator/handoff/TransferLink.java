package io.llmd.simulator.handoff;

import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Transfers over one network interface: each prepares by itself, then those that send share the bandwidth evenly. Has no
 * clock. Not thread-safe.
 *
 * @param <T> what is transferred
 */
final class TransferLink<T> {
    private static final long NEVER = Long.MAX_VALUE;

    private final double bytesPerNano;
    private final PriorityQueue<Preparing<T>> preparing =
            new PriorityQueue<>((a, b) -> Long.compare(a.readyAt(), b.readyAt()));
    private final PriorityQueue<Sending<T>> sending =
            new PriorityQueue<>((a, b) -> Double.compare(a.servedAtEnd(), b.servedAtEnd()));

    /*
     * Evenly shared bandwidth means that all sending transfers get the same number of bytes in a period, however many
     * come and go meanwhile. So it is enough to count the bytes that each one has got so far: a transfer is over when the
     * count has grown by its size, and the order in which transfers end is known when they begin.
     */
    private double served;
    private long time = Long.MIN_VALUE;

    private record Preparing<T>(T what, long readyAt, double bytes) {}

    private record Sending<T>(T what, double servedAtEnd) {}

    TransferLink(double bytesPerSecond) {
        bytesPerNano = bytesPerSecond / 1e9;
    }

    /** Begins a transfer at {@code now}, which is not before any time given so far. */
    void begin(T what, long preparationNanos, double bytes, long now) {
        preparing.add(new Preparing<>(what, now + preparationNanos, bytes));
    }

    /** When {@link #poll} has something to do next; {@link Long#MAX_VALUE} if nothing is transferred. */
    long nextEventTime() {
        long ready = preparing.isEmpty() ? NEVER : preparing.element().readyAt();
        return Math.min(ready, nextEnd());
    }

    /** The next transfer that is over at {@code now}; call it again until there is none. */
    @Nullable
    T poll(long now) {
        for (long next = nextEventTime(); next <= now; next = nextEventTime()) {
            boolean ends = nextEnd() == next;
            serveUntil(next);
            if (ends) {
                Sending<T> over = sending.remove();
                served = Math.max(served, over.servedAtEnd());
                return over.what();
            }
            Preparing<T> ready = preparing.remove();
            sending.add(new Sending<>(ready.what(), served + ready.bytes()));
        }
        serveUntil(now);
        return null;
    }

    private long nextEnd() {
        if (sending.isEmpty()) {
            return NEVER;
        }
        double left = Math.max(0, sending.element().servedAtEnd() - served);
        return time + (long) Math.ceil(left * sending.size() / bytesPerNano);
    }

    private void serveUntil(long now) {
        if (now > time) {
            served += sending.isEmpty() ? 0 : (now - time) * bytesPerNano / sending.size();
            time = now;
        }
    }
}
