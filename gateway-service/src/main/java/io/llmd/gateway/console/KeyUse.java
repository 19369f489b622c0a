package io.llmd.gateway.console;

import io.llmd.gateway.observe.RequestRecord;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** What each key was used for since the start of this gateway; at most 10,000 keys are told apart. Thread-safe. */
final class KeyUse {

    private static final int MOST = 10_000;

    /**
     * Use of a key.
     *
     * @param requests requests that are over
     * @param tokens prompt and generated tokens of them
     * @param lastSeen when the last one ended, milliseconds since 1970
     */
    record Use(long requests, long tokens, long lastSeen) {

        private Use plus(Use other) {
            return new Use(requests + other.requests, tokens + other.tokens, Math.max(lastSeen, other.lastSeen));
        }
    }

    private final Map<String, Use> byKey = new ConcurrentHashMap<>();

    void add(RequestRecord request, long now) {
        if (byKey.size() < MOST || byKey.containsKey(request.keyId())) {
            long tokens = Math.max(0, request.promptTokens()) + Math.max(0, request.outputTokens());
            byKey.merge(request.keyId(), new Use(1, tokens, now), Use::plus);
        }
    }

    Map<String, Use> all() {
        return new TreeMap<>(byKey);
    }
}
