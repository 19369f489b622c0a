package io.llmd.simulator.scaleout;

import io.llmd.simulator.api.Answer;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.openai.AnswerHead;
import io.llmd.simulator.openai.WireText;
import io.llmd.simulator.output.Choice;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Token ids on the wire: complete bodies and chunks. */
final class GenerateAnswer implements Answer {
    private final AnswerHead head;
    private final Mode mode;
    private boolean promptSent;

    GenerateAnswer(AnswerHead head, Mode mode) {
        this.head = head;
        this.mode = mode;
    }

    /** What is told of the output. */
    enum Mode {
        /** Token ids. */
        TOKENS,
        /** Their text, too. */
        TEXT
    }

    @Override
    public ObjectNode body(List<Choice> choices) {
        ObjectNode body = Json.object()
                .put("request_id", head.id())
                .put("model", head.model())
                .put("created", head.created());
        body.set("usage", head.usage().of(choices).complete());
        int[] prompt = choices.getFirst().prompt();
        if (head.wanted().prompt().isPresent()) {
            body.set("prompt_logprobs", head.logprobs().prompt(prompt));
        } else {
            body.putNull("prompt_logprobs");
        }
        body.putNull("prompt_token_id_logprobs");
        WireText.putPromptIds(body, head.sampling().returnTokenIds(), choices.getFirst());
        body.putNull("mm_placeholders")
                .putNull("metrics")
                .putNull("kv_transfer_params")
                .putNull("ec_transfer_params")
                .put("output_mode", modeName());
        ArrayNode array = body.putArray("choices");
        for (Choice choice : choices) {
            String text = choice.takeText(choice.produced());
            array.add(choice(choice, 0, text, true));
        }
        return body;
    }

    private String modeName() {
        return mode == Mode.TEXT ? "text" : "tokens";
    }

    private ObjectNode choice(Choice choice, int from, String text, boolean last) {
        ObjectNode node = Json.object().put("index", choice.index());
        if (last) {
            node.put("finish_reason", WireText.finishReason(choice));
            WireText.putStopReason(node, choice);
        } else {
            node.putNull("finish_reason").putNull("stop_reason");
        }
        WireText.putTokenIds(node, "token_ids", true, choice, from, choice.sent());
        node.putNull("routed_experts").putNull("sampling_mask");
        if (last) {
            node.putArray("weight_versions")
                    .addObject()
                    .put("version", "default")
                    .put("start", 0)
                    .put("end", choice.sent());
        } else {
            node.putNull("weight_versions");
        }
        if (mode == Mode.TEXT) {
            node.put("text", text);
        }
        if (head.wanted().output().isEmpty()) {
            return node.putNull("logprobs");
        }
        return node.set(
                "logprobs",
                mode == Mode.TEXT
                        ? head.logprobs().chat(choice.plan(), from, choice.sent())
                        : head.logprobs().tokens(choice.plan(), from, choice.sent()));
    }

    @Override
    public void open(StringBuilder out) {
        // the first event waits for the first token
    }

    @Override
    public void firstOutput(StringBuilder out, List<Choice> choices) {
        // nothing is announced
    }

    @Override
    public void output(StringBuilder out, Choice choice, int from, String text, boolean last) {
        ObjectNode chunk = Json.object().put("request_id", head.id());
        if (head.sampling().continuousUsage()) {
            chunk.set("usage", head.usage().running(choice, choice.sent()).complete());
        } else {
            chunk.putNull("usage");
        }
        if (head.sampling().returnTokenIds() && !promptSent) {
            promptSent = true;
            WireText.putPromptIds(chunk, true, choice);
        }
        chunk.put("output_mode", modeName()).putArray("choices").add(choice(choice, from, text, last));
        write(out, chunk);
    }

    @Override
    public void close(StringBuilder out, List<Choice> choices) {
        if (head.sampling().includeUsage()) {
            ObjectNode chunk = Json.object().put("request_id", head.id());
            chunk.set("usage", head.usage().of(choices).streamed());
            chunk.put("output_mode", modeName()).putArray("choices");
            write(out, chunk);
        }
        out.append(WireText.DONE);
    }

    private static void write(StringBuilder out, ObjectNode chunk) {
        out.append("data: ").append(Json.string(chunk)).append("\n\n");
    }
}
