package io.llmd.scheduler.prefix;

import io.llmd.scheduler.datalayer.EndpointListener;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Which images, videos and recordings each endpoint has probably encoded, learned from where requests were sent. Safe from
 * any thread, with one lock per endpoint that is held for microseconds.
 *
 * <p>Grows with the endpoints of the pool and, per endpoint, with the media it was sent, up to the given capacity and never
 * beyond {@link PrefixIndex#MAX_CAPACITY}. The least recently used one is forgotten first. An endpoint that leaves the pool
 * or starts anew is forgotten at once.
 */
public final class MediaIndex implements EndpointListener {

    private static final class Slot {
        private final ReentrantLock lock = new ReentrantLock();
        private @Nullable LruHashSet hashes;
    }

    private final Map<String, Slot> slots = new ConcurrentHashMap<>();

    /** How many of the media the endpoint has encoded. */
    public int matched(String endpointId, long[] mediaHashes) {
        Slot slot = slots.get(endpointId);
        if (slot == null) {
            return 0;
        }
        slot.lock.lock();
        try {
            int matched = 0;
            for (long hash : mediaHashes) {
                matched += slot.hashes != null && slot.hashes.contains(hash, LruHashSet.home(hash)) ? 1 : 0;
            }
            return matched;
        } finally {
            slot.lock.unlock();
        }
    }

    /** Takes note that the endpoint will encode the media; ignored when it is not in the pool. */
    public void learn(String endpointId, long[] mediaHashes, int capacity) {
        Slot slot = slots.get(endpointId);
        if (slot == null) {
            return;
        }
        int bounded = Math.clamp(capacity, 1, PrefixIndex.MAX_CAPACITY);
        slot.lock.lock();
        try {
            LruHashSet hashes = slot.hashes;
            if (hashes == null) {
                hashes = new LruHashSet(bounded);
                slot.hashes = hashes;
            } else if (hashes.capacity() != bounded) {
                hashes.resize(bounded);
            }
            for (long hash : mediaHashes) {
                hashes.add(hash, LruHashSet.home(hash));
            }
        } finally {
            slot.lock.unlock();
        }
    }

    @Override
    public void added(EndpointMetadata endpoint) {
        slots.put(endpoint.id(), new Slot());
    }

    @Override
    public void removed(EndpointMetadata endpoint) {
        slots.remove(endpoint.id());
    }

    @Override
    public void restarted(EndpointMetadata endpoint) {
        slots.put(endpoint.id(), new Slot());
    }
}
