package io.llmd.simulator.anthropic;

import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.FieldType;
import io.llmd.simulator.openai.GenerationChecks;

/** Bodies of the Messages API; fields are in vLLM's order. */
final class MessagesSchema {
    private static final FieldType BLOCK = BodySchema.builder()
            .required(
                    "type",
                    FieldType.word(
                            "text",
                            "image",
                            "tool_use",
                            "tool_result",
                            "tool_reference",
                            "thinking",
                            "redacted_thinking",
                            "tool_addition",
                            "tool_removal"))
            .build()
            .asType();
    private static final FieldType TEXT = FieldType.anyOf(FieldType.STRING, BLOCK.list());
    private static final BodySchema COMMON = BodySchema.builder()
            .required("model", FieldType.STRING)
            .required(
                    "messages",
                    BodySchema.builder()
                            .required("role", FieldType.word("user", "assistant", "system"))
                            .required("content", TEXT)
                            .build()
                            .asType()
                            .list())
            .build();

    static final BodySchema MESSAGES = optional(BodySchema.builder()
                    .check(GenerationChecks::cacheSalt)
                    .fieldsOf(COMMON)
                    .required("max_tokens", FieldType.INTEGER.positive("max_tokens"))
                    .optional("metadata", FieldType.DICT.nullable())
                    .optional(
                            "stop_sequences",
                            FieldType.STRING.list().noLongerThan(4).nullable())
                    .optional("stream", FieldType.BOOLEAN.nullable())
                    .optional("temperature", FieldType.NUMBER.nullable())
                    .optional("top_k", FieldType.INTEGER.nullable())
                    .optional("top_p", FieldType.NUMBER.nullable()))
            .build();

    static final BodySchema COUNT =
            optional(BodySchema.builder().fieldsOf(COMMON)).build();

    private MessagesSchema() {}

    private static BodySchema.Builder optional(BodySchema.Builder schema) {
        return schema.optional("output_config", FieldType.DICT.nullable())
                .optional("thinking", FieldType.DICT.nullable())
                .optional("system", TEXT.nullable())
                .optional(
                        "tool_choice",
                        BodySchema.builder()
                                .required("type", FieldType.word("auto", "any", "tool", "none"))
                                .optional("name", FieldType.STRING.nullable())
                                .build()
                                .asType()
                                .nullable())
                .optional(
                        "tools",
                        BodySchema.builder()
                                .required("name", FieldType.STRING)
                                .optional("description", FieldType.STRING.nullable())
                                .required("input_schema", FieldType.DICT)
                                .build()
                                .asType()
                                .list()
                                .nullable());
    }
}
