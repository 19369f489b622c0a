package io.llmd.scheduler.tokenizer;

import io.llmd.scheduler.tokenizer.TokenizationListener.Store;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Values by digest. Grows up to a number of bytes; then what was not used for longest goes. Safe from any thread: one short
 * lock, next to which hashing a text and making its tokens take long.
 *
 * @param <V> kept, must not change
 */
final class TokenCache<V> {

    /** A key, an entry of the map and the header of a value. */
    private static final int ENTRY_BYTES = 128;

    private final Map<Digest, V> values = new LinkedHashMap<>(16, 0.75f, true);
    private final String plugin;
    private final Store store;
    private final long maxBytes;
    private final ToLongFunction<V> size;
    private final TokenizationListener listener;
    private long bytes;

    /**
     * An empty cache.
     *
     * @param maxBytes most bytes; 0 to keep nothing
     * @param size bytes of a value
     */
    TokenCache(String plugin, Store store, long maxBytes, ToLongFunction<V> size, TokenizationListener listener) {
        this.plugin = plugin;
        this.store = store;
        this.maxBytes = maxBytes;
        this.size = size;
        this.listener = listener;
    }

    synchronized @Nullable V get(Digest key) {
        return values.get(key);
    }

    /** Keeps a value unless it takes more than an eighth of the room. */
    void put(Digest key, V value) {
        long more = bytesOf(value);
        if (more > maxBytes / 8) {
            return;
        }
        long now;
        synchronized (this) {
            V previous = values.put(key, value);
            bytes += more - (previous == null ? 0 : bytesOf(previous));
            Iterator<V> oldest = values.values().iterator();
            while (bytes > maxBytes) {
                bytes -= bytesOf(oldest.next());
                oldest.remove();
            }
            now = bytes;
        }
        listener.holds(plugin, store, now);
    }

    synchronized void remove(Digest key) {
        V removed = values.remove(key);
        bytes -= removed == null ? 0 : bytesOf(removed);
    }

    synchronized void clear() {
        values.clear();
        bytes = 0;
        listener.holds(plugin, store, 0);
    }

    synchronized long bytes() {
        return bytes;
    }

    private long bytesOf(V value) {
        return ENTRY_BYTES + size.applyAsLong(value);
    }

    void lookedUp(int hits, int misses) {
        listener.lookedUp(plugin, store, hits, misses);
    }
}
