package io.llmd.simulator.server;

import io.llmd.simulator.config.SimulatorSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code POST /v1/chat/completions}. */
final class ChatApi {
    private final SimulatorSettings settings;
    private final ModelNames models;
    private final String fingerprint;

    ChatApi(SimulatorSettings settings, ModelNames models, String fingerprint) {
        this.settings = settings;
        this.models = models;
        this.fingerprint = fingerprint;
    }

    Reply handle(Call call) {
        RequestFields fields = call.fields();
        String model = models.resolve(fields);
        int[] prompt = ChatMessages.render(fields);
        Sampling sampling = Sampling.of(fields, call.outputTokens(), 0, "max_tokens", "max_completion_tokens");
        boolean logprobs = logprobs(fields, sampling.stream());
        models.checkLength(prompt, maxTokens(sampling));
        String id = "chatcmpl-" + RequestIds.of(call, fields);
        AnswerHead head = new AnswerHead(
                id, call.nowSeconds(), model, fingerprint, sampling, settings.promptTokensDetails(), logprobs);
        return new Reply.Generate(List.of(prompt), sampling, false, null, new ChatAnswer(head));
    }

    static @Nullable Integer maxTokens(Sampling sampling) {
        return sampling.maxTokens().isPresent() ? sampling.maxTokens().getAsInt() : null;
    }

    private static boolean logprobs(RequestFields fields, boolean stream) {
        boolean logprobs = fields.bool("logprobs", false);
        Integer top = fields.integer("top_logprobs");
        if (top != null && top > 0 && !logprobs) {
            throw ApiException.badRequest("when using `top_logprobs`, `logprobs` must be set to true.", "top_logprobs");
        }
        JsonNode promptLogprobs = fields.get("prompt_logprobs");
        if (promptLogprobs != null && stream) {
            throw ApiException.badRequest("`prompt_logprobs` are not available when `stream=True`.", "prompt_logprobs");
        }
        return logprobs;
    }
}
