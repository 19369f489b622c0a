package io.llmd.simulator.scaleout;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.openai.ChatRequest;
import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.token.MediaItem;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a request becomes before an engine gets it: a body for {@code POST /inference/v1/generate}. */
public final class RenderedRequest {
    private RenderedRequest() {}

    /** A chat. */
    public static ObjectNode json(Tokenizer tokenizer, String id, RequestFields fields, ChatRequest request) {
        int maxTokens = request.sampling().maxTokens().orElse(request.room());
        return json(tokenizer, id, fields, request.prompt(), request.sampling(), maxTokens);
    }

    /** The request of one prompt. */
    public static ObjectNode json(
            Tokenizer tokenizer,
            String id,
            RequestFields fields,
            RenderedPrompt prompt,
            Sampling sampling,
            int maxTokens) {
        ObjectNode body = Json.object().put("request_id", id);
        ArrayNode ids = body.putArray("token_ids");
        for (int token : prompt.tokens()) {
            ids.add(token);
        }
        if (fields.bool("return_token_offsets", false) && prompt.media().isEmpty()) {
            body.set("token_offsets", offsets(tokenizer, prompt.tokens()));
        } else {
            body.putNull("token_offsets");
        }
        body.set("features", features(prompt)).putNull("content_parts");
        body.set("sampling_params", SamplingJson.of(fields, sampling, maxTokens));
        copy(fields, "model", body);
        body.putNull("reasoning_ended")
                .putNull("reasoning_parser_kwargs")
                .putNull("return_token_ids")
                .put("output_mode", "tokens")
                .put("stream", sampling.stream());
        if (sampling.stream()) {
            RequestFields options = fields.object("stream_options");
            body.putObject("stream_options")
                    .put("include_usage", options == null || options.bool("include_usage", false))
                    .put("continuous_usage_stats", options != null && options.bool("continuous_usage_stats", false));
        } else {
            body.putNull("stream_options");
        }
        copy(fields, "cache_salt", body);
        Long priority = fields.longInteger("priority");
        return body.put("priority", priority == null ? 0 : priority)
                .putNull("kv_transfer_params")
                .putNull("ec_transfer_params");
    }

    private static void copy(RequestFields fields, String name, ObjectNode body) {
        JsonNode value = fields.get(name);
        if (value == null) {
            body.putNull(name);
        } else {
            body.set(name, value);
        }
    }

    private static ArrayNode offsets(Tokenizer tokenizer, int[] tokens) {
        ArrayNode offsets = Json.array();
        int start = 0;
        for (int token : tokens) {
            int end = start + tokenizer.decode(token).length();
            offsets.addArray().add(start).add(end);
            start = end;
        }
        return offsets;
    }

    /** Hashes and places of media; no tensors, as if the engine had each item already. */
    private static @Nullable ObjectNode features(RenderedPrompt prompt) {
        if (prompt.media().isEmpty()) {
            return null;
        }
        ObjectNode features = Json.object();
        ObjectNode hashes = features.putObject("mm_hashes");
        ObjectNode places = features.putObject("mm_placeholders");
        ObjectNode tensors = features.putObject("kwargs_data");
        for (MediaItem item : prompt.media()) {
            String modality = item.modality().name().toLowerCase(Locale.ROOT);
            hashes.withArray(modality).add(item.hash());
            places.withArray(modality).addObject().put("offset", item.offset()).put("length", item.length());
            tensors.withArray(modality).addNull();
        }
        return features.putNull("mm_metadata");
    }
}
