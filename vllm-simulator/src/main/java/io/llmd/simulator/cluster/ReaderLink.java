package io.llmd.simulator.cluster;

import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The network interface of an endpoint that reads blocks, shared fairly by the transfers on it. A transfer ends when it
 * has had the interface to itself for as long as it needs; with n on it, that time passes at one n-th of its pace for
 * each. So transfers end in the order of the pace's sum at their start plus what they need, whoever joins or leaves.
 * Not thread-safe.
 */
final class ReaderLink {
    private static final double ROUNDING = 0.01;

    private final PriorityQueue<Transfer> transfers = new PriorityQueue<>(Comparator.comparingDouble(Transfer::end)
            .thenComparingLong(transfer -> transfer.flight().request.id()));
    private double pace;
    private long updated;

    /** A transfer with the pace's sum at which it ends. */
    record Transfer(Flight flight, double end) {}

    /** Adds a transfer that needs the interface for so long. */
    void add(Flight flight, double aloneNanos, long now) {
        progress(now);
        transfers.add(new Transfer(flight, pace + aloneNanos));
    }

    /** When the next transfer ends if nobody joins; {@link EventQueue#NEVER} if there is none. */
    long nextEnd() {
        Transfer first = transfers.peek();
        return first == null
                ? EventQueue.NEVER
                : updated + Math.max(0, (long) Math.ceil((first.end() - pace - ROUNDING) * transfers.size()));
    }

    /** Takes a transfer out that has ended. */
    @Nullable
    Flight takeEnded(long now) {
        progress(now);
        Transfer first = transfers.peek();
        if (first == null || first.end() > pace + ROUNDING) {
            return null;
        }
        transfers.remove();
        return first.flight();
    }

    /** Stops the transfer of a request, if it is here. */
    void cancel(Flight flight, long now) {
        progress(now);
        transfers.removeIf(transfer -> transfer.flight() == flight);
    }

    private void progress(long now) {
        pace = transfers.isEmpty() ? 0 : pace + (double) (now - updated) / transfers.size();
        updated = now;
    }
}
