package io.llmd.simulator.fault;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.DurationText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Typed access to the parameters of one fault; null counts as absent. */
final class Parameters {
    private final String owner;
    private final ObjectNode values;

    private Parameters(String owner, ObjectNode values) {
        this.owner = owner;
        this.values = values;
    }

    /**
     * The parameters in a value: an object has them all, anything else is the first one.
     *
     * @param names that are accepted, the one that may stand alone first
     */
    static Parameters of(String owner, JsonNode value, List<String> names) {
        if (value instanceof ObjectNode object) {
            for (String name : object.propertyNames()) {
                if (!names.contains(name)) {
                    throw new IllegalArgumentException(
                            owner + "." + name + ": unknown (expected: one of " + names + ")");
                }
            }
            return new Parameters(owner, object);
        }
        ObjectNode object = Json.object();
        if (!value.isBoolean()) {
            object.set(names.getFirst(), value);
        }
        return new Parameters(owner, object);
    }

    boolean has(String name) {
        return !values.path(name).isMissingNode() && !values.path(name).isNull();
    }

    boolean isNumber(String name) {
        return values.path(name).isNumber();
    }

    /** Whether a switch is on; off if absent. */
    boolean isOn(String name) {
        JsonNode node = values.path(name);
        if (has(name) && !node.isBoolean()) {
            throw bad(name, node, "true or false");
        }
        return node.asBoolean(false);
    }

    int integer(String name) {
        JsonNode node = required(name, "a whole number");
        if (!node.isIntegralNumber() || !node.canConvertToInt()) {
            throw bad(name, node, "a whole number");
        }
        return node.intValue();
    }

    int integer(String name, int otherwise) {
        return has(name) ? integer(name) : otherwise;
    }

    double decimal(String name, double otherwise) {
        if (!has(name)) {
            return otherwise;
        }
        JsonNode node = values.path(name);
        if (!node.isNumber()) {
            throw bad(name, node, "a number");
        }
        return Json.number(node);
    }

    Duration duration(String name) {
        JsonNode node = required(name, "a duration like 500ms or 5s");
        if (!node.isNumber() && !node.isString()) {
            throw bad(name, node, "a duration like 500ms or 5s");
        }
        return DurationText.parse(owner + "." + name, node.asString());
    }

    @Nullable
    Duration durationIfGiven(String name) {
        return has(name) ? duration(name) : null;
    }

    String text(String name) {
        JsonNode node = required(name, "a text");
        if (!node.isString()) {
            throw bad(name, node, "a text");
        }
        return node.stringValue();
    }

    /** A text, or a list of texts. */
    List<String> texts(String name) {
        if (!has(name)) {
            return List.of();
        }
        JsonNode node = values.path(name);
        if (!(node instanceof ArrayNode array)) {
            return List.of(text(name));
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode element : array) {
            if (!element.isString()) {
                throw bad(name, node, "texts");
            }
            texts.add(element.stringValue());
        }
        return texts;
    }

    private JsonNode required(String name, String expected) {
        JsonNode node = values.path(name);
        if (node.isMissingNode() || node.isNull()) {
            throw new IllegalArgumentException(owner + "." + name + ": absent (expected: " + expected + ")");
        }
        return node;
    }

    private IllegalArgumentException bad(String name, JsonNode node, String expected) {
        return new IllegalArgumentException(
                owner + "." + name + ": " + Json.string(node) + " (expected: " + expected + ")");
    }
}
