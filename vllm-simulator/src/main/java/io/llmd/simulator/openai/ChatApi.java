package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.api.RequestIds;
import io.llmd.simulator.api.TransferFields;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.token.RenderedPrompt;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code POST /v1/chat/completions}. */
public final class ChatApi {
    private final SimulatorSettings settings;
    private final ChatMessages messages;
    private final ModelNames models;
    private final String fingerprint;

    public ChatApi(SimulatorSettings settings, ChatMessages messages, ModelNames models, String fingerprint) {
        this.settings = settings;
        this.messages = messages;
        this.models = models;
        this.fingerprint = fingerprint;
    }

    public Reply handle(Call call) {
        RequestFields fields = call.fields();
        String model = models.resolve(fields);
        RenderedPrompt prompt = messages.render(fields);
        Sampling sampling = SamplingFields.read(
                fields,
                call.headers().get(SamplingFields.OUTPUT_TOKENS_HEADER),
                0,
                "max_tokens",
                "max_completion_tokens");
        boolean logprobs = logprobs(fields, sampling.stream());
        models.checkLength(prompt, maxTokens(sampling));
        String id = "chatcmpl-" + RequestIds.of(call, fields);
        AnswerHead head = new AnswerHead(
                id, call.nowSeconds(), model, fingerprint, sampling, settings.promptTokensDetails(), logprobs);
        return new Reply.Generate(
                List.of(prompt), sampling, false, null, TransferFields.read(fields), new ChatAnswer(head));
    }

    public static @Nullable Integer maxTokens(Sampling sampling) {
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
