package io.llmd.simulator.scaleout;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.FieldType;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.api.RequestIds;
import io.llmd.simulator.api.TransferFields;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.openai.AnswerHead;
import io.llmd.simulator.openai.AnswerHeads;
import io.llmd.simulator.openai.GenerationChecks;
import io.llmd.simulator.openai.GenerationTypes;
import io.llmd.simulator.openai.LogprobOptions;
import io.llmd.simulator.openai.ModelNames;
import io.llmd.simulator.openai.PromptField;
import io.llmd.simulator.openai.PromptLimits;
import io.llmd.simulator.openai.SamplingFields;
import io.llmd.simulator.output.OutputSource;
import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.token.MediaItem;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import io.llmd.token.chat.Modality;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /inference/v1/generate}: token ids in, token ids out. */
public final class GenerateApi {
    private static final BodySchema SCHEMA = BodySchema.builder()
            .check(GenerationChecks::cacheSalt)
            .optional("request_id", FieldType.STRING)
            .required("token_ids", FieldType.INTEGER.list(1))
            .optional("features", FieldType.DICT.nullable())
            .required("sampling_params", FieldType.DICT)
            .optional("model", FieldType.STRING.nullable())
            .optional("return_token_ids", FieldType.BOOLEAN.nullable())
            .optional("output_mode", FieldType.word("tokens", "text"))
            .optional("stream", FieldType.BOOLEAN.nullable())
            .optional("stream_options", GenerationTypes.STREAM_OPTIONS)
            .optional("cache_salt", FieldType.STRING.nullable())
            .optional("priority", GenerationTypes.INT64)
            .optional("kv_transfer_params", FieldType.DICT.nullable())
            .optional("ec_transfer_params", FieldType.DICT.nullable())
            .build();

    private final Tokenizer tokenizer;
    private final ModelNames models;
    private final AnswerHeads heads;
    private final PromptLimits limits;
    private final SamplingFields samplingFields;

    public GenerateApi(SimulatorSettings settings, Tokenizer tokenizer, ModelNames models, AnswerHeads heads) {
        this.tokenizer = tokenizer;
        this.models = models;
        this.heads = heads;
        limits = new PromptLimits(settings);
        samplingFields = new SamplingFields(settings, tokenizer);
    }

    public Reply handle(Call call) {
        RequestFields fields = call.fields(SCHEMA);
        String model = models.resolve(fields);
        RenderedPrompt prompt = prompt(fields);
        int room = limits.room(prompt);
        RequestFields parameters = parameters(fields);
        Integer maxTokens = parameters.integer("max_tokens");
        Sampling sampling = samplingFields.read(
                parameters,
                call.headers().get(SamplingFields.OUTPUT_TOKENS_HEADER),
                maxTokens == null ? OptionalInt.empty() : OptionalInt.of(maxTokens),
                room,
                OutputSource.WORDS);
        LogprobOptions logprobs = samplingFields.logprobs(
                parameters, optional(parameters.integer("logprobs")), optional(parameters.integer("prompt_logprobs")));
        AnswerHead head = heads.head(
                "generate-tokens-" + RequestIds.of(call, fields),
                call.nowSeconds(),
                model,
                sampling,
                heads.usage(),
                logprobs);
        boolean text = "text".equals(fields.string("output_mode"));
        GenerateAnswer.Mode mode = text ? GenerateAnswer.Mode.TEXT : GenerateAnswer.Mode.TOKENS;
        TransferFields transfer = TransferFields.read(fields, fields.object("sampling_params"));
        return new Reply.Generate(
                head.id(), model, List.of(prompt), sampling, false, transfer, new GenerateAnswer(head, mode));
    }

    /** The sampling parameters together with what stands beside them. */
    private static RequestFields parameters(RequestFields fields) {
        ObjectNode parameters = ((ObjectNode) fields.body().get("sampling_params")).deepCopy();
        for (String name : List.of("stream", "stream_options", "cache_salt", "priority", "return_token_ids")) {
            JsonNode value = fields.get(name);
            if (value == null) {
                parameters.remove(name);
            } else {
                parameters.set(name, value);
            }
        }
        return new RequestFields(parameters);
    }

    private RenderedPrompt prompt(RequestFields fields) {
        ArrayNode ids = fields.array("token_ids");
        int[] tokens =
                PromptField.ids(ids == null ? Json.array() : ids, tokenizer).tokens();
        RequestFields features = fields.object("features");
        return features == null
                ? RenderedPrompt.of(tokens)
                : new RenderedPrompt(tokens, media(features, tokens.length));
    }

    private static List<MediaItem> media(RequestFields features, int promptTokens) {
        List<MediaItem> items = new ArrayList<>();
        RequestFields hashes = features.object("mm_hashes");
        RequestFields places = features.object("mm_placeholders");
        if (hashes == null || places == null) {
            return items;
        }
        for (var modality : hashes.body().properties()) {
            JsonNode ranges = places.body().path(modality.getKey());
            if (ranges.size() != modality.getValue().size()) {
                throw ApiException.badRequest(
                        modality.getKey() + " mm_hashes and mm_placeholders must have the same length", null);
            }
            for (int i = 0; i < ranges.size(); i++) {
                int offset = ranges.get(i).path("offset").asInt(0);
                int length = ranges.get(i).path("length").asInt(0);
                if (offset < 0 || length < 1 || offset + (long) length > promptTokens) {
                    throw ApiException.badRequest("mm_placeholders must remain within the token_ids sequence", null);
                }
                String hash = modality.getValue().get(i).asString("");
                items.add(new MediaItem(hash, offset, length, modality(modality.getKey())));
            }
        }
        items.sort(Comparator.comparingInt(MediaItem::offset));
        return items;
    }

    private static Modality modality(String name) {
        try {
            return Modality.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("Unsupported modality: " + name, null);
        }
    }

    private static OptionalInt optional(@Nullable Integer value) {
        return value == null ? OptionalInt.empty() : OptionalInt.of(value);
    }
}
