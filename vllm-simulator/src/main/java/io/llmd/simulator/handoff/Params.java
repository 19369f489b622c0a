package io.llmd.simulator.handoff;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Fields of transfer parameters; what has another type counts as absent. */
final class Params {
    private Params() {}

    static @Nullable String text(ObjectNode params, String name) {
        JsonNode node = params.get(name);
        return node == null || !node.isString() || node.stringValue().isBlank() ? null : node.stringValue();
    }

    static boolean isTrue(ObjectNode params, String name) {
        JsonNode node = params.get(name);
        return node != null && node.isBoolean() && node.booleanValue();
    }
}
