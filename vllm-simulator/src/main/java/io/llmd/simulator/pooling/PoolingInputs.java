package io.llmd.simulator.pooling;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.FieldType;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.openai.ChatMessages;
import io.llmd.simulator.openai.PromptField;
import io.llmd.simulator.openai.PromptLimits;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Reads what embeddings, pooling and classification are made of: texts, token ids or a conversation. */
final class PoolingInputs {
    private static final FieldType TOKEN = FieldType.INTEGER.atLeast(0);
    private static final BodySchema COMMON = BodySchema.builder()
            .optional("model", FieldType.STRING.nullable())
            .optional("user", FieldType.STRING.nullable())
            .optional("truncate_prompt_tokens", FieldType.INTEGER.atLeast(-1).nullable())
            .optional("truncation_side", FieldType.word("left", "right").nullable())
            .optional("request_id", FieldType.STRING)
            .optional("dimensions", FieldType.INTEGER.nullable())
            .optional("encoding_format", FieldType.word("float", "base64", "bytes", "bytes_only"))
            .build();
    private static final BodySchema SCHEMA = BodySchema.either(
            BodySchema.builder()
                    .fieldsOf(COMMON)
                    .required(
                            "input",
                            FieldType.anyOf(
                                    TOKEN.list(), TOKEN.list().list(), FieldType.STRING, FieldType.STRING.list()))
                    .build(),
            BodySchema.builder()
                    .fieldsOf(COMMON)
                    .required("messages", FieldType.DICT.list())
                    .build());

    private final SimulatorSettings settings;
    private final Tokenizer tokenizer;
    private final ChatMessages messages;
    private final PromptLimits limits;

    PoolingInputs(SimulatorSettings settings, Tokenizer tokenizer, ChatMessages messages) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.messages = messages;
        limits = new PromptLimits(settings);
    }

    static RequestFields fields(Call call) {
        return call.fields(SCHEMA);
    }

    List<RenderedPrompt> prompts(RequestFields fields) {
        limits.checkWanted(fields, "max_tokens", null);
        List<RenderedPrompt> prompts = read(fields).stream()
                .map(prompt -> limits.truncated(fields, prompt))
                .toList();
        prompts.forEach(limits::room);
        return prompts;
    }

    private List<RenderedPrompt> read(RequestFields fields) {
        JsonNode input = fields.get("input");
        if (input == null) {
            fields.body().put("add_generation_prompt", fields.bool("add_generation_prompt", false));
            return List.of(messages.render(fields));
        }
        List<RenderedPrompt> prompts = PromptField.read(input, tokenizer);
        if (prompts.isEmpty()) {
            throw ApiException.badRequest("You must pass at least one prompt", null);
        }
        return prompts;
    }

    /** Length of the vectors that a request wants. */
    int dimensions(RequestFields fields) {
        Integer wanted = fields.integer("dimensions");
        if (wanted == null) {
            return settings.embeddingDimensions();
        }
        if (wanted < 1 || wanted > settings.embeddingDimensions()) {
            throw ApiException.parameter(
                    "dimensions must be 1 to " + settings.embeddingDimensions() + ", got " + wanted + ".",
                    "dimensions",
                    wanted);
        }
        return wanted;
    }
}
