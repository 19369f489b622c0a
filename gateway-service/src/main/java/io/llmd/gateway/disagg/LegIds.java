package io.llmd.gateway.disagg;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ids of the legs that are under way. Both legs of a request have the client's id; when another request under way has it
 * already a suffix is added, because older engines confuse requests with equal ids. Thread-safe.
 */
final class LegIds {

    private static final int MAX_LENGTH = 128;
    private static final int SUFFIX = 9;

    private final Set<String> underWay = ConcurrentHashMap.newKeySet();

    /** An id that no other request under way has; to be given back by {@link #release}. */
    String claim(String requestId) {
        String id = requestId;
        while (!underWay.add(id)) {
            String base =
                    requestId.length() > MAX_LENGTH - SUFFIX ? requestId.substring(0, MAX_LENGTH - SUFFIX) : requestId;
            id = base + String.format("-%08x", ThreadLocalRandom.current().nextInt());
        }
        return id;
    }

    void release(String id) {
        underWay.remove(id);
    }

    int count() {
        return underWay.size();
    }
}
