package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.SimulatorSettings;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The names an endpoint serves its model under. */
public final class ModelNames {
    private final SimulatorSettings settings;

    public ModelNames(SimulatorSettings settings) {
        this.settings = settings;
    }

    /** The name for the answer; 404 for a name that is not served. */
    public String resolve(RequestFields fields) {
        String wanted = wanted(fields);
        if (!settings.servedModelNames().contains(wanted)) {
            String names = settings.preset().isAtLeast(30)
                    ? " Valid aliases: " + String.join(", ", settings.servedModelNames()) + "."
                    : "";
            throw ApiException.notFound("The model `" + wanted + "` does not exist." + names, "model");
        }
        return wanted;
    }

    /** The same where vLLM says less about names that are not served. */
    public String resolveForPooling(RequestFields fields) {
        String wanted = wanted(fields);
        if (!settings.servedModelNames().contains(wanted)) {
            throw ApiException.notFound("The model `" + wanted + "` does not exist.", null);
        }
        return wanted;
    }

    private String wanted(RequestFields fields) {
        String wanted = fields.string("model");
        return wanted == null || wanted.isEmpty() ? settings.servedModelName() : wanted;
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
