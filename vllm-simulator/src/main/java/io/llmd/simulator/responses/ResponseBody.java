package io.llmd.simulator.responses;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.openai.AnswerHead;
import io.llmd.simulator.openai.ChatRequest;
import io.llmd.simulator.openai.Usage;
import io.llmd.simulator.output.Choice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The object that describes one response, in its states. */
final class ResponseBody {
    private static final List<String> AFTER_CALLS =
            List.of("max_tool_calls", "previous_response_id", "prompt", "reasoning");

    private final AnswerHead head;
    private final RequestFields request;
    private final int maxTokens;

    ResponseBody(AnswerHead head, RequestFields request, ChatRequest chat) {
        this.head = head;
        this.request = request;
        maxTokens = chat.sampling().maxTokens().orElse(chat.room());
    }

    String id() {
        return head.id();
    }

    /** Without output. */
    ObjectNode json(String status) {
        return json(status, Json.array(), null);
    }

    /** With what the choice said. */
    ObjectNode json(Choice choice, ArrayNode output) {
        return json(status(choice.finish()), output, head.usage().of(List.of(choice)));
    }

    private static String status(FinishReason reason) {
        return switch (reason) {
            case LENGTH -> "incomplete";
            case ABORT -> "cancelled";
            case STOP, ERROR, CACHE_THRESHOLD -> "completed";
        };
    }

    private ObjectNode json(String status, ArrayNode output, @Nullable Usage usage) {
        ObjectNode body = Json.object().put("id", head.id()).put("created_at", head.created());
        if (status.equals("incomplete")) {
            body.putObject("incomplete_details").put("reason", "max_output_tokens");
        } else {
            body.putNull("incomplete_details");
        }
        copy(body, "instructions");
        copy(body, "metadata");
        body.put("model", head.model()).put("object", "response");
        body.set("output", output);
        body.put("parallel_tool_calls", request.bool("parallel_tool_calls", true));
        body.put("temperature", orElse(request.number("temperature"), 1));
        boolean tools = request.truthy("tools");
        JsonNode choice = request.get("tool_choice");
        if (tools && choice != null) {
            body.set("tool_choice", choice);
        } else {
            body.put("tool_choice", tools ? "auto" : "none");
        }
        body.set("tools", tools ? request.get("tools") : Json.array());
        body.put("top_p", orElse(request.number("top_p"), 1));
        body.put("background", request.bool("background", false));
        body.put("max_output_tokens", maxTokens);
        AFTER_CALLS.forEach(name -> copy(body, name));
        body.put("service_tier", request.has("service_tier") ? request.string("service_tier") : "auto");
        body.put("status", status);
        copy(body, "text");
        body.putNull("top_logprobs");
        body.put("truncation", request.has("truncation") ? request.string("truncation") : "disabled");
        body.set("usage", usage == null ? null : usage(usage));
        copy(body, "user");
        body.put("presence_penalty", orElse(request.number("presence_penalty"), 0));
        body.put("frequency_penalty", orElse(request.number("frequency_penalty"), 0));
        return body.putNull("kv_transfer_params")
                .putNull("ec_transfer_params")
                .putNull("input_messages")
                .putNull("output_messages");
    }

    private static ObjectNode usage(Usage usage) {
        ObjectNode node = Json.object().put("input_tokens", usage.promptTokens());
        ObjectNode input = node.putObject("input_tokens_details")
                .put("cached_tokens", usage.cachedTokens().orElse(0))
                .put("cache_write_tokens", usage.createdTokens().orElse(0));
        input.putArray("input_tokens_per_turn");
        input.putArray("cached_tokens_per_turn");
        node.put("output_tokens", usage.completionTokens());
        ObjectNode output = node.putObject("output_tokens_details")
                .put("reasoning_tokens", usage.reasoningTokens().orElse(0))
                .put("tool_output_tokens", 0);
        output.putArray("output_tokens_per_turn");
        output.putArray("tool_output_tokens_per_turn");
        return node.put("total_tokens", usage.totalTokens());
    }

    private void copy(ObjectNode body, String name) {
        JsonNode value = request.get(name);
        if (value == null) {
            body.putNull(name);
        } else {
            body.set(name, value);
        }
    }

    private static double orElse(@Nullable Double value, double otherwise) {
        return value == null ? otherwise : value;
    }

    /** The output of a response as chat messages, for the next turn. */
    static List<JsonNode> asMessages(ObjectNode response) {
        List<JsonNode> messages = new ArrayList<>();
        for (JsonNode item : response.path("output")) {
            switch (item.path("type").asString("")) {
                case "message" ->
                    messages.add(Json.object()
                            .put("role", "assistant")
                            .put(
                                    "content",
                                    item.path("content").path(0).path("text").asString("")));
                case "function_call" -> {
                    ObjectNode message = Json.object().put("role", "assistant");
                    message.putArray("tool_calls")
                            .addObject()
                            .put("id", item.path("call_id").asString(""))
                            .put("type", "function")
                            .putObject("function")
                            .put("name", item.path("name").asString(""))
                            .put("arguments", item.path("arguments").asString(""));
                    messages.add(message);
                }
                default -> {
                    // reasoning is not repeated to the model
                }
            }
        }
        return messages;
    }
}
