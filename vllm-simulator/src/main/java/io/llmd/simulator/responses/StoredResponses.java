package io.llmd.simulator.responses;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The latest {@value #MOST} responses; older ones are forgotten. Locks are held for a few instructions. */
final class StoredResponses {
    private static final int MOST = 1000;

    private final Map<String, Stored> responses = new LinkedHashMap<>();

    synchronized void put(String id, Stored response) {
        responses.remove(id);
        responses.put(id, response);
        while (responses.size() > MOST) {
            responses.remove(responses.keySet().iterator().next());
        }
    }

    synchronized @Nullable Stored get(String id) {
        return responses.get(id);
    }

    /** Changes a response that is still there; returns what it was before. */
    synchronized @Nullable Stored change(String id, UnaryOperator<Stored> change) {
        return responses.computeIfPresent(id, (key, old) -> change.apply(old));
    }

    /**
     * A response as it is now.
     *
     * @param body never changed
     * @param messages the conversation that led to it, as chat messages; never changed
     * @param abort ends the work for it, absent if there is none that could be ended
     */
    record Stored(
            ObjectNode body, ArrayNode messages, @Nullable Runnable abort) {
        String status() {
            return body.path("status").asString();
        }

        Stored withStatus(String status) {
            return new Stored(body.deepCopy().put("status", status), messages, null);
        }
    }
}
