package io.llmd.simulator.openai;

import io.llmd.simulator.api.Answer;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.output.Choice;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Text completions on the wire: complete bodies and chunks. */
final class CompletionAnswer implements Answer {
    private final AnswerHead head;
    private final List<String> echoes;
    private final String chunkStart;

    /** @param echoes text of each prompt if it is to be part of the answer, else empty */
    CompletionAnswer(AnswerHead head, List<String> echoes) {
        this.head = head;
        this.echoes = List.copyOf(echoes);
        chunkStart = head.chunkStart("text_completion");
    }

    @Override
    public ObjectNode body(List<Choice> choices) {
        ObjectNode body = Json.object()
                .put("id", head.id())
                .put("object", "text_completion")
                .put("created", head.created())
                .put("model", head.model());
        ArrayNode array = body.putArray("choices");
        for (Choice choice : choices) {
            ObjectNode node = array.addObject()
                    .put("index", choice.index())
                    .put("text", echo(choice) + choice.takeText(choice.produced()));
            if (head.logprobs()) {
                node.set("logprobs", Logprobs.completion(choice.plan(), 0, choice.produced(), 0));
            } else {
                node.putNull("logprobs");
            }
            node.put("finish_reason", WireText.finishReason(choice));
            WireText.putStopReason(node, choice.plan().stopReason());
            boolean ids = head.sampling().returnTokenIds();
            WireText.putTokenIds(node, "token_ids", ids, choice, 0, choice.produced());
            node.putNull("prompt_logprobs");
            WireText.putPromptIds(node, ids, choice);
        }
        body.putNull("service_tier").put("system_fingerprint", head.fingerprint());
        body.set("usage", Usage.of(choices, head.tellCached()).complete());
        return body.putNull("kv_transfer_params");
    }

    @Override
    public void open(StringBuilder out) {
        // the first event waits for the first token
    }

    @Override
    public void firstOutput(StringBuilder out, List<Choice> choices) {
        // text completions have no role to announce
    }

    @Override
    public void output(StringBuilder out, Choice choice, int from, String text, boolean last) {
        String shown = from == 0 ? echo(choice) + text : text;
        if (shown.isEmpty() && !last) {
            return;
        }
        out.append(chunkStart).append("[{\"index\":").append(choice.index()).append(",\"text\":");
        out.append(Json.quoted(shown)).append(",\"logprobs\":");
        if (head.logprobs()) {
            out.append(Json.string(
                    Logprobs.completion(choice.plan(), from, choice.sent(), choice.shownChars() - text.length())));
        } else {
            out.append("null");
        }
        out.append(",\"finish_reason\":");
        if (last) {
            WireText.appendFinish(out, choice, true);
        } else {
            out.append("null,\"stop_reason\":null");
        }
        if (head.sampling().returnTokenIds()) {
            if (from == 0) {
                out.append(",\"prompt_token_ids\":");
                WireText.appendIds(out, choice.prompt());
            }
            WireText.appendTokenIds(out, choice, from);
        }
        out.append("}]");
        if (last) {
            out.append(",\"system_fingerprint\":\"").append(head.fingerprint()).append('"');
        }
        if (head.sampling().continuousUsage()) {
            Usage soFar = new Usage(choice.prompt().length, choice.sent(), 0);
            out.append(",\"usage\":").append(Json.string(soFar.streamed()));
        }
        out.append("}\n\n");
    }

    @Override
    public void close(StringBuilder out, List<Choice> choices) {
        if (head.sampling().includeUsage()) {
            out.append(chunkStart).append("[],\"usage\":");
            out.append(Json.string(Usage.of(choices, head.tellCached()).streamed()))
                    .append("}\n\n");
        }
        out.append(WireText.DONE);
    }

    private String echo(Choice choice) {
        return echoes.isEmpty()
                ? ""
                : echoes.get(choice.index() / head.sampling().n());
    }
}
