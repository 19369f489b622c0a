package io.llmd.simulator.openai;

import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.Script;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The whole message of a choice. A call that was cut leaves its text as content, as a parser that finds no call does.
 *
 * @param content null if there are calls but no text
 */
public record ChatMessageText(
        @Nullable String content, @Nullable String reasoning, List<CallText> calls) {

    /** A call of a tool. */
    public record CallText(String id, String name, String arguments) {}

    /** Takes all text of a choice. */
    public static ChatMessageText take(Choice choice) {
        String text = choice.takeText(choice.produced());
        List<Script.Part> parts = choice.plan().parts();
        if (parts.isEmpty()) {
            return new ChatMessageText(text, null, List.of());
        }
        boolean cut =
                parts.stream().anyMatch(part -> part instanceof Script.Call call && text.length() < call.closed());
        StringBuilder content = new StringBuilder();
        StringBuilder reasoning = new StringBuilder();
        List<CallText> calls = new ArrayList<>();
        int contentStart = 0;
        for (Script.Part part : parts) {
            String piece = text.substring(Math.min(part.start(), text.length()), Math.min(part.end(), text.length()));
            switch (part) {
                case Script.Content all -> content.append(piece);
                case Script.Reasoning thought -> {
                    reasoning.append(piece);
                    contentStart = Math.min(thought.end(), text.length());
                }
                case Script.Call call -> calls.add(new CallText(call.id(), call.name(), piece));
            }
        }
        String thought = reasoning.isEmpty() ? null : reasoning.toString();
        if (cut) {
            return new ChatMessageText(text.substring(contentStart), thought, List.of());
        }
        return new ChatMessageText(content.isEmpty() && !calls.isEmpty() ? null : content.toString(), thought, calls);
    }
}
