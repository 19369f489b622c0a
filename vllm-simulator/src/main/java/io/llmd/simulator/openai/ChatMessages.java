package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.chat.ChatTemplate;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.token.chat.Chat;
import io.llmd.token.chat.ChatTemplateException;
import io.llmd.token.openai.ChatFields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Checks chat messages and what belongs to them, and renders them as a prompt. */
public final class ChatMessages {
    private final ChatTemplate template;

    public ChatMessages(ChatTemplate template) {
        this.template = template;
    }

    /** Renders what the fields of a chat request make the model see. */
    public RenderedPrompt render(RequestFields fields) {
        try {
            return template.render(chat(fields));
        } catch (ChatTemplateException e) {
            throw ApiException.badRequest(String.valueOf(e.getMessage()), null);
        }
    }

    private static Chat chat(RequestFields fields) {
        ArrayNode messages = fields.array("messages");
        if (messages == null) {
            throw RequestFields.missing("messages");
        }
        if (messages.isEmpty()) {
            throw ApiException.badRequest(
                    "Cannot apply chat template to an empty conversation. Provide at least one message.", null);
        }
        MediaParts media = new MediaParts(fields);
        List<Chat.Message> read = new ArrayList<>(messages.size());
        messages.forEach(message -> read.add(message(message, media)));
        return new Chat(
                read,
                tools(fields.array("tools")),
                objects("documents", fields.array("documents")),
                arguments(fields),
                fields.string("chat_template"),
                ending(fields),
                fields.bool("add_special_tokens", false));
    }

    private static Chat.Ending ending(RequestFields fields) {
        boolean addPrompt = fields.bool("add_generation_prompt", true);
        if (!fields.bool("continue_final_message", false)) {
            return addPrompt ? Chat.Ending.GENERATION_PROMPT : Chat.Ending.CLOSED;
        }
        if (addPrompt) {
            throw ApiException.badRequest(
                    "continue_final_message and add_generation_prompt are not compatible. Use continue_final_message"
                            + " when you want the model to continue the final message, and add_generation_prompt when"
                            + " you want to add a header that will prompt it to start a new assistant message instead.",
                    null);
        }
        return Chat.Ending.OPEN_MESSAGE;
    }

    private static Map<String, @Nullable Object> arguments(RequestFields fields) {
        Map<String, @Nullable Object> arguments = new LinkedHashMap<>();
        String effort = fields.string("reasoning_effort");
        if (effort != null) {
            arguments.put("reasoning_effort", effort);
        }
        RequestFields more = fields.object("chat_template_kwargs");
        if (more != null) {
            more.body().properties().forEach(field -> arguments.put(field.getKey(), Json.plain(field.getValue())));
        }
        return arguments;
    }

    private static List<Object> tools(@Nullable ArrayNode tools) {
        return objects("tools", tools == null ? null : ChatFields.tools(tools));
    }

    private static List<Object> objects(String name, @Nullable ArrayNode array) {
        List<Object> objects = new ArrayList<>();
        if (array != null) {
            for (JsonNode element : array) {
                if (!(element instanceof ObjectNode object)) {
                    throw RequestFields.invalid(name, "a list of objects");
                }
                objects.add(Json.plain(object));
            }
        }
        return objects;
    }

    private static Chat.Message message(JsonNode node, MediaParts media) {
        if (!(node instanceof ObjectNode object)) {
            throw RequestFields.invalid("messages", "a list of objects");
        }
        RequestFields message = new RequestFields(object);
        String role = message.string("role");
        if (role == null || role.isEmpty()) {
            throw RequestFields.missing("messages.role");
        }
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        for (String name : ChatFields.OF_MESSAGE) {
            JsonNode value = message.get(name);
            if (value == null && name.equals("reasoning")) {
                value = message.get("reasoning_content");
            }
            if (value != null) {
                if (name.equals("tool_calls")) {
                    ChatFields.parseArguments(value);
                }
                fields.put(name, Json.plain(value));
            }
        }
        return new Chat.Message(role, content(message.get("content"), media), fields);
    }

    private static List<Chat.Part> content(@Nullable JsonNode content, MediaParts media) {
        if (content == null) {
            return List.of();
        }
        if (content.isString()) {
            return List.of(new Chat.Text(content.stringValue()));
        }
        if (!(content instanceof ArrayNode parts)) {
            throw RequestFields.invalid("messages.content", "a string or a list of parts");
        }
        List<Chat.Part> read = new ArrayList<>(parts.size());
        parts.forEach(part -> read.add(part(part, media)));
        return read;
    }

    private static Chat.Part part(JsonNode node, MediaParts media) {
        if (node.isString()) {
            return new Chat.Text(node.stringValue());
        }
        if (!(node instanceof ObjectNode object)) {
            throw RequestFields.invalid("messages.content", "a string or a list of parts");
        }
        RequestFields part = new RequestFields(object);
        String type = part.string("type");
        if (type == null) {
            type = MediaParts.typeOf(object);
        }
        if (type == null || ChatFields.TEXT_TYPES.contains(type)) {
            return text(type == null ? "text" : type, part);
        }
        Chat.Media item = media.read(type, part);
        if (item == null) {
            throw ApiException.badRequest("Unknown part type: " + type, "messages");
        }
        return item;
    }

    private static Chat.Text text(String type, RequestFields part) {
        String text = part.string(part.has(type) ? type : "text");
        if (text == null) {
            throw RequestFields.missing("messages.content.text");
        }
        return new Chat.Text(text);
    }
}
