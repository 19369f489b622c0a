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
import io.llmd.simulator.token.Tokenizer;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** {@code POST /v1/completions}. */
public final class CompletionApi {
    private static final int DEFAULT_MAX_TOKENS = 16;

    private final SimulatorSettings settings;
    private final Tokenizer tokenizer;
    private final ModelNames models;
    private final String fingerprint;

    public CompletionApi(SimulatorSettings settings, Tokenizer tokenizer, ModelNames models, String fingerprint) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.models = models;
        this.fingerprint = fingerprint;
    }

    public Reply handle(Call call) {
        RequestFields fields = call.fields();
        String model = models.resolve(fields);
        if (fields.has("suffix")) {
            throw ApiException.badRequest("suffix is not currently supported", "suffix");
        }
        JsonNode prompt = fields.get("prompt");
        if (prompt == null) {
            throw ApiException.badRequest("Either prompt or prompt_embeds must be provided and non-empty.", "prompt");
        }
        Sampling sampling = SamplingFields.read(
                fields, call.headers().get(SamplingFields.OUTPUT_TOKENS_HEADER), DEFAULT_MAX_TOKENS, "max_tokens");
        List<RenderedPrompt> prompts = PromptField.read("prompt", prompt, tokenizer);
        prompts.forEach(tokens -> models.checkLength(tokens, ChatApi.maxTokens(sampling)));
        if (fields.has("prompt_logprobs") && sampling.stream()) {
            throw ApiException.badRequest("`prompt_logprobs` are not available when `stream=True`.", "prompt_logprobs");
        }
        boolean echo = fields.bool("echo", false);
        AnswerHead head = new AnswerHead(
                "cmpl-" + RequestIds.of(call, fields),
                call.nowSeconds(),
                model,
                fingerprint,
                sampling,
                settings.promptTokensDetails(),
                fields.integer("logprobs") != null);
        List<String> echoes = echo
                ? prompts.stream().map(read -> tokenizer.decode(read.tokens())).toList()
                : List.of();
        return new Reply.Generate(
                prompts, sampling, false, null, TransferFields.read(fields), new CompletionAnswer(head, echoes));
    }
}
