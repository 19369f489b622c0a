package io.llmd.scheduler.tokenizer;

import io.llmd.token.chat.Chat;
import io.llmd.token.openai.ChatFields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads bodies of chat completions as vLLM does. What it would refuse, what brings a template of its own, and media, whose
 * placeholders only the engine knows, give no chat.
 */
final class ChatBodies {

    private ChatBodies() {}

    /** The chat; null when its tokens would not be those of the engine. */
    static @Nullable Chat read(ObjectNode body) {
        JsonNode settings = body.path("chat_template_kwargs");
        if (isGiven(body.path("chat_template")) || isGiven(settings.path("chat_template"))) {
            return null;
        }
        Boolean addPrompt = flag(body, "add_generation_prompt", true);
        Boolean continues = flag(body, "continue_final_message", false);
        Boolean addSpecials = flag(body, "add_special_tokens", false);
        List<Chat.Message> messages = messages(body.path("messages"));
        List<Object> tools = objects(body.path("tools"), true);
        List<Object> documents = objects(body.path("documents"), false);
        Map<String, @Nullable Object> arguments = arguments(body.path("reasoning_effort"), settings);
        if (addPrompt == null || continues == null || addSpecials == null || (addPrompt && continues)) {
            return null;
        }
        if (messages == null || tools == null || documents == null || arguments == null) {
            return null;
        }
        Chat.Ending ending =
                continues ? Chat.Ending.OPEN_MESSAGE : addPrompt ? Chat.Ending.GENERATION_PROMPT : Chat.Ending.CLOSED;
        return new Chat(messages, tools, documents, arguments, null, ending, addSpecials);
    }

    private static boolean isGiven(JsonNode node) {
        return !node.isMissingNode() && !node.isNull();
    }

    /** A flag, null when it is not one. */
    static @Nullable Boolean flag(ObjectNode body, String name, boolean otherwise) {
        JsonNode node = body.path(name);
        if (node.isMissingNode()) {
            return otherwise;
        }
        return node.isBoolean() ? node.booleanValue() : null;
    }

    private static @Nullable Map<String, @Nullable Object> arguments(JsonNode effort, JsonNode settings) {
        Map<String, @Nullable Object> arguments = new LinkedHashMap<>();
        if (isGiven(effort)) {
            if (!effort.isString()) {
                return null;
            }
            arguments.put("reasoning_effort", effort.stringValue());
        }
        if (isGiven(settings)) {
            if (!settings.isObject()) {
                return null;
            }
            settings.properties().forEach(field -> arguments.put(field.getKey(), ChatFields.plain(field.getValue())));
        }
        return arguments;
    }

    private static @Nullable List<Object> objects(JsonNode node, boolean areTools) {
        if (!isGiven(node)) {
            return List.of();
        }
        if (!(node instanceof ArrayNode array)) {
            return null;
        }
        List<Object> objects = new ArrayList<>();
        for (JsonNode element : areTools ? ChatFields.tools(array) : array) {
            if (!element.isObject()) {
                return null;
            }
            objects.add(ChatFields.plain(element));
        }
        return objects;
    }

    private static @Nullable List<Chat.Message> messages(JsonNode node) {
        if (!(node instanceof ArrayNode array) || array.isEmpty()) {
            return null;
        }
        List<Chat.Message> messages = new ArrayList<>(array.size());
        for (JsonNode element : array) {
            Chat.Message message = element instanceof ObjectNode object ? message(object) : null;
            if (message == null) {
                return null;
            }
            messages.add(message);
        }
        return messages;
    }

    private static Chat.@Nullable Message message(ObjectNode object) {
        String role = object.path("role").asString("");
        List<Chat.Part> content = content(object.path("content"));
        if (role.isEmpty() || content == null) {
            return null;
        }
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        for (String name : ChatFields.OF_MESSAGE) {
            JsonNode value = object.path(name);
            if (!isGiven(value) && name.equals("reasoning")) {
                value = object.path("reasoning_content");
            }
            if (isGiven(value)) {
                if (name.equals("tool_calls")) {
                    ChatFields.parseArguments(value);
                }
                fields.put(name, ChatFields.plain(value));
            }
        }
        return new Chat.Message(role, content, fields);
    }

    private static @Nullable List<Chat.Part> content(JsonNode content) {
        if (!isGiven(content)) {
            return List.of();
        }
        if (content.isString()) {
            return List.of(new Chat.Text(content.stringValue()));
        }
        if (!(content instanceof ArrayNode array)) {
            return null;
        }
        List<Chat.Part> parts = new ArrayList<>(array.size());
        for (JsonNode element : array) {
            String text = element.isString() ? element.stringValue() : text(element);
            if (text == null) {
                return null;
            }
            parts.add(new Chat.Text(text));
        }
        return parts;
    }

    /** Text of a part, null when it is none. */
    private static @Nullable String text(JsonNode part) {
        String type = part.path("type").asString("");
        if (!ChatFields.TEXT_TYPES.contains(type)) {
            return null;
        }
        JsonNode text = part.has(type) ? part.path(type) : part.path("text");
        return text.isString() ? text.stringValue() : null;
    }
}
