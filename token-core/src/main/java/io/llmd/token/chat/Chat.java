package io.llmd.token.chat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A conversation and all that changes its prompt. JSON values are maps, lists, strings, numbers, booleans and null.
 *
 * @param messages at least one
 * @param tools definitions of functions, as JSON values
 * @param documents that the answer shall use, as JSON values
 * @param arguments further values for the template by name, as JSON values
 * @param template a template to use instead of the model's
 * @param ending how the prompt ends
 * @param addSpecialTokens whether the prompt gets what the tokenizer puts around a text
 */
public record Chat(
        List<Message> messages,
        List<?> tools,
        List<?> documents,
        Map<String, @Nullable Object> arguments,
        @Nullable String template,
        Ending ending,
        boolean addSpecialTokens) {
    public Chat {
        messages = List.copyOf(messages);
        tools = List.copyOf(tools);
        documents = List.copyOf(documents);
        arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
    }

    /** How a prompt ends. */
    public enum Ending {
        /** After the last message. */
        CLOSED,
        /** With the start of an answer. */
        GENERATION_PROMPT,
        /** Within the last message, which the answer continues. */
        OPEN_MESSAGE
    }

    /**
     * One message.
     *
     * @param content in order
     * @param fields the other fields by name, as JSON values
     */
    public record Message(String role, List<Part> content, Map<String, @Nullable Object> fields) {
        public Message {
            content = List.copyOf(content);
            fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        }
    }

    /** A piece of a message's content. */
    public sealed interface Part {}

    /** Text. */
    public record Text(String text) implements Part {}

    /**
     * What is not text.
     *
     * @param hash identifies the content
     */
    public record Media(Modality modality, String hash) implements Part {}
}
