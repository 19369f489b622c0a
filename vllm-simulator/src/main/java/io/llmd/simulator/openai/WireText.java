package io.llmd.simulator.openai;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.SequenceEnd;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Pieces of JSON that several answers share. */
public final class WireText {
    /** The event that ends a stream. */
    public static final String DONE = "data: [DONE]\n\n";

    private WireText() {}

    public static String finishReason(Choice choice) {
        SequenceEnd end = choice.end();
        return (end == null ? FinishReason.ABORT : end.reason()).wireName();
    }

    public static void putStopReason(ObjectNode node, Choice choice) {
        Object stopReason = stopReason(choice);
        if (stopReason instanceof Integer token) {
            node.put("stop_reason", token);
        } else if (stopReason instanceof String text) {
            node.put("stop_reason", text);
        } else {
            node.putNull("stop_reason");
        }
    }

    /** The value of {@code finish_reason} and, for the last chunk, {@code stop_reason}. */
    public static void appendFinish(StringBuilder out, Choice choice, boolean last) {
        if (!last) {
            out.append("null");
            return;
        }
        out.append('"').append(finishReason(choice)).append("\",\"stop_reason\":");
        appendStopReason(out, choice);
    }

    private static @Nullable Object stopReason(Choice choice) {
        return choice.finish() == FinishReason.STOP ? choice.plan().stopReason() : null;
    }

    public static void appendStopReason(StringBuilder out, Choice choice) {
        Object reason = stopReason(choice);
        out.append(reason instanceof String text ? Json.quoted(text) : String.valueOf(reason));
    }

    /** Ids of the tokens sent since {@code from}. */
    public static void appendTokenIds(StringBuilder out, Choice choice, int from) {
        appendIds(out, ids(choice, from, choice.sent()));
    }

    public static void appendIds(StringBuilder out, int[] ids) {
        out.append('[');
        for (int i = 0; i < ids.length; i++) {
            out.append(i == 0 ? "" : ",").append(ids[i]);
        }
        out.append(']');
    }

    public static void putTokenIds(ObjectNode node, String name, boolean wanted, Choice choice, int from, int to) {
        if (wanted) {
            putIds(node.putArray(name), ids(choice, from, to));
        } else {
            node.putNull(name);
        }
    }

    public static void putPromptIds(ObjectNode node, boolean wanted, Choice choice) {
        if (wanted) {
            putIds(node.putArray("prompt_token_ids"), choice.prompt());
        } else {
            node.putNull("prompt_token_ids");
        }
    }

    private static int[] ids(Choice choice, int from, int to) {
        int[] ids = new int[to - from];
        for (int i = from; i < to; i++) {
            ids[i - from] = choice.plan().tokens().tokenAt(i);
        }
        return ids;
    }

    private static void putIds(ArrayNode array, int[] ids) {
        for (int id : ids) {
            array.add(id);
        }
    }
}
