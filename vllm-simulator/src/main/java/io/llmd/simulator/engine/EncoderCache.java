package io.llmd.simulator.engine;

import java.util.LinkedHashMap;
import java.util.List;

/**
 * Embeddings of media, and the encoder that makes them. An item is encoded in the step that computes its first
 * placeholder token; what is cached costs nothing, and the embeddings used longest ago give way. Not thread-safe.
 */
final class EncoderCache {
    private final EncoderSettings settings;
    private final int budgetPerStep;
    private final LinkedHashMap<String, Integer> cached = new LinkedHashMap<>(16, 0.75f, true);
    private int cachedTokens;
    private int budget;
    private long nanos;
    private long queries;
    private long hits;

    EncoderCache(EncoderSettings settings, int budgetPerStep) {
        this.settings = settings;
        this.budgetPerStep = budgetPerStep;
    }

    void beginStep() {
        budget = budgetPerStep;
        nanos = 0;
    }

    /**
     * Encodes what a chunk of a prompt needs, as far as the step's budget goes. An item larger than a whole budget is
     * encoded in a step of its own.
     *
     * @return how much of the chunk can be computed
     */
    int encode(List<MediaKey> media, int computed, int tokens) {
        for (int i = 0; i < media.size(); i++) {
            MediaKey item = media.get(i);
            if (!item.overlaps(computed, computed + tokens)) {
                continue;
            }
            boolean begins = item.offset() >= computed;
            queries += begins ? 1 : 0;
            if (cached.get(item.hash()) != null) {
                hits += begins ? 1 : 0;
                continue;
            }
            if (item.length() > budget && budget < budgetPerStep) {
                queries -= begins ? 1 : 0;
                return Math.max(0, item.offset() - computed);
            }
            budget = Math.max(0, budget - item.length());
            nanos += settings.baseNanos() + settings.perTokenNanos() * item.length();
            keep(item);
        }
        return tokens;
    }

    boolean has(String hash) {
        return cached.containsKey(hash);
    }

    /** Caches embeddings, wherever they come from. */
    void keep(MediaKey item) {
        Integer before = cached.put(item.hash(), item.length());
        cachedTokens += item.length() - (before == null ? 0 : before);
        while (cachedTokens > settings.cacheTokens() && cached.size() > 1) {
            cachedTokens -= cached.pollFirstEntry().getValue();
        }
    }

    /** Time the encoder takes in the step. */
    long nanos() {
        return nanos;
    }

    /** Items looked up so far. */
    long queries() {
        return queries;
    }

    /** Items found so far. */
    long hits() {
        return hits;
    }

    void clear() {
        cached.clear();
        cachedTokens = 0;
    }
}
