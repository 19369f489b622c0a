package io.llmd.simulator.openai;

import io.llmd.simulator.api.Answer;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.SequenceEnd;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The Responses API on the wire: complete bodies and typed events with sequence numbers. */
final class ResponsesAnswer implements Answer {
    private final String id;
    private final String messageId;
    private final long created;
    private final String model;
    private final boolean tellCached;
    private final RequestFields request;
    private final StringBuilder text = new StringBuilder();
    private int sequenceNumber;

    ResponsesAnswer(
            String id, String messageId, long created, String model, boolean tellCached, RequestFields request) {
        this.id = id;
        this.messageId = messageId;
        this.created = created;
        this.model = model;
        this.tellCached = tellCached;
        this.request = request;
    }

    @Override
    public ObjectNode body(List<Choice> choices) {
        Choice choice = choices.getFirst();
        text.append(choice.takeText(choice.produced()));
        return complete(choices);
    }

    @Override
    public void open(StringBuilder out) {
        event(out, "response.created", Json.object().set("response", response("in_progress")));
        event(out, "response.in_progress", Json.object().set("response", response("in_progress")));
    }

    @Override
    public void firstOutput(StringBuilder out, List<Choice> choices) {
        ObjectNode added = Json.object().put("output_index", 0);
        ObjectNode item = item("in_progress");
        item.putArray("content");
        added.set("item", item);
        event(out, "response.output_item.added", added);
        ObjectNode part = place();
        part.set("part", part(""));
        event(out, "response.content_part.added", part);
    }

    @Override
    public void output(StringBuilder out, Choice choice, int from, String delta, boolean last) {
        if (delta.isEmpty()) {
            return;
        }
        text.append(delta);
        ObjectNode event = place().put("delta", delta);
        event.putArray("logprobs");
        event(out, "response.output_text.delta", event);
    }

    @Override
    public void close(StringBuilder out, List<Choice> choices) {
        ObjectNode done = place().put("text", text.toString());
        done.putArray("logprobs");
        event(out, "response.output_text.done", done);
        ObjectNode part = place();
        part.set("part", part(text.toString()));
        event(out, "response.content_part.done", part);
        ObjectNode item = Json.object().put("output_index", 0);
        item.set("item", message(status(choices)));
        event(out, "response.output_item.done", item);
        event(out, "response.completed", Json.object().set("response", complete(choices)));
    }

    private ObjectNode complete(List<Choice> choices) {
        String status = status(choices);
        ObjectNode response = response(status);
        if (status.equals("incomplete")) {
            response.putObject("incomplete_details").put("reason", "max_output_tokens");
        }
        response.withArray("output").add(message(status));
        Usage usage = Usage.of(choices, tellCached);
        ObjectNode counts = Json.object().put("input_tokens", usage.promptTokens());
        counts.putObject("input_tokens_details").put("cached_tokens", usage.cachedTokens());
        counts.put("output_tokens", usage.completionTokens());
        counts.putObject("output_tokens_details").put("reasoning_tokens", 0);
        counts.put("total_tokens", usage.promptTokens() + usage.completionTokens());
        response.set("usage", counts);
        return response;
    }

    private static String status(List<Choice> choices) {
        SequenceEnd end = choices.getFirst().end();
        return end != null && end.reason() == FinishReason.LENGTH ? "incomplete" : "completed";
    }

    private ObjectNode response(String status) {
        ObjectNode response = Json.object()
                .put("id", id)
                .put("object", "response")
                .put("created_at", created)
                .put("status", status)
                .putNull("error")
                .putNull("incomplete_details")
                .put("model", model);
        for (String name : List.of("instructions", "max_output_tokens", "metadata", "temperature", "top_p")) {
            JsonNode value = request.get(name);
            if (value == null) {
                response.putNull(name);
            } else {
                response.set(name, value);
            }
        }
        response.putArray("output");
        return response.put("parallel_tool_calls", true).put("store", false).putNull("usage");
    }

    private ObjectNode message(String status) {
        ObjectNode item = item(status);
        item.putArray("content").add(part(text.toString()));
        return item;
    }

    private ObjectNode item(String status) {
        return Json.object()
                .put("id", messageId)
                .put("type", "message")
                .put("status", status)
                .put("role", "assistant");
    }

    private static ObjectNode part(String text) {
        ObjectNode part = Json.object().put("type", "output_text").put("text", text);
        part.putArray("annotations");
        return part.putNull("logprobs");
    }

    private ObjectNode place() {
        return Json.object().put("item_id", messageId).put("output_index", 0).put("content_index", 0);
    }

    private void event(StringBuilder out, String type, JsonNode fields) {
        ObjectNode event = Json.object().put("type", type).put("sequence_number", sequenceNumber++);
        event.setAll((ObjectNode) fields);
        out.append("event: ")
                .append(type)
                .append("\ndata: ")
                .append(Json.string(event))
                .append("\n\n");
    }
}
