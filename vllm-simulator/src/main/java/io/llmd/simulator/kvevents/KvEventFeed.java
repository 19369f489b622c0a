package io.llmd.simulator.kvevents;

import io.llmd.kv.event.CacheGroup;
import io.llmd.kv.event.CopyOrigin;
import io.llmd.kv.event.KvEvent;
import io.llmd.kv.event.LoraAdapter;
import io.llmd.kv.event.TokenIds;
import io.llmd.kv.hash.BlockHash;
import io.llmd.kv.hash.BlockHashes;
import io.llmd.kv.hash.ExtraKeys;
import io.llmd.kv.hash.RequestExtraKeys;
import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.EngineSink;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Turns what an engine does with its blocks into KV events, one batch for each step that has any, as vLLM does: a
 * removal for each block, before the store that took it; a reset is told with the next step. For the engine's thread.
 */
public final class KvEventFeed implements EngineSink {
    private final KvEventPublisher publisher;
    private final int blockTokens;
    private final AdapterPaths paths;
    private final DoubleSupplier clock;
    private final DigestLedger digests;
    private final AdapterNumbers adapters = new AdapterNumbers();
    private List<KvEvent> pending = new ArrayList<>();

    /**
     * @param clock seconds since 1970
     * @param digests whole digests of the blocks, where events carry them
     */
    public KvEventFeed(
            KvEventPublisher publisher,
            int blockTokens,
            AdapterPaths paths,
            DoubleSupplier clock,
            DigestLedger digests) {
        this.publisher = publisher;
        this.blockTokens = blockTokens;
        this.paths = paths;
        this.clock = clock;
        this.digests = digests;
    }

    @Override
    public boolean blocks() {
        return true;
    }

    @Override
    public void accept(EngineEvent event) {
        switch (event) {
            case EngineEvent.BlocksStored stored -> pending.add(stored(stored));
            case EngineEvent.BlocksRemoved removed -> removed(removed.hashes());
            case EngineEvent.BlocksCleared _ -> {
                digests.clear();
                pending.add(new KvEvent.AllBlocksCleared());
            }
            case EngineEvent.StepCompleted _ -> publish();
            case EngineEvent.Scheduled _,
                    EngineEvent.Preempted _,
                    EngineEvent.TokenProduced _,
                    EngineEvent.Finished _,
                    EngineEvent.LoadWanted _,
                    EngineEvent.LeaseEnded _ -> {
                // not about blocks
            }
        }
    }

    private void publish() {
        if (!pending.isEmpty()) {
            publisher.publish(clock.getAsDouble(), pending);
            pending = new ArrayList<>();
        }
    }

    private KvEvent.BlockStored stored(EngineEvent.BlocksStored stored) {
        RequestExtraKeys keys = RequestKeys.of(stored.request(), paths);
        List<ExtraKeys> extraKeys = new ArrayList<>(stored.hashes().length);
        for (int i = 0; i < stored.hashes().length; i++) {
            extraKeys.add(keys.forBlock((stored.firstBlock() + i) * blockTokens, blockTokens));
        }
        BlockHash parent = stored.firstBlock() == 0 ? null : digests.hash(stored.parent());
        BlockHashes hashes = digests.store(parent, stored.hashes(), stored.tokens(), extraKeys);
        return new KvEvent.BlockStored(
                hashes,
                parent,
                TokenIds.of(stored.tokens()),
                blockTokens,
                adapter(stored.request().adapter()),
                KvEvent.GPU,
                extraKeys,
                CacheGroup.FULL_ATTENTION,
                CopyOrigin.UNSPECIFIED);
    }

    private @Nullable LoraAdapter adapter(@Nullable String name) {
        return name == null ? null : new LoraAdapter(adapters.of(name), name);
    }

    private void removed(long[] ids) {
        for (long id : ids) {
            pending.add(new KvEvent.BlockRemoved(
                    digests.remove(id), KvEvent.GPU, CacheGroup.FULL_ATTENTION.index(), CopyOrigin.UNSPECIFIED));
        }
    }
}
