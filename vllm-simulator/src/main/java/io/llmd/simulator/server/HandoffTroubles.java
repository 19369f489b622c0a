package io.llmd.simulator.server;

import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.fault.FaultKind;
import io.llmd.simulator.fault.FaultListener;
import io.llmd.simulator.fault.Faults;
import io.llmd.simulator.fault.HandoffFaults;
import io.llmd.simulator.fault.RequestFaults;
import io.llmd.simulator.handoff.EngineCard;
import io.llmd.simulator.handoff.SideChannelResponse;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** What goes wrong with the handoffs of one engine: a function of the seed and of how many there were. Thread-safe. */
final class HandoffTroubles implements FaultListener {
    private static final long STREAM = 0x68_61_6e_64L;
    private static final int ABSENT = 0;
    private static final int LOOPBACK = 1;
    private static final int READ = 2;

    private final long key;
    private final DoubleConsumer slowFactor;
    private final AtomicLong answers = new AtomicLong();
    private final AtomicLong reads = new AtomicLong();
    private volatile HandoffFaults faults = HandoffFaults.NONE;

    /**
     * @param rank of the engine within its endpoint
     * @param slowFactor hears of the factor on the time of reads
     */
    HandoffTroubles(long seed, long endpoint, int rank, DoubleConsumer slowFactor) {
        key = CounterRandom.bits(seed, endpoint, STREAM + rank);
        this.slowFactor = slowFactor;
    }

    @Override
    public void changed(Faults changed) {
        faults = changed.handoff();
        slowFactor.accept(faults.slowFactor());
    }

    /**
     * What the answer to a prefill leg tells in the place of this.
     *
     * @param met faults of this request
     */
    @Nullable
    ObjectNode told(ObjectNode params, RequestFaults met) {
        long number = answers.getAndIncrement();
        if (met.has(FaultKind.HANDOFF_ABSENT) || hits(faults.absent(), number, ABSENT)) {
            return null;
        }
        return met.has(FaultKind.HANDOFF_LOOPBACK_HOST) || hits(faults.loopbackHost(), number, LOOPBACK)
                ? params.put("remote_host", "127.0.0.1")
                : params;
    }

    /** What another engine is told in the place of this. */
    SideChannelResponse told(SideChannelResponse response) {
        if (!faults.handshakeMismatch() || !(response instanceof SideChannelResponse.Card answer)) {
            return response;
        }
        EngineCard card = answer.card();
        return new SideChannelResponse.Card(new EngineCard(
                card.engineId(), "not " + card.compatibility(), card.tensorParallel(), card.blockTokens()));
    }

    /** Whether the next read fails. */
    boolean readFails() {
        return hits(faults.readFailure(), reads.getAndIncrement(), READ);
    }

    private boolean hits(double share, long number, int what) {
        return share > 0 && CounterRandom.unit(key, number, what) <= share;
    }
}
