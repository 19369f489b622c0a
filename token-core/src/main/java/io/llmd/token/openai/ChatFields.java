package io.llmd.token.openai;

import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Fields of chat requests as vLLM hands them to templates. */
public final class ChatFields {
    /** Fields of a message besides role and content that templates see. */
    public static final List<String> OF_MESSAGE = List.of("name", "tool_call_id", "tool_calls", "reasoning");

    /** Types of content parts that are text. */
    public static final Set<String> TEXT_TYPES =
            Set.of("text", "input_text", "output_text", "refusal", "thinking", "reasoning");

    private static final JsonMapper MAPPER = new JsonMapper();

    private ChatFields() {}

    /** Tools with the fields that vLLM knows first, and null for those that are absent. */
    public static ArrayNode tools(ArrayNode tools) {
        ArrayNode completed = JsonNodeFactory.instance.arrayNode();
        for (JsonNode tool : tools) {
            ObjectNode copy = JsonNodeFactory.instance.objectNode().put("type", "function");
            if (tool instanceof ObjectNode object) {
                copy.setAll(object);
            }
            if (copy.get("function") instanceof ObjectNode function) {
                ObjectNode definition = JsonNodeFactory.instance
                        .objectNode()
                        .putNull("name")
                        .putNull("description")
                        .putNull("parameters");
                definition.setAll(function);
                copy.set("function", definition);
            }
            completed.add(tool instanceof ObjectNode ? copy : tool);
        }
        return completed;
    }

    /** Changes arguments of calls, which are text on the wire, to the JSON in it, as templates want them. */
    public static void parseArguments(JsonNode calls) {
        for (JsonNode call : calls) {
            if (call.path("function") instanceof ObjectNode object
                    && object.path("arguments").isString()) {
                object.set("arguments", valueOf(object.path("arguments").stringValue()));
            }
        }
    }

    /** The value that a text has as JSON; the text itself if it is none. */
    private static JsonNode valueOf(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JacksonException noJson) {
            return JsonNodeFactory.instance.stringNode(text);
        }
    }

    /** JSON as maps, lists, strings, numbers, booleans and null. */
    public static Object plain(JsonNode node) {
        return MAPPER.treeToValue(node, Object.class);
    }
}
