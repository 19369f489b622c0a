package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.EngineEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Host memory to which an engine copies each full block, whence others can read it after the GPU has lost it. The block
 * that nobody wanted for the longest time leaves first. Not thread-safe.
 */
public final class HostTier {
    private final Map<Long, Boolean> blocks;

    /** @param capacity blocks it has room for */
    public HostTier(int capacity) {
        blocks = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, Boolean> eldest) {
                return size() > capacity;
            }
        };
    }

    /** Copies what the engine stores. */
    void hear(EngineEvent event) {
        if (event instanceof EngineEvent.BlocksStored stored) {
            for (long hash : stored.hashes()) {
                blocks.put(hash, Boolean.TRUE);
            }
        }
    }

    /** How many of some blocks are here, from the first one on. */
    int leading(List<Long> hashes) {
        int found = 0;
        while (found < hashes.size() && blocks.get(hashes.get(found)) != null) {
            found++;
        }
        return found;
    }
}
