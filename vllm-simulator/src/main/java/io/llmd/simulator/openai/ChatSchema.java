package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.FieldType;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The body of {@code POST /v1/chat/completions}; checks and fields are in vLLM's order. */
public final class ChatSchema {
    /** Fields and checks. */
    public static final BodySchema SCHEMA = schema();

    private ChatSchema() {}

    private static BodySchema schema() {
        BodySchema.Builder schema = BodySchema.builder()
                .check(ChatSchema::messagesAreThere)
                .check(ChatSchema::ending)
                .check(ToolChecks::check)
                .check(ChatSchema::constraints)
                .check(ChatSchema::logprobs)
                .check(GenerationChecks::streamOptions)
                .check(GenerationChecks::responseFormat)
                .check(GenerationChecks::cacheSalt)
                .required("messages", MessageType.MESSAGE.list())
                .optional("model", FieldType.STRING.nullable())
                .optional("frequency_penalty", FieldType.NUMBER.nullable())
                .optional("logit_bias", FieldType.DICT.nullable())
                .optional("logprobs", FieldType.BOOLEAN.nullable())
                .optional("top_logprobs", FieldType.INTEGER.nullable())
                .optional("max_tokens", FieldType.INTEGER.nullable())
                .optional("max_completion_tokens", FieldType.INTEGER.nullable())
                .optional("n", FieldType.INTEGER.nullable())
                .optional("presence_penalty", FieldType.NUMBER.nullable())
                .optional("response_format", GenerationTypes.RESPONSE_FORMAT)
                .optional("seed", GenerationTypes.INT64.nullable())
                .optional("stop", GenerationTypes.STOP)
                .optional("stream", FieldType.BOOLEAN.nullable())
                .optional("stream_options", GenerationTypes.STREAM_OPTIONS)
                .optional("temperature", FieldType.NUMBER.nullable())
                .optional("top_p", FieldType.NUMBER.nullable())
                .optional("tools", GenerationTypes.TOOLS)
                .optional(
                        "reasoning_effort",
                        FieldType.word("none", "minimal", "low", "medium", "high", "xhigh", "max")
                                .nullable())
                .optional("include_reasoning", FieldType.BOOLEAN)
                .optional("parallel_tool_calls", FieldType.BOOLEAN.nullable())
                .optional("user", FieldType.STRING.nullable());
        GenerationTypes.sampling(schema)
                .optional("prompt_logprobs", FieldType.INTEGER.nullable())
                .optional("logprob_token_ids", FieldType.INTEGER.list().nullable())
                .optional("allowed_token_ids", FieldType.INTEGER.list().nullable())
                .optional("bad_words", FieldType.STRING.list())
                .optional("echo", FieldType.BOOLEAN)
                .optional("add_generation_prompt", FieldType.BOOLEAN)
                .optional("continue_final_message", FieldType.BOOLEAN)
                .optional("add_special_tokens", FieldType.BOOLEAN)
                .optional("documents", FieldType.DICT.list().nullable())
                .optional("chat_template", FieldType.STRING.nullable())
                .optional("chat_template_kwargs", FieldType.DICT.nullable())
                .optional("media_io_kwargs", FieldType.DICT.nullable())
                .optional("mm_processor_kwargs", FieldType.DICT.nullable())
                .optional("structured_outputs", FieldType.DICT.nullable());
        return GenerationTypes.extensions(schema).build();
    }

    private static void messagesAreThere(RequestFields fields) {
        JsonNode messages = fields.body().get("messages");
        if (messages != null && messages.isNull()) {
            throw ApiException.badRequest("'NoneType' object is not iterable", null);
        }
    }

    private static void ending(RequestFields fields) {
        if (fields.truthy("continue_final_message") && fields.truthy("add_generation_prompt")) {
            throw ApiException.badRequest(
                    "Cannot set both `continue_final_message` and `add_generation_prompt` to True.", null);
        }
    }

    private static void constraints(RequestFields fields) {
        GenerationChecks.oneConstraint(fields);
        boolean named = fields.get("tool_choice") instanceof ObjectNode;
        if (named && GenerationChecks.constraints(fields) > 0) {
            throw ApiException.badRequest(
                    "You can only either use constraints for structured outputs or tools, not both.", null);
        }
    }

    private static void logprobs(RequestFields fields) {
        if (fields.truthy("logprob_token_ids") && !fields.truthy("logprobs")) {
            throw ApiException.parameter(
                    "when using `logprob_token_ids`, `logprobs` must be set to true.", "logprob_token_ids");
        }
        GenerationChecks.integer(fields, "prompt_logprobs");
        GenerationChecks.integer(fields, "top_logprobs");
        GenerationChecks.promptLogprobs(fields);
        GenerationChecks.alternatives(fields, "top_logprobs");
        JsonNode top = fields.get("top_logprobs");
        if (top != null && (Json.number(top) == -1 || Json.number(top) > 0) && !fields.truthy("logprobs")) {
            throw ApiException.parameter("when using `top_logprobs`, `logprobs` must be set to true.", "top_logprobs");
        }
    }
}
