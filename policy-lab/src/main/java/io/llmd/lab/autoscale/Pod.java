package io.llmd.lab.autoscale;

import io.llmd.simulator.engine.EngineSnapshot;

/** One replica. For the thread of the simulation. */
final class Pod {

    /** Where it is in its life. */
    enum State {
        STARTING,
        READY,
        /** Gets no more requests, and is paid for until those that it has have ended. */
        DRAINING,
        GONE
    }

    final String id;
    final int kind;
    final int slot;
    final double readyAt;
    /** What the engine of its place had counted before. */
    final EngineSnapshot base;

    State state = State.STARTING;
    int inFlight;
    long promptTokens;
    /** Tokens of prompts that were sent since its metrics were read last. */
    long sentTokens;

    Pod(String id, int kind, int slot, double readyAt, EngineSnapshot base) {
        this.id = id;
        this.kind = kind;
        this.slot = slot;
        this.readyAt = readyAt;
        this.base = base;
    }
}
