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
    private final Echo echo;
    private final String chunkStart;
    private int[] nextOffsets = {};

    CompletionAnswer(AnswerHead head, Echo echo) {
        this.head = head;
        this.echo = echo;
        chunkStart = head.chunkStart("text_completion");
    }

    @Override
    public ObjectNode body(List<Choice> choices) {
        ObjectNode body = head.bodyStart("text_completion");
        ArrayNode array = body.putArray("choices");
        choices.forEach(choice -> array.add(choice(choice)));
        body.putNull("service_tier").put("system_fingerprint", head.fingerprint());
        body.set("usage", head.usage().of(choices).complete());
        return head.endBody(body);
    }

    private ObjectNode choice(Choice choice) {
        String text = choice.takeText(choice.produced());
        ObjectNode node = Json.object().put("index", choice.index()).put("text", echo.before(choice, text));
        if (head.wanted().output().isPresent()) {
            node.set("logprobs", logprobs(choice, 0, choice.produced(), true));
        } else {
            node.putNull("logprobs");
        }
        node.put("finish_reason", WireText.finishReason(choice));
        WireText.putStopReason(node, choice);
        boolean ids = head.sampling().returnTokenIds();
        WireText.putTokenIds(node, "token_ids", ids, choice, 0, choice.produced());
        if (head.wanted().prompt().isPresent()) {
            node.set("prompt_logprobs", head.logprobs().prompt(choice.prompt()));
        } else {
            node.putNull("prompt_logprobs");
        }
        WireText.putPromptIds(node, ids, choice);
        return node.putNull("routed_experts");
    }

    /** Of output tokens, and those of the prompt before them where it is echoed. */
    private ObjectNode logprobs(Choice choice, int from, int to, boolean first) {
        int[] prompt = choice.prompt();
        int offset = choice.index() < nextOffsets.length ? nextOffsets[choice.index()] : 0;
        if (first && echo.isOn()) {
            int end = echo.promptOnly() ? prompt.length : prompt.length + to;
            return head.logprobs()
                    .completion(
                            i -> i < prompt.length
                                    ? prompt[i]
                                    : choice.plan().tokens().tokenAt(i - prompt.length),
                            0,
                            end,
                            1,
                            offset);
        }
        return head.logprobs().completion(choice.plan().tokens()::tokenAt, from, to, 0, offset);
    }

    @Override
    public void open(StringBuilder out) {
        // the first event waits for the first token
    }

    @Override
    public void firstOutput(StringBuilder out, List<Choice> choices) {
        nextOffsets = new int[choices.size()];
    }

    @Override
    public void output(StringBuilder out, Choice choice, int from, String text, boolean last) {
        boolean first = from == 0;
        out.append(chunkStart).append("[{\"index\":").append(choice.index()).append(",\"text\":");
        out.append(Json.quoted(first ? echo.before(choice, text) : text)).append(",\"logprobs\":");
        if (head.wanted().output().isPresent()) {
            ObjectNode logprobs = logprobs(choice, from, choice.sent(), first);
            nextOffsets[choice.index()] = Logprobs.end(logprobs, nextOffsets[choice.index()]);
            out.append(Json.string(logprobs));
        } else {
            out.append("null");
        }
        out.append(",\"finish_reason\":");
        if (last) {
            WireText.appendFinish(out, choice, true);
        } else {
            out.append("null,\"stop_reason\":null");
        }
        out.append(",\"prompt_token_ids\":");
        if (first && (head.sampling().returnTokenIds() || echo.isOn())) {
            WireText.appendIds(out, choice.prompt());
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
        if (head.sampling().continuousUsage()) {
            Usage soFar = head.usage().running(choice, choice.sent());
            out.append(",\"usage\":").append(Json.string(soFar.counts()));
        }
        if (last) {
            head.appendFingerprint(out);
        }
        out.append("}\n\n");
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

    /**
     * What of the prompt an answer repeats.
     *
     * @param prompts text of each prompt, empty if nothing is repeated
     * @param choices how many choices each prompt has
     * @param promptOnly whether the output is left out
     */
    record Echo(List<String> prompts, int choices, boolean promptOnly) {
        static final Echo OFF = new Echo(List.of(), 1, false);

        Echo {
            prompts = List.copyOf(prompts);
        }

        boolean isOn() {
            return !prompts.isEmpty();
        }

        String before(Choice choice, String text) {
            return isOn() ? prompts.get(choice.index() / choices) + (promptOnly ? "" : text) : text;
        }
    }
}
