package io.llmd.simulator.anthropic;

import io.llmd.simulator.api.Answer;
import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.engine.CounterRandom;
import io.llmd.simulator.openai.ChatMessageText;
import io.llmd.simulator.openai.ChatRequest;
import io.llmd.simulator.openai.MessageDelta;
import io.llmd.simulator.openai.Usage;
import io.llmd.simulator.openai.UsageRules;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.Script;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Messages on the wire: complete bodies and named events, one content block after the other. */
final class MessagesAnswer implements Answer {
    private final String id;
    private final ChatRequest request;
    private final UsageRules rules;
    private int blocks;
    private @Nullable Block open;

    MessagesAnswer(String id, ChatRequest request, UsageRules rules) {
        this.id = id;
        this.request = request;
        this.rules = rules;
    }

    /** Kinds of content blocks. */
    private enum Block {
        TEXT,
        THINKING,
        TOOL_USE
    }

    @Override
    public ObjectNode body(List<Choice> choices) {
        Choice choice = choices.getFirst();
        ChatMessageText text = ChatMessageText.take(choice);
        ObjectNode body = Json.object().put("id", id).put("type", "message").put("role", "assistant");
        ArrayNode content = body.putArray("content");
        if (text.reasoning() != null) {
            content.addObject()
                    .put("type", "thinking")
                    .put("thinking", text.reasoning())
                    .put("signature", signature());
        }
        if (text.content() != null && !text.content().isEmpty()) {
            content.addObject().put("type", "text").put("text", text.content());
        }
        for (ChatMessageText.CallText call : text.calls()) {
            content.addObject()
                    .put("type", "tool_use")
                    .put("id", call.id())
                    .put("name", call.name())
                    .set("input", Json.read(call.arguments()));
        }
        if (content.isEmpty()) {
            content.addObject().put("type", "text").put("text", "");
        }
        body.put("model", request.model());
        String sequence = stopSequence(choice, !text.calls().isEmpty());
        body.put("stop_reason", stopReason(choice, !text.calls().isEmpty()));
        if (sequence != null) {
            body.put("stop_sequence", sequence);
        }
        body.set("usage", usage(rules.of(choices)));
        return body;
    }

    private static ObjectNode usage(Usage usage) {
        int cached = usage.cachedTokens().orElse(0);
        int created = usage.createdTokens().orElse(0);
        ObjectNode node = Json.object()
                .put("input_tokens", Math.max(0, usage.promptTokens() - cached - created))
                .put("output_tokens", usage.completionTokens());
        put(node, "cache_creation_input_tokens", usage.createdTokens());
        put(node, "cache_read_input_tokens", usage.cachedTokens());
        return node;
    }

    private static void put(ObjectNode node, String name, OptionalInt value) {
        value.ifPresent(tokens -> node.put(name, tokens));
    }

    /** Null if the answer was cut. */
    private static @Nullable String stopReason(Choice choice, boolean called) {
        return switch (choice.finish()) {
            case LENGTH -> "max_tokens";
            case ABORT -> null;
            case STOP, ERROR, CACHE_THRESHOLD ->
                called ? "tool_use" : choice.plan().stopReason() instanceof String ? "stop_sequence" : "end_turn";
        };
    }

    private static @Nullable String stopSequence(Choice choice, boolean called) {
        return "stop_sequence".equals(stopReason(choice, called))
                ? String.valueOf(choice.plan().stopReason())
                : null;
    }

    @Override
    public void open(StringBuilder out) {
        // the first event waits for the first token
    }

    @Override
    public void firstOutput(StringBuilder out, List<Choice> choices) {
        ObjectNode event = Json.object();
        ObjectNode message =
                event.putObject("message").put("id", id).put("type", "message").put("role", "assistant");
        message.putArray("content");
        message.put("model", request.model()).putNull("stop_reason").putNull("stop_sequence");
        message.putObject("usage")
                .put("input_tokens", choices.getFirst().prompt().length)
                .put("output_tokens", 0);
        event(out, "message_start", event);
    }

    @Override
    public void output(StringBuilder out, Choice choice, int from, String text, boolean last) {
        MessageDelta delta = MessageDelta.of(choice.plan(), choice.shownChars() - text.length(), text);
        if (delta.reasoning() != null) {
            start(out, Block.THINKING, Json.object().put("type", "thinking").put("thinking", ""));
            delta(out, Json.object().put("type", "thinking_delta").put("thinking", delta.reasoning()));
        }
        if (delta.content() != null) {
            start(out, Block.TEXT, Json.object().put("type", "text").put("text", ""));
            delta(out, Json.object().put("type", "text_delta").put("text", delta.content()));
        }
        for (MessageDelta.CallDelta call : delta.calls()) {
            Script.Call started = call.started();
            if (started != null) {
                stop(out);
                ObjectNode block = Json.object()
                        .put("type", "tool_use")
                        .put("id", started.id())
                        .put("name", started.name());
                block.putObject("input");
                start(out, Block.TOOL_USE, block);
            }
            if (call.arguments() != null) {
                delta(out, Json.object().put("type", "input_json_delta").put("partial_json", call.arguments()));
            }
        }
    }

    private void start(StringBuilder out, Block kind, ObjectNode block) {
        if (open == kind) {
            return;
        }
        stop(out);
        open = kind;
        ObjectNode event = Json.object();
        event.set("content_block", block);
        event(out, "content_block_start", event.put("index", blocks));
    }

    private void delta(StringBuilder out, ObjectNode delta) {
        ObjectNode event = Json.object();
        event.set("delta", delta);
        event(out, "content_block_delta", event.put("index", blocks));
    }

    private void stop(StringBuilder out) {
        if (open == null) {
            return;
        }
        if (open == Block.THINKING) {
            delta(out, Json.object().put("type", "signature_delta").put("signature", signature()));
        }
        event(out, "content_block_stop", Json.object().put("index", blocks));
        blocks++;
        open = null;
    }

    @Override
    public void close(StringBuilder out, List<Choice> choices) {
        boolean called = open == Block.TOOL_USE;
        stop(out);
        Choice choice = choices.getFirst();
        ObjectNode event = Json.object();
        event.putObject("delta")
                .put("stop_reason", stopReason(choice, called))
                .put("stop_sequence", stopSequence(choice, called));
        event.set("usage", usage(rules.of(choices)));
        event(out, "message_delta", event);
        event(out, "message_stop", Json.object());
    }

    @Override
    public boolean fail(StringBuilder out, ApiException error) {
        ObjectNode event = Json.object();
        event.putObject("error").put("type", "internal_error").put("message", error.text());
        event(out, "error", event);
        return true;
    }

    @Override
    public ObjectNode refusal(ApiException error) {
        return Json.messagesError(error);
    }

    /** Stands for a signature; a function of the id. */
    private String signature() {
        long key = id.hashCode();
        return "%016x%016x".formatted(CounterRandom.bits(key, 0, 11), CounterRandom.bits(key, 1, 11));
    }

    private static void event(StringBuilder out, String name, ObjectNode fields) {
        ObjectNode event = Json.object().put("type", name);
        event.setAll(fields);
        out.append("event: ")
                .append(name)
                .append("\ndata: ")
                .append(Json.string(event))
                .append("\n\n");
    }
}
