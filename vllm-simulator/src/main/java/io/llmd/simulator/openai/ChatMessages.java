package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.token.ChatPrompt;
import io.llmd.simulator.token.Tokenizer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Checks chat messages and tools and renders them as tokens. */
public final class ChatMessages {
    private static final List<String> EXTRA_FIELDS = List.of("name", "tool_call_id", "tool_calls", "reasoning");

    private final Tokenizer tokenizer;

    public ChatMessages(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** Renders what the fields of a chat request make the model see. */
    public int[] render(RequestFields fields) {
        ArrayNode messages = fields.array("messages");
        if (messages == null) {
            throw RequestFields.missing("messages");
        }
        if (messages.isEmpty()) {
            throw ApiException.badRequest("messages: List should have at least 1 item", "messages");
        }
        boolean continueFinal = fields.bool("continue_final_message", false);
        boolean addPrompt = fields.bool("add_generation_prompt", !continueFinal);
        if (continueFinal && addPrompt) {
            throw ApiException.badRequest(
                    "Cannot set both `continue_final_message` and `add_generation_prompt` to True.",
                    "continue_final_message");
        }
        ChatPrompt prompt = new ChatPrompt(tokenizer);
        tools(fields, prompt);
        for (int i = 0; i < messages.size(); i++) {
            message(messages.get(i), prompt);
            if (!(continueFinal && i == messages.size() - 1)) {
                prompt.end();
            }
        }
        return (addPrompt ? prompt.begin("assistant") : prompt).toTokens();
    }

    private static void tools(RequestFields fields, ChatPrompt prompt) {
        ArrayNode tools = fields.array("tools");
        if (tools != null && tools.isEmpty()) {
            throw ApiException.badRequest("tools: must not be an empty array", "tools");
        }
        JsonNode choice = fields.get("tool_choice");
        boolean chosen =
                choice != null && !(choice.isString() && choice.stringValue().equals("none"));
        if (chosen && tools == null) {
            throw ApiException.badRequest("When using `tool_choice`, `tools` must be set.", "tool_choice");
        }
        if (choice instanceof ObjectNode named && tools != null && !isDefined(functionName(named), tools)) {
            throw ApiException.badRequest(
                    "The tool specified in `tool_choice` does not match any of the specified `tools`", "tool_choice");
        }
        if (tools != null) {
            prompt.tools(Json.string(tools));
        }
    }

    private static boolean isDefined(@Nullable String name, ArrayNode tools) {
        for (JsonNode tool : tools) {
            if (tool instanceof ObjectNode object && name != null && name.equals(functionName(object))) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable String functionName(ObjectNode tool) {
        RequestFields function = new RequestFields(tool).object("function");
        return function == null ? null : function.string("name");
    }

    private static void message(JsonNode node, ChatPrompt prompt) {
        if (!(node instanceof ObjectNode object)) {
            throw RequestFields.invalid("messages", "a list of objects");
        }
        RequestFields message = new RequestFields(object);
        String role = message.string("role");
        if (role == null || role.isEmpty()) {
            throw RequestFields.missing("messages.role");
        }
        prompt.begin(role);
        JsonNode content = message.get("content");
        if (content instanceof ArrayNode parts) {
            for (JsonNode part : parts) {
                part(part, prompt);
            }
        } else if (content != null && content.isString()) {
            prompt.text(content.stringValue());
        } else if (content != null) {
            throw RequestFields.invalid("messages.content", "a string or a list of parts");
        }
        for (String name : EXTRA_FIELDS) {
            JsonNode value = message.get(name);
            if (value != null) {
                prompt.text(name + ": " + Json.string(value));
            }
        }
    }

    private static void part(JsonNode node, ChatPrompt prompt) {
        if (node.isString()) {
            prompt.text(node.stringValue());
            return;
        }
        if (!(node instanceof ObjectNode object)) {
            throw RequestFields.invalid("messages.content", "a string or a list of parts");
        }
        RequestFields part = new RequestFields(object);
        String text = part.string("text");
        if (text != null) {
            prompt.text(text);
        } else {
            prompt.media(Json.string(object));
        }
    }
}
