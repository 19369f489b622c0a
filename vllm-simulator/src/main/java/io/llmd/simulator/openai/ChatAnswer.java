package io.llmd.simulator.openai;

import io.llmd.simulator.api.Answer;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.output.Choice;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Chat completions on the wire: complete bodies and chunks. */
final class ChatAnswer implements Answer {
    private final AnswerHead head;
    private final String chunkStart;

    ChatAnswer(AnswerHead head) {
        this.head = head;
        chunkStart = head.chunkStart("chat.completion.chunk");
    }

    @Override
    public ObjectNode body(List<Choice> choices) {
        ObjectNode body = Json.object()
                .put("id", head.id())
                .put("object", "chat.completion")
                .put("created", head.created())
                .put("model", head.model());
        ArrayNode array = body.putArray("choices");
        for (Choice choice : choices) {
            ObjectNode node = array.addObject().put("index", choice.index());
            node.putObject("message")
                    .put("role", "assistant")
                    .put("content", choice.takeText(choice.produced()))
                    .putNull("refusal")
                    .putNull("annotations")
                    .putNull("audio")
                    .putNull("function_call")
                    .putNull("reasoning");
            if (head.logprobs()) {
                node.set("logprobs", Logprobs.chat(choice.plan(), 0, choice.produced()));
            } else {
                node.putNull("logprobs");
            }
            node.put("finish_reason", WireText.finishReason(choice));
            WireText.putStopReason(node, choice.plan().stopReason());
            WireText.putTokenIds(node, "token_ids", head.sampling().returnTokenIds(), choice, 0, choice.produced());
        }
        body.putNull("service_tier").put("system_fingerprint", head.fingerprint());
        body.set("usage", Usage.of(choices, head.tellCached()).complete());
        body.putNull("prompt_logprobs");
        WireText.putPromptIds(body, head.sampling().returnTokenIds(), choices.getFirst());
        return body.putNull("kv_transfer_params").putNull("ec_transfer_params");
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
                    .append(",\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,"
                            + "\"finish_reason\":null}]");
            if (head.sampling().returnTokenIds()) {
                out.append(",\"prompt_token_ids\":");
                WireText.appendIds(out, choice.prompt());
            }
            endChunk(out, new Usage(choice.prompt().length, 0, 0));
        }
    }

    @Override
    public void output(StringBuilder out, Choice choice, int from, String text, boolean last) {
        if (text.isEmpty() && !last) {
            return;
        }
        out.append(chunkStart).append("[{\"index\":").append(choice.index()).append(",\"delta\":{\"content\":");
        out.append(Json.quoted(text)).append("},\"logprobs\":");
        if (head.logprobs()) {
            out.append(Json.string(Logprobs.chat(choice.plan(), from, choice.sent())));
        } else {
            out.append("null");
        }
        out.append(",\"finish_reason\":");
        WireText.appendFinish(out, choice, last);
        if (head.sampling().returnTokenIds()) {
            WireText.appendTokenIds(out, choice, from);
        }
        out.append("}]");
        if (last) {
            out.append(",\"system_fingerprint\":\"").append(head.fingerprint()).append('"');
        }
        endChunk(out, new Usage(choice.prompt().length, choice.sent(), 0));
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

    private void endChunk(StringBuilder out, Usage soFar) {
        if (head.sampling().continuousUsage()) {
            out.append(",\"usage\":").append(Json.string(soFar.streamed()));
        }
        out.append("}\n\n");
    }
}
