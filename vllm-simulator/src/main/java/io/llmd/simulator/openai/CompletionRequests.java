package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.OutputMode;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.output.OutputSource;
import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.output.Script;
import io.llmd.simulator.structured.Constraint;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** Reads text completion requests; the order of the checks is vLLM's. */
public final class CompletionRequests {
    private static final int DEFAULT_MAX_TOKENS = 16;

    private final SimulatorSettings settings;
    private final Tokenizer tokenizer;
    private final ModelNames models;
    private final PromptLimits limits;
    private final SamplingFields samplingFields;
    private final Constraints constraints;

    public CompletionRequests(SimulatorSettings settings, Tokenizer tokenizer, ModelNames models) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.models = models;
        limits = new PromptLimits(settings);
        samplingFields = new SamplingFields(settings, tokenizer);
        constraints = new Constraints(settings.answers().toolCalls());
    }

    /** Reads the fields of a text completion request. */
    public CompletionRequest read(Call call, RequestFields fields) {
        String model = models.resolve(fields);
        suffix(fields);
        JsonNode prompt = fields.get("prompt");
        if (prompt == null) {
            throw ApiException.badRequest("You must set `--enable-prompt-embeds` to input `prompt_embeds`.", null);
        }
        if (prompt instanceof ArrayNode array && array.isEmpty()) {
            throw ApiException.badRequest("You must pass at least one prompt", null);
        }
        Integer given = fields.integer("max_tokens");
        int maxTokens = given == null ? DEFAULT_MAX_TOKENS : given;
        limits.checkWanted(fields, "max_tokens", maxTokens);
        List<RenderedPrompt> prompts = PromptField.read(prompt, tokenizer).stream()
                .map(read -> limits.truncated(fields, read))
                .toList();
        boolean text = prompt.isString() || prompt.path(0).isString();
        prompts.forEach(read -> limits.checkTotal(read, maxTokens, text));
        int room = prompts.stream()
                .mapToInt(text ? limits::roomOfText : limits::room)
                .min()
                .orElse(0);
        boolean echo = fields.bool("echo", false);
        boolean promptOnly = echo && maxTokens == 0;
        Sampling sampling = samplingFields.read(
                fields,
                call.headers().get(SamplingFields.OUTPUT_TOKENS_HEADER),
                OptionalInt.of(promptOnly ? 1 : maxTokens),
                room,
                source(fields, prompts));
        return new CompletionRequest(model, prompts, sampling, logprobs(fields, echo), echo, promptOnly);
    }

    private static void suffix(RequestFields fields) {
        if (!fields.has("suffix")) {
            return;
        }
        String problem = fields.bool("echo", false)
                ? "Echo is unsupported with suffix."
                : "suffix is only supported for models with FIM completion rendering";
        throw ApiException.badRequest(problem, "suffix");
    }

    private OutputSource source(RequestFields fields, List<RenderedPrompt> prompts) {
        Constraint constraint = constraints.read(fields);
        if (constraint != null) {
            return constraint.source(tokenizer);
        }
        if (settings.answers().mode() == OutputMode.ECHO) {
            int[] tokens = prompts.getFirst().tokens();
            return (key, count, endsItself) -> new Script(tokens, List.of(), true);
        }
        return OutputSource.WORDS;
    }

    private LogprobOptions logprobs(RequestFields fields, boolean echo) {
        OptionalInt output = optional(fields.integer("logprobs"));
        OptionalInt prompt = optional(fields.integer("prompt_logprobs"));
        return samplingFields.logprobs(fields, output, prompt.isEmpty() && echo ? output : prompt);
    }

    private static OptionalInt optional(@Nullable Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }
}
