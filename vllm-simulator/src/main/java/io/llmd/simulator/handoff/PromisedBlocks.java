package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.EngineEvent;
import io.llmd.simulator.engine.FinishReason;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Blocks that have a name before they exist. Their reader may ask before the request for them has come, or say before
 * they exist that it needs none. Not thread-safe.
 */
final class PromisedBlocks {
    private static final int MOST_REMEMBERED = 10_000;

    private final Map<String, Long> requests = new HashMap<>();
    private final Map<Long, String> keys = new HashMap<>();
    private final Set<String> over = new LinkedHashSet<>();
    private final LongConsumer giveBack;

    /** @param giveBack takes requests whose blocks nobody will read; must not call back */
    PromisedBlocks(LongConsumer giveBack) {
        this.giveBack = giveBack;
    }

    /** A request will give blocks that name. */
    void promise(String key, long requestId) {
        requests.put(key, requestId);
        keys.put(requestId, key);
    }

    /** The request that gives blocks their name; absent if none has come yet, or it has ended. */
    @Nullable
    Long request(String key) {
        return requests.get(key);
    }

    /** Whether there will be no blocks of that name any longer; for the names of the last 10,000 that there were. */
    boolean isOver(String key) {
        return over.contains(key);
    }

    /** Nobody will read the blocks of that name. */
    void end(String key) {
        over.add(key);
        if (over.size() > MOST_REMEMBERED) {
            over.remove(over.iterator().next());
        }
    }

    /** Follows what becomes of the requests. */
    void hear(EngineEvent event) {
        switch (event) {
            case EngineEvent.Finished end -> {
                long requestId = end.request().id();
                String key = keys.get(requestId);
                if (key != null && end.held() == null) {
                    forget(requestId, key);
                } else if (key != null && (isOver(key) || end.reason() != FinishReason.LENGTH)) {
                    giveBack.accept(requestId);
                }
            }
            case EngineEvent.LeaseEnded end -> {
                String key = keys.get(end.requestId());
                if (key != null) {
                    forget(end.requestId(), key);
                }
            }
            case EngineEvent.Scheduled _,
                    EngineEvent.Preempted _,
                    EngineEvent.TokenProduced _,
                    EngineEvent.LoadWanted _,
                    EngineEvent.BlocksStored _,
                    EngineEvent.BlocksRemoved _,
                    EngineEvent.BlocksCleared _,
                    EngineEvent.StepCompleted _ -> {
                // the blocks do not exist yet, or still do
            }
        }
    }

    private void forget(long requestId, String key) {
        keys.remove(requestId);
        requests.remove(key, requestId);
        end(key);
    }
}
