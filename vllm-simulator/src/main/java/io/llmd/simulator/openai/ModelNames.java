package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.token.RenderedPrompt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The names an endpoint serves its model under, and the checks that need the model. */
public final class ModelNames {
    private final SimulatorSettings settings;

    public ModelNames(SimulatorSettings settings) {
        this.settings = settings;
    }

    /** The name for the answer; 404 for a name that is not served. */
    public String resolve(RequestFields fields) {
        String wanted = fields.string("model");
        if (wanted == null || wanted.isEmpty()) {
            return settings.servedModelName();
        }
        if (!settings.servedModelNames().contains(wanted)) {
            throw ApiException.notFound("The model `" + wanted + "` does not exist.", "model");
        }
        return wanted;
    }

    /** Answers 400 unless the prompt and what is asked for fit into the model's length. */
    public void checkLength(RenderedPrompt prompt, @Nullable Integer maxTokens) {
        int most = settings.maxModelLen();
        if (prompt.length() == 0) {
            throw ApiException.badRequest("The prompt must not be empty.", "prompt");
        }
        if (prompt.length() >= most) {
            throw ApiException.badRequest(
                    "This model's maximum context length is " + most + " tokens. However, your request has "
                            + prompt.length() + " input tokens. Please reduce the length of the input messages.",
                    "input_tokens");
        }
        if (maxTokens != null && prompt.length() + (long) maxTokens > most) {
            throw ApiException.badRequest(
                    "'max_tokens' or 'max_completion_tokens' is too large: " + maxTokens
                            + ". This model's maximum context length is " + most + " tokens and your request has "
                            + prompt.length() + " input tokens (" + maxTokens + " > " + most + " - " + prompt.length()
                            + ").",
                    "max_tokens");
        }
    }

    /** The body of {@code GET /v1/models}. */
    public ObjectNode list(long createdSeconds) {
        ObjectNode list = Json.object().put("object", "list");
        ArrayNode data = list.putArray("data");
        for (String name : settings.servedModelNames()) {
            ObjectNode model = data.addObject()
                    .put("id", name)
                    .put("object", "model")
                    .put("created", createdSeconds)
                    .put("owned_by", "vllm")
                    .put("root", settings.model())
                    .putNull("parent")
                    .put("max_model_len", settings.maxModelLen());
            model.putArray("permission")
                    .addObject()
                    .put("id", "modelperm-" + Integer.toHexString(name.hashCode()))
                    .put("object", "model_permission")
                    .put("created", createdSeconds)
                    .put("allow_create_engine", false)
                    .put("allow_sampling", true)
                    .put("allow_logprobs", true)
                    .put("allow_search_indices", false)
                    .put("allow_view", true)
                    .put("allow_fine_tuning", false)
                    .put("organization", "*")
                    .putNull("group")
                    .put("is_blocking", false);
        }
        return list;
    }
}
