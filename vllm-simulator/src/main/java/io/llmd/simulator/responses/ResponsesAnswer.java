package io.llmd.simulator.responses;

import io.llmd.simulator.api.Answer;
import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.openai.ChatMessageText;
import io.llmd.simulator.openai.MessageDelta;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.Script;
import io.llmd.simulator.token.ContentHash;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Responses on the wire: complete bodies and typed events with sequence numbers, one output item after the other. */
final class ResponsesAnswer implements Answer {
    private final ResponseBody response;
    private final Consumer<ObjectNode> completed;
    private final ArrayNode output = Json.array();
    private final StringBuilder text = new StringBuilder();
    private String itemId = "";
    private Script.@Nullable Part open;
    private int sequenceNumber;

    /** @param completed gets the complete response */
    ResponsesAnswer(ResponseBody response, Consumer<ObjectNode> completed) {
        this.response = response;
        this.completed = completed;
    }

    @Override
    public ObjectNode body(List<Choice> choices) {
        Choice choice = choices.getFirst();
        ChatMessageText said = ChatMessageText.take(choice);
        if (said.reasoning() != null) {
            output.add(OutputItems.reasoning(id("rs"), said.reasoning()));
        }
        if (said.content() != null && !said.content().isEmpty()) {
            output.add(OutputItems.message(id("msg"), "completed", said.content()));
        }
        for (ChatMessageText.CallText call : said.calls()) {
            Script.Call named = new Script.Call(call.id(), call.name(), 0, 0, 0, 0);
            output.add(OutputItems.call(id("fc"), named, call.arguments(), "completed"));
        }
        return complete(choice);
    }

    private ObjectNode complete(Choice choice) {
        ObjectNode complete = response.json(choice, output);
        completed.accept(complete);
        return complete;
    }

    @Override
    public void open(StringBuilder out) {
        event(out, "response.created", Json.object().set("response", response.json("in_progress")));
        event(out, "response.in_progress", Json.object().set("response", response.json("in_progress")));
    }

    @Override
    public void firstOutput(StringBuilder out, List<Choice> choices) {
        // items are opened by what belongs to them
    }

    @Override
    public void output(StringBuilder out, Choice choice, int from, String delta, boolean last) {
        MessageDelta added = MessageDelta.of(choice.plan(), choice.shownChars() - delta.length(), delta);
        if (added.reasoning() != null) {
            open(out, new Script.Reasoning(0, 0));
            text.append(added.reasoning());
            event(
                    out,
                    "response.reasoning_text.delta",
                    Json.object()
                            .put("content_index", 0)
                            .put("delta", added.reasoning())
                            .put("item_id", itemId)
                            .put("output_index", output.size()));
        }
        if (added.content() != null) {
            open(out, new Script.Content(0, 0));
            text.append(added.content());
            ObjectNode event = Json.object()
                    .put("content_index", 0)
                    .put("delta", added.content())
                    .put("item_id", itemId);
            event.putArray("logprobs");
            event(out, "response.output_text.delta", event.put("output_index", output.size()));
        }
        for (MessageDelta.CallDelta call : added.calls()) {
            Script.Call started = call.started();
            if (started != null) {
                open(out, started);
            }
            String arguments = call.arguments();
            if (arguments != null) {
                text.append(arguments);
                event(
                        out,
                        "response.function_call_arguments.delta",
                        Json.object()
                                .put("delta", arguments)
                                .put("item_id", itemId)
                                .put("output_index", output.size()));
            }
        }
    }

    @Override
    public boolean fail(StringBuilder out, ApiException error) {
        return false; // as in vLLM, where what broke the engine breaks the stream
    }

    @Override
    public void close(StringBuilder out, List<Choice> choices) {
        closeItem(out);
        event(out, "response.completed", Json.object().set("response", complete(choices.getFirst())));
    }

    /** Opens an item unless one of its kind is open; calls are always opened. */
    private void open(StringBuilder out, Script.Part part) {
        if (open != null && open.getClass() == part.getClass() && !(part instanceof Script.Call)) {
            return;
        }
        closeItem(out);
        open = part;
        ObjectNode added = Json.object();
        switch (part) {
            case Script.Content content -> {
                itemId = id("msg");
                added.set("item", OutputItems.message(itemId, "in_progress"));
            }
            case Script.Reasoning reasoning -> {
                itemId = id("rs");
                ObjectNode item = OutputItems.reasoning(itemId, "");
                item.putArray("content");
                added.set("item", item.put("status", "in_progress"));
            }
            case Script.Call call -> {
                itemId = id("fc");
                added.set("item", OutputItems.call(itemId, call, "", "in_progress"));
            }
        }
        event(out, "response.output_item.added", added.put("output_index", output.size()));
        if (part instanceof Script.Content) {
            ObjectNode empty = OutputItems.part("");
            empty.putArray("logprobs");
            ObjectNode event = place();
            event.set("part", empty);
            event(out, "response.content_part.added", event);
        }
    }

    private void closeItem(StringBuilder out) {
        if (open == null) {
            return;
        }
        String whole = text.toString();
        ObjectNode item = switch (open) {
            case Script.Content content -> {
                ObjectNode done = Json.object().put("content_index", 0).put("item_id", itemId);
                done.putArray("logprobs");
                event(out, "response.output_text.done", done.put("output_index", output.size()), "text", whole);
                ObjectNode part = place();
                part.set("part", OutputItems.part(whole).putNull("logprobs"));
                event(out, "response.content_part.done", part);
                yield OutputItems.message(itemId, "completed", whole);
            }
            case Script.Reasoning reasoning -> {
                event(out, "response.reasoning_text.done", place(), "text", whole);
                yield OutputItems.reasoning(itemId, whole);
            }
            case Script.Call call -> {
                event(
                        out,
                        "response.function_call_arguments.done",
                        Json.object()
                                .put("arguments", whole)
                                .put("item_id", itemId)
                                .put("name", call.name())
                                .put("output_index", output.size()));
                yield OutputItems.call(itemId, call, whole, "completed");
            }
        };
        ObjectNode done = Json.object();
        done.set("item", item);
        event(out, "response.output_item.done", done.put("output_index", output.size()));
        output.add(item);
        text.setLength(0);
        open = null;
    }

    /** The id of the next item. */
    private String id(String kind) {
        return kind + "_%016x".formatted(ContentHash.of(response.id() + output.size()));
    }

    private ObjectNode place() {
        return Json.object().put("content_index", 0).put("item_id", itemId).put("output_index", output.size());
    }

    private void event(StringBuilder out, String type, ObjectNode fields, String after, String value) {
        fields.put("sequence_number", sequenceNumber++).put(after, value).put("type", type);
        write(out, type, fields);
    }

    private void event(StringBuilder out, String type, JsonNode fields) {
        ((ObjectNode) fields).put("sequence_number", sequenceNumber++).put("type", type);
        write(out, type, fields);
    }

    private static void write(StringBuilder out, String type, JsonNode fields) {
        out.append("event: ")
                .append(type)
                .append("\ndata: ")
                .append(Json.string(fields))
                .append("\n\n");
    }
}
