package io.llmd.simulator.openai;

import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.FieldType;

/** Types of fields that several generation endpoints share, and fields that all of them have. */
public final class GenerationTypes {
    public static final FieldType INT64 =
            FieldType.INTEGER.atLeast(Long.MIN_VALUE).atMost(Long.MAX_VALUE);
    public static final FieldType STOP = FieldType.anyOf(
                    FieldType.STRING, FieldType.STRING.list().noLongerThan(4))
            .nullable();
    public static final FieldType STREAM_OPTIONS = BodySchema.builder()
            .optional("include_usage", FieldType.BOOLEAN.nullable())
            .optional("continuous_usage_stats", FieldType.BOOLEAN.nullable())
            .build()
            .asType()
            .nullable();
    public static final FieldType RESPONSE_FORMAT = FieldType.anyOf(
                    BodySchema.builder()
                            .required("type", FieldType.word("text", "json_object", "json_schema"))
                            .optional("json_schema", jsonSchema().nullable())
                            .build()
                            .asType(),
                    BodySchema.builder()
                            .required("type", FieldType.word("structural_tag"))
                            .required("format", FieldType.ANY)
                            .build()
                            .asType(),
                    BodySchema.builder()
                            .required("type", FieldType.word("structural_tag"))
                            .required("structures", FieldType.ANY.list())
                            .required("triggers", FieldType.STRING.list())
                            .build()
                            .asType())
            .nullable();
    public static final FieldType TOOLS = tool().list().nullable();

    private GenerationTypes() {}

    private static FieldType jsonSchema() {
        return BodySchema.builder()
                .required("name", FieldType.STRING)
                .optional("description", FieldType.STRING.nullable())
                .optional("schema", FieldType.DICT.nullable())
                .optional("strict", FieldType.BOOLEAN.nullable())
                .build()
                .asType();
    }

    private static FieldType tool() {
        FieldType function = BodySchema.builder()
                .required("name", FieldType.STRING)
                .optional("description", FieldType.STRING.nullable())
                .optional("parameters", FieldType.DICT.nullable())
                .optional("strict", FieldType.BOOLEAN.nullable())
                .build()
                .asType();
        return BodySchema.builder()
                .optional("type", FieldType.word("function"))
                .required("function", function)
                .build()
                .asType();
    }

    /** Adds the fields that say how tokens are drawn, in vLLM's order. */
    public static BodySchema.Builder sampling(BodySchema.Builder schema) {
        return schema.optional("use_beam_search", FieldType.BOOLEAN)
                .optional("top_k", FieldType.INTEGER.nullable())
                .optional("min_p", FieldType.NUMBER.nullable())
                .optional("repetition_penalty", FieldType.NUMBER.nullable())
                .optional("length_penalty", FieldType.NUMBER)
                .optional("stop_token_ids", FieldType.INTEGER.list().nullable())
                .optional("include_stop_str_in_output", FieldType.BOOLEAN)
                .optional("ignore_eos", FieldType.BOOLEAN)
                .optional("min_tokens", FieldType.INTEGER)
                .optional("skip_special_tokens", FieldType.BOOLEAN)
                .optional("spaces_between_special_tokens", FieldType.BOOLEAN)
                .optional(
                        "truncate_prompt_tokens",
                        FieldType.INTEGER.atLeast(-1).atMost(Long.MAX_VALUE).nullable())
                .optional("truncation_side", FieldType.word("left", "right").nullable());
    }

    /** Adds the fields that are vLLM's own, in vLLM's order. */
    public static BodySchema.Builder extensions(BodySchema.Builder schema) {
        return schema.optional("priority", INT64)
                .optional("request_id", FieldType.STRING)
                .optional("session_id", FieldType.STRING.nullable())
                .optional("return_tokens_as_token_ids", FieldType.BOOLEAN.nullable())
                .optional("return_token_ids", FieldType.BOOLEAN.nullable())
                .optional("return_token_offsets", FieldType.BOOLEAN.nullable())
                .optional("return_prompt_text", FieldType.BOOLEAN.nullable())
                .optional("mm_payload", FieldType.word("tensors", "none"))
                .optional("cache_salt", FieldType.STRING.nullable())
                .optional("kv_transfer_params", FieldType.DICT.nullable())
                .optional("ec_transfer_params", FieldType.DICT.nullable())
                .optional("vllm_xargs", FieldType.DICT.nullable())
                .optional("stream_interval", FieldType.INTEGER.atLeast(1).nullable());
    }
}
