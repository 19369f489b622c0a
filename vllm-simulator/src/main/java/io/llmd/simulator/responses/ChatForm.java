package io.llmd.simulator.responses;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes a request to the Responses API as a chat request, so that both share prefixes. */
final class ChatForm {
    private ChatForm() {}

    /** @param earlier messages of the conversation before, absent if it begins here */
    static ObjectNode of(RequestFields fields, @Nullable ArrayNode earlier) {
        ObjectNode chat = fields.body().deepCopy();
        ArrayNode messages = chat.putArray("messages");
        String instructions = fields.string("instructions");
        if (instructions != null) {
            messages.addObject().put("role", "system").put("content", instructions);
        }
        if (earlier != null) {
            earlier.forEach(message -> {
                if (!"system".equals(message.path("role").asString(""))) {
                    messages.add(message);
                }
            });
        }
        JsonNode input = fields.get("input");
        if (input != null && input.isString()) {
            messages.addObject().put("role", "user").put("content", input.stringValue());
        } else if (input != null) {
            input.forEach(item -> messages.add(message(item)));
        }
        tools(fields, chat);
        format(fields, chat);
        return chat;
    }

    private static JsonNode message(JsonNode item) {
        if (item.has("role")) {
            return item;
        }
        return switch (item.path("type").asString("")) {
            case "function_call" -> {
                ObjectNode message = Json.object().put("role", "assistant");
                message.putArray("tool_calls")
                        .addObject()
                        .put("id", item.path("call_id").asString(""))
                        .put("type", "function")
                        .putObject("function")
                        .put("name", item.path("name").asString(""))
                        .put("arguments", item.path("arguments").asString(""));
                yield message;
            }
            case "function_call_output" ->
                Json.object()
                        .put("role", "tool")
                        .put("tool_call_id", item.path("call_id").asString(""))
                        .put("content", item.path("output").asString(""));
            default -> Json.object().put("role", "tool").put("content", Json.string(item));
        };
    }

    private static void tools(RequestFields fields, ObjectNode chat) {
        ArrayNode offered = fields.array("tools");
        chat.remove("tools");
        chat.remove("tool_choice");
        if (offered == null || offered.isEmpty()) {
            return;
        }
        ArrayNode tools = chat.putArray("tools");
        for (JsonNode tool : offered) {
            if ("function".equals(tool.path("type").asString(""))) {
                ObjectNode function = tools.addObject().put("type", "function").putObject("function");
                function.put("name", tool.path("name").asString(""));
                function.set("parameters", tool.path("parameters").isObject() ? tool.get("parameters") : Json.object());
            }
        }
        JsonNode choice = fields.get("tool_choice");
        if (choice instanceof ObjectNode named) {
            chat.putObject("tool_choice")
                    .put("type", "function")
                    .putObject("function")
                    .put("name", named.path("name").asString(""));
        } else {
            chat.put("tool_choice", choice == null ? "auto" : choice.asString("auto"));
        }
    }

    private static void format(RequestFields fields, ObjectNode chat) {
        RequestFields text = fields.object("text");
        RequestFields format = text == null ? null : text.object("format");
        if (format == null) {
            return;
        }
        ObjectNode response = chat.putObject("response_format").put("type", format.string("type"));
        if (format.has("schema")) {
            response.putObject("json_schema").put("name", "schema").set("schema", format.get("schema"));
        }
    }
}
