package io.llmd.lab.scheduler;

import io.llmd.kv.event.CacheGroup;
import io.llmd.kv.event.CopyOrigin;
import io.llmd.kv.event.KvEvent;
import io.llmd.kv.event.KvEventBatch;
import io.llmd.kv.event.KvEventEncoder;
import io.llmd.kv.event.KvEventFormat;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.lab.fleet.Conditions;
import io.llmd.simulator.cluster.SimulationControl;
import io.llmd.simulator.engine.EngineEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * Carries what engines do with their blocks to the scheduler's index as an engine publishes it: one encoded batch for each
 * step, numbered, of which some get lost. For the thread of the simulation.
 */
final class EventLines {

    /** What one endpoint publishes. */
    private static final class Publisher {
        private List<KvEvent> pending = new ArrayList<>();
        private long nextSequence;
    }

    private final KvEventEncoder encoder = new KvEventEncoder(KvEventFormat.ARRAY);
    private final List<Publisher> publishers = new ArrayList<>();
    private final List<HandedSources> receivers = new ArrayList<>();
    private final Conditions conditions;
    private final int blockTokens;
    private final long seed;
    private long lost;

    EventLines(int endpoints, Conditions conditions, int blockTokens, long seed) {
        for (int i = 0; i < endpoints; i++) {
            publishers.add(new Publisher());
        }
        this.conditions = conditions;
        this.blockTokens = blockTokens;
        this.seed = seed;
    }

    /** Somebody who takes batches from now on; before the first one. */
    void addReceiver(HandedSources receiver) {
        receivers.add(receiver);
    }

    boolean hasReceivers() {
        return !receivers.isEmpty();
    }

    /** Batches that got lost so far. */
    long lost() {
        return lost;
    }

    void begin(SimulationControl control) {
        receivers.forEach(receiver -> receiver.begin(control));
    }

    /** The router's end hears of a change; the batch is complete when nothing more is heard at this time. */
    void changed(int endpoint, EngineEvent.BlockEvent event, SimulationControl control) {
        Publisher publisher = publishers.get(endpoint);
        if (publisher.pending.isEmpty()) {
            control.at(control.now(), () -> publish(endpoint, control.now()));
        }
        add(publisher.pending, event);
    }

    private void add(List<KvEvent> batch, EngineEvent.BlockEvent event) {
        switch (event) {
            case EngineEvent.BlocksStored stored ->
                batch.add(KvEvent.BlockStored.of(
                                BlockHashes.ofIds(stored.hashes()),
                                stored.firstBlock() == 0 ? null : BlockHash.ofId(stored.parent()),
                                TokenIds.of(stored.tokens()),
                                blockTokens)
                        .withGroup(CacheGroup.FULL_ATTENTION));
            case EngineEvent.BlocksRemoved removed ->
                batch.add(new KvEvent.BlockRemoved(
                        BlockHashes.ofIds(removed.hashes()),
                        KvEvent.GPU,
                        CacheGroup.FULL_ATTENTION.index(),
                        CopyOrigin.UNSPECIFIED));
            case EngineEvent.BlocksCleared _ -> batch.add(new KvEvent.AllBlocksCleared());
        }
    }

    private void publish(int endpoint, long now) {
        Publisher publisher = publishers.get(endpoint);
        long sequence = publisher.nextSequence++;
        byte[] payload = encoder.encode(new KvEventBatch(now / 1e9, publisher.pending, null));
        publisher.pending = new ArrayList<>();
        boolean isLost = conditions.isLost(seed, endpoint, sequence);
        lost += isLost ? 1 : 0;
        for (HandedSources receiver : receivers) {
            receiver.published(endpoint, sequence, payload, isLost, now);
        }
    }
}
