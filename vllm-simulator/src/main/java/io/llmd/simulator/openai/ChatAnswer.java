package io.llmd.simulator.openai;

import io.llmd.simulator.api.Answer;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.Script;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Chat completions on the wire: complete bodies and chunks. */
public final class ChatAnswer implements Answer {
    private final AnswerHead head;
    private final ChatStyle style;
    private final String chunkStart;

    public ChatAnswer(AnswerHead head, ChatStyle style) {
        this.head = head;
        this.style = style;
        chunkStart = head.chunkStart("chat.completion.chunk");
    }

    @Override
    public ObjectNode body(List<Choice> choices) {
        ObjectNode body = head.bodyStart("chat.completion");
        ArrayNode array = body.putArray("choices");
        choices.forEach(choice -> array.add(choice(choice)));
        body.putNull("service_tier").put("system_fingerprint", head.fingerprint());
        body.set("usage", head.usage().of(choices).complete());
        int[] prompt = choices.getFirst().prompt();
        if (head.wanted().prompt().isPresent()) {
            body.set("prompt_logprobs", head.logprobs().prompt(prompt));
        } else {
            body.putNull("prompt_logprobs");
        }
        WireText.putPromptIds(body, head.sampling().returnTokenIds(), choices.getFirst());
        body.put("prompt_text", style.promptText());
        return head.endBody(body);
    }

    private ObjectNode choice(Choice choice) {
        ObjectNode node = Json.object().put("index", choice.index());
        ChatMessageText text = ChatMessageText.take(choice);
        node.set("message", message(text));
        if (head.wanted().output().isPresent()) {
            node.set("logprobs", head.logprobs().chat(choice.plan(), 0, choice.produced()));
        } else {
            node.putNull("logprobs");
        }
        boolean called = !text.calls().isEmpty();
        node.put("finish_reason", finishReason(choice, called));
        WireText.putStopReason(node, choice);
        WireText.putTokenIds(node, "token_ids", head.sampling().returnTokenIds(), choice, 0, choice.produced());
        return node.putNull("routed_experts");
    }

    private ObjectNode message(ChatMessageText text) {
        ObjectNode message = Json.object().put("role", style.role());
        String content = text.content() == null && style.tools() == ChatStyle.Tools.FORCED ? "" : text.content();
        message.put("content", style.echo().isEmpty() ? content : style.echo() + (content == null ? "" : content));
        message.putNull("refusal").putNull("annotations").putNull("audio").putNull("function_call");
        if (!text.calls().isEmpty() || head.isBefore30()) {
            ArrayNode calls = message.putArray("tool_calls");
            for (ChatMessageText.CallText call : text.calls()) {
                calls.addObject()
                        .put("id", call.id())
                        .put("type", "function")
                        .putObject("function")
                        .put("name", call.name())
                        .put("arguments", call.arguments());
            }
        }
        return message.put("reasoning", text.reasoning());
    }

    private String finishReason(Choice choice, boolean called) {
        String reason = WireText.finishReason(choice);
        return called && reason.equals("stop") && !style.namedTool() ? "tool_calls" : reason;
    }

    @Override
    public void open(StringBuilder out) {
        // the first event waits for the first token
    }

    @Override
    public void firstOutput(StringBuilder out, List<Choice> choices) {
        for (Choice choice : choices) {
            out.append(chunkStart)
                    .append("[{\"index\":")
                    .append(choice.index())
                    .append(",\"delta\":{\"role\":")
                    .append(Json.quoted(style.role()))
                    .append(",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}]");
            appendUsage(out, choice, 0);
            out.append(",\"prompt_token_ids\":");
            if (head.sampling().returnTokenIds()) {
                WireText.appendIds(out, choice.prompt());
            } else {
                out.append("null");
            }
            String prompt = style.promptText();
            out.append(",\"prompt_text\":")
                    .append(prompt == null ? "null" : Json.quoted(prompt))
                    .append("}\n\n");
        }
        if (!style.echo().isEmpty()) {
            choices.forEach(choice -> echo(out, choice));
        }
    }

    private void echo(StringBuilder out, Choice choice) {
        out.append(chunkStart)
                .append("[{\"index\":")
                .append(choice.index())
                .append(",\"delta\":{\"content\":")
                .append(Json.quoted(style.echo()))
                .append("},\"logprobs\":null,\"finish_reason\":null}]");
        appendUsage(out, choice, 0);
        out.append("}\n\n");
    }

    @Override
    public void output(StringBuilder out, Choice choice, int from, String text, boolean last) {
        int before = choice.shownChars() - text.length();
        MessageDelta delta = MessageDelta.of(choice.plan(), before, text);
        boolean told = head.wanted().output().isPresent() || head.sampling().returnTokenIds();
        boolean skipped = delta.isEmpty() && !last && !told && style.tools() != ChatStyle.Tools.NO_PARSER;
        if (skipped) {
            return;
        }
        out.append(chunkStart).append("[{\"index\":").append(choice.index()).append(",\"delta\":");
        appendDelta(out, delta);
        out.append(",\"logprobs\":");
        if (head.wanted().output().isPresent()) {
            out.append(Json.string(head.logprobs().chat(choice.plan(), from, choice.sent())));
        } else {
            out.append("null");
        }
        out.append(",\"finish_reason\":");
        if (last) {
            out.append('"').append(finishReason(choice, hasStartedCall(choice))).append("\",\"stop_reason\":");
            WireText.appendStopReason(out, choice);
        } else {
            out.append("null");
        }
        out.append(",\"token_ids\":");
        if (head.sampling().returnTokenIds()) {
            WireText.appendTokenIds(out, choice, from);
        } else {
            out.append("null");
        }
        out.append("}]");
        appendUsage(out, choice, choice.sent());
        if (last) {
            head.appendFingerprint(out);
        }
        out.append("}\n\n");
    }

    private void appendDelta(StringBuilder out, MessageDelta delta) {
        if (delta.isEmpty()) {
            out.append(style.tools() == ChatStyle.Tools.NO_PARSER ? "{\"content\":\"\"}" : "{}");
        } else if (delta.calls().isEmpty() && delta.reasoning() == null) {
            out.append("{\"content\":")
                    .append(Json.quoted(String.valueOf(delta.content())))
                    .append(
                            head.isBefore30() && style.tools() != ChatStyle.Tools.NO_PARSER
                                    ? ",\"tool_calls\":[]}"
                                    : "}");
        } else {
            out.append(Json.string(delta.json()));
        }
    }

    private static boolean hasStartedCall(Choice choice) {
        return choice.plan().parts().stream()
                .anyMatch(part -> part instanceof Script.Call call && call.named() <= choice.shownChars());
    }

    @Override
    public void close(StringBuilder out, List<Choice> choices) {
        if (head.sampling().includeUsage()) {
            out.append(chunkStart).append("[],\"usage\":");
            out.append(Json.string(head.usage().of(choices).streamed()));
            out.append(",\"system_fingerprint\":")
                    .append(Json.quoted(head.fingerprint()))
                    .append("}\n\n");
        }
        out.append(WireText.DONE);
    }

    private void appendUsage(StringBuilder out, Choice choice, int sent) {
        if (head.sampling().continuousUsage()) {
            out.append(",\"usage\":")
                    .append(Json.string(head.usage().running(choice, sent).running()));
        }
    }
}
