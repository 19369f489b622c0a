package io.llmd.kv.lane;

import io.llmd.kv.event.StoredBlocks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Stored events whose parent is not known yet; it may come by another way within two seconds. At most 64 events and a
 * million tokens are kept, the oldest go first. For one thread.
 */
final class Orphans {

    private static final int MAX_EVENTS = 64;
    private static final int MAX_TOKENS = 1 << 20;
    private static final long MAX_WAIT_MILLIS = 2_000;

    private record Orphan(StoredBlocks blocks, long sinceMillis) {}

    private final List<Orphan> waiting = new ArrayList<>();
    private int tokens;

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    int size() {
        return waiting.size();
    }

    /** Keeps a copy. @return events that had to go for it, itself when it is too large */
    int add(StoredBlocks blocks, long nowMillis) {
        if (blocks.tokenCount > MAX_TOKENS) {
            return 1;
        }
        int dropped = 0;
        while (waiting.size() == MAX_EVENTS || tokens + blocks.tokenCount > MAX_TOKENS) {
            remove(waiting.iterator());
            dropped++;
        }
        waiting.add(new Orphan(copy(blocks), nowMillis));
        tokens += blocks.tokenCount;
        return dropped;
    }

    private void remove(Iterator<Orphan> at) {
        tokens -= at.next().blocks().tokenCount;
        at.remove();
    }

    /** Takes out an event whose parent is known by now. */
    @Nullable
    StoredBlocks takeAdopted(Predicate<StoredBlocks> isParentKnown) {
        for (Iterator<Orphan> each = waiting.iterator(); each.hasNext(); ) {
            StoredBlocks blocks = each.next().blocks();
            if (isParentKnown.test(blocks)) {
                each.remove();
                tokens -= blocks.tokenCount;
                return blocks;
            }
        }
        return null;
    }

    /** A block is gone before its parent came: it and those behind it in its event are not waited for any more. */
    void forget(long hash) {
        for (Iterator<Orphan> each = waiting.iterator(); each.hasNext(); ) {
            StoredBlocks blocks = each.next().blocks();
            for (int i = 0; i < blocks.hashCount; i++) {
                if (blocks.hashes[i] == hash) {
                    tokens -= blocks.tokenCount;
                    blocks.hashCount = i;
                    blocks.tokenCount = i * blocks.blockTokens;
                    tokens += blocks.tokenCount;
                }
            }
            if (blocks.hashCount == 0) {
                each.remove();
            }
        }
    }

    /** Drops what waited too long. @return how many events */
    int expire(long nowMillis) {
        int dropped = 0;
        while (!waiting.isEmpty() && nowMillis - waiting.getFirst().sinceMillis() >= MAX_WAIT_MILLIS) {
            remove(waiting.iterator());
            dropped++;
        }
        return dropped;
    }

    void clear() {
        waiting.clear();
        tokens = 0;
    }

    private static StoredBlocks copy(StoredBlocks from) {
        StoredBlocks copy = new StoredBlocks();
        copy.hashes = Arrays.copyOf(from.hashes, from.hashCount);
        copy.hashCount = from.hashCount;
        copy.hasParent = from.hasParent;
        copy.parent = from.parent;
        copy.tokens = Arrays.copyOf(from.tokens, from.tokenCount);
        copy.tokenCount = from.tokenCount;
        copy.blockTokens = from.blockTokens;
        copy.adapter = from.adapter;
        copy.tier = from.tier;
        copy.extras = from.extras == null ? null : from.extras.clone();
        copy.isReused = from.isReused;
        return copy;
    }
}
