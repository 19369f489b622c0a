package io.llmd.simulator.openai;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.output.OutputPlan;
import io.llmd.simulator.output.Script;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What new text adds to a message; markup adds nothing.
 *
 * @param content null if nothing was added
 * @param reasoning null if nothing was added
 */
public record MessageDelta(
        @Nullable String content, @Nullable String reasoning, List<CallDelta> calls) {

    /**
     * What new text adds to a call of a tool.
     *
     * @param index place among the calls
     * @param started the call, if its name became known
     * @param arguments null if nothing was added
     */
    public record CallDelta(
            int index,
            Script.@Nullable Call started,
            @Nullable String arguments) {}

    /**
     * Reads new text of a choice.
     *
     * @param before characters that were read before
     */
    public static MessageDelta of(OutputPlan plan, int before, String text) {
        if (plan.parts().isEmpty()) {
            return new MessageDelta(text.isEmpty() ? null : text, null, List.of());
        }
        String content = null;
        String reasoning = null;
        List<CallDelta> calls = new ArrayList<>();
        int index = 0;
        for (Script.Part part : plan.parts()) {
            String piece = piece(part, before, text);
            switch (part) {
                case Script.Content all -> content = join(content, piece);
                case Script.Reasoning all -> reasoning = join(reasoning, piece);
                case Script.Call call -> {
                    boolean started = before < call.named() && call.named() <= before + text.length();
                    if (started || !piece.isEmpty()) {
                        calls.add(new CallDelta(index, started ? call : null, piece.isEmpty() ? null : piece));
                    }
                    index++;
                }
            }
        }
        return new MessageDelta(content, reasoning, calls);
    }

    private static String piece(Script.Part part, int before, String text) {
        int start = Math.clamp((long) part.start() - before, 0, text.length());
        int end = Math.clamp((long) part.end() - before, 0, text.length());
        return text.substring(start, Math.max(start, end));
    }

    private static @Nullable String join(@Nullable String old, String piece) {
        return piece.isEmpty() ? old : old == null ? piece : old + piece;
    }

    boolean isEmpty() {
        return content == null && reasoning == null && calls.isEmpty();
    }

    /** As {@code delta} of a chunk. */
    ObjectNode json() {
        ObjectNode delta = Json.object();
        if (content != null) {
            delta.put("content", content);
        } else if (!calls.isEmpty()) {
            delta.putNull("content");
        }
        if (reasoning != null) {
            delta.put("reasoning", reasoning);
        }
        if (!calls.isEmpty()) {
            ArrayNode array = delta.putArray("tool_calls");
            calls.forEach(call -> array.add(json(call)));
        }
        return delta;
    }

    private static ObjectNode json(CallDelta call) {
        ObjectNode node = Json.object();
        Script.Call started = call.started();
        if (started != null) {
            node.put("id", started.id()).put("type", "function");
        }
        ObjectNode function = node.put("index", call.index()).putObject("function");
        if (started != null) {
            function.put("name", started.name());
        }
        if (call.arguments() != null) {
            function.put("arguments", call.arguments());
        }
        return node;
    }
}
