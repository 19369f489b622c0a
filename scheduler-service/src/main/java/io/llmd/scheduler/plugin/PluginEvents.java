package io.llmd.scheduler.plugin;

import java.util.Map;

/** Hears what single plugins count. Safe from any thread; must not block or throw. */
public interface PluginEvents {

    /** Hears nothing. */
    PluginEvents NONE = new PluginEvents() {
        @Override
        public void mediaPlaced(String plugin, String endpointId, int items, int hits) {}

        @Override
        public void headerWithoutMatch(String plugin, String selector) {}

        @Override
        public void revisionShares(String plugin, String mode, Map<String, Double> shares) {}

        @Override
        public void splitDecided(String plugin, String reason) {}
    };

    /**
     * A request with media was placed.
     *
     * @param items media items of the prompt, at least one
     * @param hits how many of them the endpoint had probably encoded before
     */
    void mediaPlaced(String plugin, String endpointId, int items, int hits);

    /** A strict header of a rollout left no endpoint. */
    void headerWithoutMatch(String plugin, String selector);

    /**
     * The pool of a rollout has changed.
     *
     * @param mode how revisions are weighed
     * @param shares share of the requests by revision, of those that may serve
     */
    void revisionShares(String plugin, String mode, Map<String, Double> shares);

    /**
     * It was decided whether prefill of a request is split off.
     *
     * @param reason why, one of few words
     */
    void splitDecided(String plugin, String reason);
}
