package io.llmd.simulator.recorded;

import io.llmd.simulator.api.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What two bodies must have in common though their texts differ: keys in their order, types, and the words that clients
 * branch on.
 */
final class Shape {
    private static final Set<String> WORDS = Set.of("object", "role", "type", "status", "finish_reason");
    private static final Set<String> KEYED_BY_TOKEN = Set.of("top_logprobs", "prompt_logprobs");

    private Shape() {}

    /** The shape of a JSON value. */
    static String of(JsonNode node) {
        return of("", node);
    }

    /**
     * The shapes of a stream's events in order, choice after choice. Equal ones that follow each other count as one.
     */
    static String ofStream(String stream) {
        Map<String, List<String>> shapes = new TreeMap<>();
        for (String event : stream.split("\n\n", -1)) {
            int data = event.indexOf("data: {");
            JsonNode body = data < 0 ? Json.object() : Json.read(event.substring(data + 6));
            String shape = data < 0 ? event : event.substring(0, data) + "data: " + of(body);
            List<String> own = shapes.computeIfAbsent(
                    body.path("choices").path(0).path("index").asString("z"), ignored -> new ArrayList<>());
            if (own.isEmpty() || !own.getLast().equals(shape)) {
                own.add(shape);
            }
        }
        StringBuilder all = new StringBuilder();
        shapes.values().forEach(own -> own.forEach(shape -> all.append(shape).append('\n')));
        return all.toString();
    }

    /** The names of all fields of an object, those of objects in it included. */
    static String fields(JsonNode node) {
        if (!node.isObject()) {
            return "";
        }
        List<String> fields = new ArrayList<>();
        node.properties().forEach(field -> fields.add(field.getKey() + fields(field.getValue())));
        return "{" + String.join(",", fields) + "}";
    }

    private static String of(String key, JsonNode node) {
        if (node instanceof ObjectNode object) {
            Set<String> fields = new java.util.LinkedHashSet<>();
            boolean tokens = KEYED_BY_TOKEN.contains(key) && !object.has("token");
            object.properties()
                    .forEach(field ->
                            fields.add((tokens ? "*" : field.getKey()) + ":" + of(field.getKey(), field.getValue())));
            return "{" + String.join(",", fields) + "}";
        }
        if (node.isArray()) {
            Set<String> elements = new TreeSet<>();
            node.forEach(element -> elements.add(of(KEYED_BY_TOKEN.contains(key) ? key : "", element)));
            return "[" + String.join("|", elements) + "]";
        }
        if (WORDS.contains(key) && !node.isNull()) {
            return node.toString();
        }
        return node.isNull() ? "null" : node.isString() ? "text" : node.isNumber() ? "number" : "bool";
    }
}
