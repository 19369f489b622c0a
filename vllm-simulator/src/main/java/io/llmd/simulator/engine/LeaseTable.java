package io.llmd.simulator.engine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** Blocks held for other engines until they are read, given up, or nobody comes in time. Not thread-safe. */
final class LeaseTable {
    private static final long NEVER = Long.MAX_VALUE;

    private final Map<Long, Lease> leases = new HashMap<>();
    private final PriorityQueue<Lease> byDeadline =
            new PriorityQueue<>((a, b) -> Long.compare(a.deadline(), b.deadline()));

    /** A lease; extending it makes a new one. */
    private record Lease(long requestId, int[] blocks, long deadline) {}

    void add(long requestId, HeldBlocks held) {
        put(new Lease(requestId, held.blocks(), held.deadline()));
    }

    boolean holds(long requestId) {
        return leases.containsKey(requestId);
    }

    /** Moves a deadline; false if the lease has ended. */
    boolean extend(long requestId, long deadline) {
        Lease lease = leases.get(requestId);
        if (lease == null) {
            return false;
        }
        byDeadline.remove(lease);
        put(new Lease(requestId, lease.blocks(), Math.max(deadline, lease.deadline())));
        return true;
    }

    /** Ends a lease and gives its blocks back, the tail first; false if it has ended already. */
    boolean end(long requestId, BlockPool pool) {
        Lease lease = leases.remove(requestId);
        if (lease == null) {
            return false;
        }
        byDeadline.remove(lease);
        for (int i = lease.blocks().length - 1; i >= 0; i--) {
            pool.release(lease.blocks()[i]);
        }
        return true;
    }

    long nextDeadline() {
        Lease first = byDeadline.peek();
        return first == null ? NEVER : first.deadline();
    }

    /** A request whose lease is over at {@code now}. */
    @Nullable
    Long expired(long now) {
        Lease first = byDeadline.peek();
        return first == null || first.deadline() > now ? null : first.requestId();
    }

    List<Long> requests() {
        return List.copyOf(leases.keySet());
    }

    int size() {
        return leases.size();
    }

    int blocks() {
        return leases.values().stream().mapToInt(lease -> lease.blocks().length).sum();
    }

    private void put(Lease lease) {
        leases.put(lease.requestId(), lease);
        byDeadline.add(lease);
    }
}
