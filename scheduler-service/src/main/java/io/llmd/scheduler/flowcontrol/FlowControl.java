package io.llmd.scheduler.flowcontrol;

import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Holds requests while the pool is full and lets them go in the order of priority and fairness. Any thread may call any
 * method; none of them blocks.
 */
public interface FlowControl extends AutoCloseable {

    /**
     * Hands in a request.
     *
     * @param outcome hears exactly once what became of it, on a thread of flow control or before this method returns;
     *     must not block or throw
     */
    Ticket submit(FlowRequest request, Consumer<Admission> outcome);

    /** An attempt that a {@link Ticket} has named is over, whatever the cause. Unknown leases are ignored. */
    void ended(long leaseId);

    /** The priorities that objectives name at present: each gets a band, and others lose theirs once it is idle. */
    void desirePriorities(Set<Integer> priorities);

    /** How many schedulers share the bounds over all bands; each takes its part. 1 unless said otherwise. */
    void replicas(int count);

    /** Applies other settings. Waiting requests keep their places as far as the new policies allow. */
    void reconfigure(FlowControlSettings settings);

    /**
     * How long nothing has been done; at most a second or so while all is well, also when nobody waits. Zero when there is
     * nobody who could be silent.
     */
    Duration silence();

    /** What waits, at most about a second ago. */
    default FlowState state() {
        return FlowState.OFF;
    }

    /** Rejects what comes from now on, and evicts what waits, as shutting down. Returns when all outcomes were told. */
    @Override
    void close();
}
