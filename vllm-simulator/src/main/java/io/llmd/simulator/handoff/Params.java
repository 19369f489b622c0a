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

    static @Nullable ObjectNode object(ObjectNode params, String name) {
        return params.get(name) instanceof ObjectNode object ? object : null;
    }

    /** A host and a port in two members, the port moved by an offset; absent unless both are good. */
    static @Nullable Address address(ObjectNode params, String hostName, String portName, int offset) {
        String host = text(params, hostName);
        JsonNode port = params.get(portName);
        if (host == null || port == null || !port.isInt()) {
            return null;
        }
        int moved = port.intValue() + offset;
        return moved < 1 || moved > 65_535 ? null : new Address(host, moved);
    }

    static boolean isTrue(ObjectNode params, String name) {
        JsonNode node = params.get(name);
        return node != null && node.isBoolean() && node.booleanValue();
    }
}
