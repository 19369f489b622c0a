package io.llmd.simulator.openai;

import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.FieldType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The type of a chat message: one of several, which all are named if a message is none of them. */
final class MessageType {
    private static final FieldType TEXT_OR_PARTS = FieldType.anyOf(FieldType.STRING, FieldType.ITERABLE);
    private static final FieldType ANY_OF_ALL = FieldType.anyOf(
            content("ChatCompletionDeveloperMessageParam", "developer"),
            content("ChatCompletionSystemMessageParam", "system"),
            content("ChatCompletionUserMessageParam", "user"),
            BodySchema.builder()
                    .required("role", FieldType.word("assistant"))
                    .optional("content", TEXT_OR_PARTS.nullable())
                    .build()
                    .asDict()
                    .named("ChatCompletionAssistantMessageParam"),
            BodySchema.builder()
                    .required("content", TEXT_OR_PARTS)
                    .required("role", FieldType.word("tool"))
                    .required("tool_call_id", FieldType.STRING)
                    .build()
                    .asDict()
                    .named("ChatCompletionToolMessageParam"),
            BodySchema.builder()
                    .required("content", FieldType.STRING.nullable())
                    .required("name", FieldType.STRING)
                    .required("role", FieldType.word("function"))
                    .build()
                    .asDict()
                    .named("ChatCompletionFunctionMessageParam"),
            BodySchema.builder()
                    .required("role", FieldType.STRING)
                    .optional("content", FieldType.anyOf(FieldType.STRING, FieldType.ANY.list()))
                    .build()
                    .asDict()
                    .named("CustomChatCompletionMessageParam"),
            BodySchema.builder()
                    .required("author", FieldType.ANY)
                    .optional("content", FieldType.ANY.list())
                    .build()
                    .asType()
                    .named("Message"));

    /** One message. */
    static final FieldType MESSAGE = ANY_OF_ALL.unless(MessageType::isPlain);

    private MessageType() {}

    private static FieldType content(String name, String role) {
        return BodySchema.builder()
                .required("content", TEXT_OR_PARTS)
                .required("role", FieldType.word(role))
                .build()
                .asDict()
                .named(name);
    }

    /** Whether a message is of a type that takes any role. */
    private static boolean isPlain(JsonNode node) {
        if (!(node instanceof ObjectNode message)) {
            return false;
        }
        JsonNode role = message.get("role");
        JsonNode content = message.get("content");
        return role != null
                && role.isString()
                && (content == null || content.isString() || content instanceof ArrayNode);
    }
}
