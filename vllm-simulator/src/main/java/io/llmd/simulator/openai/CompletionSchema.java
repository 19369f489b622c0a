package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.FieldType;
import io.llmd.simulator.api.RequestFields;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** The body of {@code POST /v1/completions}; checks and fields are in vLLM's order. */
public final class CompletionSchema {
    private static final int MOST_PROMPTS = 1024;
    private static final FieldType TOKEN = FieldType.INTEGER.atLeast(0);

    /** Fields and checks. */
    public static final BodySchema SCHEMA = schema();

    private CompletionSchema() {}

    private static BodySchema schema() {
        BodySchema.Builder schema = BodySchema.builder()
                .check(CompletionSchema::promptCount)
                .check(CompletionSchema::promptIsThere)
                .check(GenerationChecks::streamOptions)
                .check(CompletionSchema::logprobs)
                .check(GenerationChecks::oneConstraint)
                .check(GenerationChecks::responseFormat)
                .check(GenerationChecks::cacheSalt)
                .optional("model", FieldType.STRING.nullable())
                .optional(
                        "prompt",
                        FieldType.anyOf(TOKEN.list(), TOKEN.list().list(), FieldType.STRING, FieldType.STRING.list())
                                .nullable())
                .optional("echo", FieldType.BOOLEAN.nullable())
                .optional("frequency_penalty", FieldType.NUMBER.nullable())
                .optional("logit_bias", FieldType.DICT.nullable())
                .optional("logprobs", FieldType.INTEGER.nullable())
                .optional("max_tokens", FieldType.INTEGER.nullable())
                .optional("n", FieldType.INTEGER)
                .optional("presence_penalty", FieldType.NUMBER.nullable())
                .optional("seed", GenerationTypes.INT64.nullable())
                .optional("stop", GenerationTypes.STOP)
                .optional("stream", FieldType.BOOLEAN.nullable())
                .optional("stream_options", GenerationTypes.STREAM_OPTIONS)
                .optional("suffix", FieldType.STRING.nullable())
                .optional("temperature", FieldType.NUMBER.nullable())
                .optional("top_p", FieldType.NUMBER.nullable())
                .optional("user", FieldType.STRING.nullable());
        GenerationTypes.sampling(schema)
                .optional("allowed_token_ids", FieldType.INTEGER.list().nullable())
                .optional("prompt_logprobs", FieldType.INTEGER.nullable())
                .optional("logprob_token_ids", FieldType.INTEGER.list().nullable())
                .optional("bad_words", FieldType.STRING.list())
                .optional("add_special_tokens", FieldType.BOOLEAN)
                .optional("response_format", GenerationTypes.RESPONSE_FORMAT)
                .optional("structured_outputs", FieldType.DICT.nullable());
        return GenerationTypes.extensions(schema).build();
    }

    private static void promptCount(RequestFields fields) {
        if (fields.get("prompt") instanceof ArrayNode prompts
                && prompts.size() > MOST_PROMPTS
                && !prompts.get(0).isIntegralNumber()) {
            throw ApiException.parameter(
                    "prompt list length " + prompts.size() + " exceeds the maximum allowed count of " + MOST_PROMPTS
                            + ". To increase this limit, set the VLLM_MAX_COMPLETION_PROMPTS environment variable.",
                    "prompt");
        }
    }

    private static void promptIsThere(RequestFields fields) {
        JsonNode prompt = fields.get("prompt");
        boolean empty =
                prompt == null || prompt.isString() && prompt.stringValue().isEmpty();
        if (empty && !fields.truthy("prompt_embeds")) {
            throw ApiException.parameter("Either prompt or prompt_embeds must be provided and non-empty.", "prompt");
        }
    }

    private static void logprobs(RequestFields fields) {
        if (fields.truthy("logprob_token_ids") && !fields.has("logprobs")) {
            throw ApiException.parameter(
                    "when using `logprob_token_ids`, `logprobs` must be set.", "logprob_token_ids");
        }
        GenerationChecks.integer(fields, "prompt_logprobs");
        GenerationChecks.integer(fields, "logprobs");
        GenerationChecks.promptLogprobs(fields);
        GenerationChecks.alternatives(fields, "logprobs");
    }
}
