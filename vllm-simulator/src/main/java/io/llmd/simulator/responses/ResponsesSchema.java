package io.llmd.simulator.responses;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.FieldType;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.openai.GenerationChecks;
import io.llmd.simulator.openai.GenerationTypes;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The body of {@code POST /v1/responses}; checks and fields are in vLLM's order. */
final class ResponsesSchema {
    static final BodySchema SCHEMA = BodySchema.builder()
            .check(ResponsesSchema::tools)
            .check(ResponsesSchema::promptTemplate)
            .check(ResponsesSchema::background)
            .check(GenerationChecks::cacheSalt)
            .optional("background", FieldType.BOOLEAN.nullable())
            .required("input", FieldType.anyOf(FieldType.STRING, FieldType.DICT.list()))
            .optional("instructions", FieldType.STRING.nullable())
            .optional("max_output_tokens", FieldType.INTEGER.nullable())
            .optional("max_tool_calls", FieldType.INTEGER.nullable())
            .optional("metadata", FieldType.DICT.nullable())
            .optional("model", FieldType.STRING.nullable())
            .optional("logit_bias", FieldType.DICT.nullable())
            .optional("parallel_tool_calls", FieldType.BOOLEAN.nullable())
            .optional("previous_response_id", FieldType.STRING.nullable())
            .optional("reasoning", FieldType.DICT.nullable())
            .optional("include_reasoning", FieldType.BOOLEAN)
            .optional("service_tier", FieldType.word("auto", "default", "flex", "scale", "priority"))
            .optional("store", FieldType.BOOLEAN.nullable())
            .optional("stream", FieldType.BOOLEAN.nullable())
            .optional("temperature", FieldType.NUMBER.nullable())
            .optional("text", FieldType.DICT.nullable())
            .optional("tools", FieldType.DICT.list())
            .optional("top_logprobs", FieldType.INTEGER.nullable())
            .optional("top_p", FieldType.NUMBER.nullable())
            .optional("top_k", FieldType.INTEGER.nullable())
            .optional("min_p", FieldType.NUMBER.nullable())
            .optional("truncation", FieldType.word("auto", "disabled").nullable())
            .optional("user", FieldType.STRING.nullable())
            .optional("presence_penalty", FieldType.NUMBER.nullable())
            .optional("frequency_penalty", FieldType.NUMBER.nullable())
            .optional("request_id", FieldType.STRING)
            .optional("priority", GenerationTypes.INT64)
            .optional("cache_salt", FieldType.STRING.nullable())
            .optional("structured_outputs", FieldType.DICT.nullable())
            .optional("repetition_penalty", FieldType.NUMBER.nullable())
            .optional("seed", GenerationTypes.INT64.nullable())
            .optional("stop", GenerationTypes.STOP)
            .optional("stop_token_ids", FieldType.INTEGER.list().nullable())
            .optional("ignore_eos", FieldType.BOOLEAN)
            .optional("vllm_xargs", FieldType.DICT.nullable())
            .optional("kv_transfer_params", FieldType.DICT.nullable())
            .optional("ec_transfer_params", FieldType.DICT.nullable())
            .optional("chat_template_kwargs", FieldType.DICT.nullable())
            .build();

    private ResponsesSchema() {}

    private static void tools(RequestFields fields) {
        JsonNode choice = fields.get("tool_choice");
        boolean named = choice instanceof ObjectNode && GenerationChecks.isWord(choice.get("type"), "function");
        boolean offered = fields.truthy("tools");
        if (!offered && choice == null) {
            fields.body().put("tool_choice", "none");
        }
        if (!offered && GenerationChecks.isWord(choice, "required")) {
            throw ApiException.parameter(
                    "Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice");
        }
        if (named
                && (!offered
                        || !isOffered(
                                fields,
                                fields.body().path("tool_choice").path("name").asString("")))) {
            throw ApiException.parameter("Tool choice 'function' not found in 'tools' parameter.", "tool_choice");
        }
    }

    private static boolean isOffered(RequestFields fields, String name) {
        for (JsonNode tool : fields.body().path("tools")) {
            if (GenerationChecks.isWord(tool.get("name"), name)) {
                return true;
            }
        }
        return false;
    }

    private static void promptTemplate(RequestFields fields) {
        if (fields.has("prompt")) {
            throw ApiException.parameter("prompt template is not supported", "prompt");
        }
    }

    private static void background(RequestFields fields) {
        JsonNode store = fields.body().get("store");
        if (fields.truthy("background") && store != null && !fields.truthy("store")) {
            throw ApiException.parameter("background can only be used when `store` is true", "background");
        }
    }
}
