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
import io.llmd.simulator.structured.ToolCalls;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.MissingNode;

/** Reads chat requests; the order of the checks is vLLM's. */
public final class ChatRequests {
    private final SimulatorSettings settings;
    private final Tokenizer tokenizer;
    private final ChatMessages messages;
    private final ModelNames models;
    private final PromptLimits limits;
    private final SamplingFields samplingFields;
    private final Constraints constraints;

    public ChatRequests(SimulatorSettings settings, Tokenizer tokenizer, ChatMessages messages, ModelNames models) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.messages = messages;
        this.models = models;
        limits = new PromptLimits(settings);
        samplingFields = new SamplingFields(settings, tokenizer);
        constraints = new Constraints(settings.answers().toolCalls());
    }

    /** Reads the fields of a chat request. */
    public ChatRequest read(Call call, RequestFields fields) {
        boolean newer = fields.has("max_completion_tokens");
        return read(call, fields, newer ? "max_completion_tokens" : "max_tokens");
    }

    /** Reads the fields of a chat request whose limit has another name. */
    public ChatRequest read(Call call, RequestFields fields, String maxTokensName) {
        String model = models.resolve(fields);
        ToolChoice tools = ToolChoice.read(fields);
        tools.requireParser(settings.answers());
        requireTrust(fields);
        Integer maxTokens = fields.integer(maxTokensName);
        limits.checkWanted(fields, maxTokensName, maxTokens);
        ArrayNode reused = promptOfPrefill(fields);
        RenderedPrompt prompt =
                reused == null ? limits.truncated(fields, messages.render(fields)) : PromptField.ids(reused, tokenizer);
        limits.checkTotal(prompt, maxTokens == null ? 0 : maxTokens, reused == null);
        int room = reused == null ? limits.roomOfText(prompt) : limits.room(prompt);
        OptionalInt wanted = maxTokens == null ? OptionalInt.empty() : OptionalInt.of(maxTokens);
        Sampling sampling = samplingFields.read(
                fields, call.headers().get(SamplingFields.OUTPUT_TOKENS_HEADER), wanted, room, source(fields, tools));
        return new ChatRequest(model, prompt, room, sampling, logprobs(fields), style(fields, tools, prompt));
    }

    /** The prompt's tokens as the prefill leg told them, in the place of the messages; null if nobody did. */
    private @Nullable ArrayNode promptOfPrefill(RequestFields fields) {
        RequestFields params = settings.preset().takesPromptOfPrefill() ? fields.object("kv_transfer_params") : null;
        ArrayNode ids = params == null ? null : params.array("prompt_token_ids");
        return ids == null || ids.isEmpty() ? null : ids;
    }

    private void requireTrust(RequestFields fields) {
        RequestFields arguments = fields.object("chat_template_kwargs");
        boolean template = fields.has("chat_template") || arguments != null && arguments.has("chat_template");
        if (template && !settings.api().trustRequestTemplates()) {
            throw ApiException.badRequest(
                    "Chat template is passed with request, but --trust-request-chat-template is not set. Refused"
                            + " request with untrusted chat template.",
                    null);
        }
        if (settings.answers().trustMediaOptions()) {
            return;
        }
        if (fields.truthy("mm_processor_kwargs")) {
            throw untrusted("mm_processor_kwargs", "multimodal preprocessing resource usage");
        }
        if (fields.truthy("media_io_kwargs")) {
            throw untrusted("media_io_kwargs", "multimodal media loading resource usage");
        }
    }

    private static ApiException untrusted(String name, String what) {
        return ApiException.parameter(
                "Per-request " + name + " are disabled by default because they can change " + what
                        + ". Start the server with --trust-request-mm-kwargs only when clients are trusted.",
                name);
    }

    private OutputSource source(RequestFields fields, ToolChoice tools) {
        Constraint constraint = constraints.read(fields);
        if (constraint != null) {
            OutputSource constrained = constraint.source(tokenizer);
            return tools.kind() == ToolChoice.Kind.AUTO ? ToolCalls.lookedForIn(constrained, tokenizer) : constrained;
        }
        OutputSource free = free(fields);
        OutputSource calls = tools.source(tokenizer, settings.answers());
        if (calls == null) {
            return free;
        }
        return (key, tokens, endsItself) -> {
            Script script = calls.script(key, tokens, endsItself);
            return script == null ? free.script(key, tokens, endsItself) : script;
        };
    }

    private OutputSource free(RequestFields fields) {
        if (settings.answers().mode() == OutputMode.ECHO) {
            String text = lastText(fields);
            return (key, tokens, endsItself) -> Script.of(tokenizer, text);
        }
        boolean thinks = settings.answers().reasoning() && !"none".equals(fields.string("reasoning_effort"));
        return thinks ? new ReasoningSource(tokenizer) : OutputSource.WORDS;
    }

    private LogprobOptions logprobs(RequestFields fields) {
        OptionalInt top = optional(fields.integer("top_logprobs"));
        OptionalInt output = fields.bool("logprobs", false) ? OptionalInt.of(top.orElse(0)) : OptionalInt.empty();
        OptionalInt prompt = optional(fields.integer("prompt_logprobs"));
        if (prompt.isEmpty() && fields.bool("echo", false)) {
            prompt = OptionalInt.of(top.orElse(0));
        }
        return samplingFields.logprobs(fields, output, prompt);
    }

    private ChatStyle style(RequestFields fields, ToolChoice tools, RenderedPrompt prompt) {
        String lastRole = last(fields).path("role").asString("assistant");
        String role = fields.bool("add_generation_prompt", true) ? "assistant" : lastRole;
        boolean echo = fields.bool("echo", false) && lastRole.equals(role);
        ChatStyle.Tools kind = !settings.answers().autoToolChoice()
                ? ChatStyle.Tools.NO_PARSER
                : tools.kind() == ToolChoice.Kind.REQUIRED || tools.kind() == ToolChoice.Kind.NAMED
                        ? ChatStyle.Tools.FORCED
                        : ChatStyle.Tools.FREE;
        return new ChatStyle(
                role,
                echo ? lastText(fields) : "",
                fields.bool("return_prompt_text", false) ? tokenizer.decode(prompt.tokens()) : null,
                kind,
                tools.kind() == ToolChoice.Kind.NAMED);
    }

    private static JsonNode last(RequestFields fields) {
        ArrayNode all = fields.array("messages");
        return all == null || all.isEmpty() ? MissingNode.getInstance() : all.get(all.size() - 1);
    }

    /** The text of the last message. */
    private static String lastText(RequestFields fields) {
        JsonNode content = last(fields).path("content");
        if (!(content instanceof ArrayNode parts)) {
            return content.asString("");
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : parts) {
            text.append(text.isEmpty() ? "" : "\n").append(part.path("text").asString(""));
        }
        return text.toString();
    }

    private static OptionalInt optional(@Nullable Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }
}
