package io.llmd.simulator.anthropic;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes a request to the Messages API as a chat request, so that both share prefixes. */
final class ChatForm {
    /** Such lines of clients change with every request. */
    private static final String BILLING = "x-anthropic-billing-header";

    private ChatForm() {}

    static ObjectNode of(RequestFields fields) {
        ObjectNode chat = Json.object();
        for (String name : List.of(
                "model",
                "max_tokens",
                "temperature",
                "top_p",
                "top_k",
                "cache_salt",
                "kv_transfer_params",
                "ec_transfer_params",
                "vllm_xargs",
                "chat_template_kwargs",
                "stream")) {
            copy(fields, name, chat, name);
        }
        copy(fields, "stop_sequences", chat, "stop");
        if (fields.bool("stream", false)) {
            chat.putObject("stream_options").put("include_usage", true).put("continuous_usage_stats", true);
        }
        ArrayNode messages = chat.putArray("messages");
        String system = systemText(fields.get("system"));
        if (!system.isEmpty()) {
            messages.addObject().put("role", "system").put("content", system);
        }
        for (JsonNode message : fields.body().path("messages")) {
            message(message, messages);
        }
        tools(fields, chat);
        RequestFields config = fields.object("output_config");
        JsonNode format = config == null ? null : config.get("format");
        if (format != null && format.path("schema").isObject()) {
            chat.putObject("response_format")
                    .put("type", "json_schema")
                    .putObject("json_schema")
                    .put("name", "json_schema")
                    .set("schema", format.get("schema"));
        }
        return chat;
    }

    private static void copy(RequestFields fields, String from, ObjectNode chat, String to) {
        JsonNode value = fields.get(from);
        if (value != null) {
            chat.set(to, value);
        }
    }

    private static String systemText(@Nullable JsonNode system) {
        if (system == null) {
            return "";
        }
        if (system.isString()) {
            return system.stringValue();
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode block : system) {
            String part = block.path("text").asString("");
            text.append(part.startsWith(BILLING) ? "" : part);
        }
        return text.toString();
    }

    private static void message(JsonNode message, ArrayNode messages) {
        String role = message.path("role").asString("user");
        JsonNode content = message.path("content");
        if (role.equals("system")) {
            String text = systemText(content);
            if (!text.isEmpty()) {
                messages.addObject().put("role", role).put("content", text);
            }
            return;
        }
        ObjectNode chat = Json.object().put("role", role);
        if (content.isString()) {
            messages.add(chat.set("content", content));
            return;
        }
        ArrayNode parts = Json.array();
        ArrayNode calls = Json.array();
        StringBuilder reasoning = new StringBuilder();
        for (JsonNode block : content) {
            switch (block.path("type").asString("")) {
                case "text" -> text(block, parts);
                case "image" -> parts.add(image(block.path("source")));
                case "thinking" -> reasoning.append(block.path("thinking").asString(""));
                case "tool_use" -> calls.add(call(block));
                case "tool_result" -> result(block, role, parts, messages);
                default -> {
                    // what the model does not see
                }
            }
        }
        if (!reasoning.isEmpty()) {
            chat.put("reasoning", reasoning.toString());
        }
        if (!calls.isEmpty()) {
            chat.set("tool_calls", calls);
        }
        if (parts.size() == 1 && parts.get(0).path("type").asString("").equals("text")) {
            chat.set("content", parts.get(0).get("text"));
        } else if (!parts.isEmpty()) {
            chat.set("content", parts);
        }
        if (role.equals("assistant") || chat.has("content")) {
            messages.add(chat);
        }
    }

    private static void text(JsonNode block, ArrayNode parts) {
        String text = block.path("text").asString("");
        if (!text.isEmpty()) {
            parts.addObject().put("type", "text").put("text", text);
        }
    }

    private static ObjectNode image(JsonNode source) {
        String url = source.path("type").asString("").equals("url")
                ? source.path("url").asString("")
                : "data:" + source.path("media_type").asString("image/jpeg") + ";base64,"
                        + source.path("data").asString("");
        ObjectNode part = Json.object().put("type", "image_url");
        part.putObject("image_url").put("url", url);
        return part;
    }

    private static ObjectNode call(JsonNode block) {
        ObjectNode call =
                Json.object().put("id", block.path("id").asString("call")).put("type", "function");
        call.putObject("function")
                .put("name", block.path("name").asString(""))
                .put("arguments", Json.spaced(block.path("input").isObject() ? block.get("input") : Json.object()));
        return call;
    }

    /** Results of tools are messages of their own, before the rest of the message they came with. */
    private static void result(JsonNode block, String role, ArrayNode parts, ArrayNode messages) {
        String text = resultText(block.path("content"));
        if (!role.equals("user")) {
            parts.addObject().put("type", "text").put("text", "Tool result: " + text);
            return;
        }
        messages.addObject()
                .put("role", "tool")
                .put("tool_call_id", block.path("tool_use_id").asString(""))
                .put("content", text);
    }

    private static String resultText(JsonNode content) {
        if (!(content instanceof ArrayNode parts)) {
            return content.asString("");
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : parts) {
            String piece = part.path("text").asString("");
            text.append(text.isEmpty() || piece.isEmpty() ? "" : "\n").append(piece);
        }
        return text.toString();
    }

    private static void tools(RequestFields fields, ObjectNode chat) {
        ArrayNode offered = fields.array("tools");
        if (offered == null) {
            return;
        }
        ArrayNode tools = chat.putArray("tools");
        for (JsonNode tool : offered) {
            ObjectNode function = tools.addObject().put("type", "function").putObject("function");
            function.set("name", tool.get("name"));
            function.put("description", tool.path("description").asString(null));
            ObjectNode schema = ((ObjectNode) tool.get("input_schema")).deepCopy();
            function.set("parameters", schema.has("type") ? schema : schema.put("type", "object"));
        }
        RequestFields choice = fields.object("tool_choice");
        String type = choice == null ? "auto" : String.valueOf(choice.string("type"));
        switch (type) {
            case "any" -> chat.put("tool_choice", "required");
            case "tool" ->
                chat.putObject("tool_choice")
                        .put("type", "function")
                        .putObject("function")
                        .put("name", choice == null ? "" : choice.string("name"));
            default -> chat.put("tool_choice", type);
        }
        if (choice != null) {
            chat.put("parallel_tool_calls", !choice.bool("disable_parallel_tool_use", false));
        }
    }
}
