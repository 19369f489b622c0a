package io.llmd.simulator.handoff;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An engine that holds blocks, as the one that reads them knows it. Not thread-safe. */
final class Peer {
    static final long NEVER = Long.MAX_VALUE;

    final String key;
    final String engineId;
    final Address address;

    /**
     * What it told at the handshake, absent if it did not answer. Either counts from {@link #readyAt} on, and not
     * before.
     */
    @Nullable
    EngineCard card;

    long readyAt = NEVER;

    private final List<Pull> waiting = new ArrayList<>();

    Peer(Handoff handoff) {
        key = handoff.peer();
        engineId = handoff.engineId();
        address = handoff.holder();
    }

    boolean isReady(long now) {
        return card != null && readyAt <= now;
    }

    void await(Pull pull) {
        waiting.add(pull);
    }

    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    List<Pull> takeWaiting() {
        List<Pull> taken = List.copyOf(waiting);
        waiting.clear();
        return taken;
    }
}
