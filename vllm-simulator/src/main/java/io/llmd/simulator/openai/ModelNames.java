package io.llmd.simulator.openai;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.LoraModule;
import io.llmd.simulator.config.SimulatorSettings;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The names an endpoint serves its model and its adapters under. */
public final class ModelNames {
    private final SimulatorSettings settings;
    private final LoraAdapters adapters;

    public ModelNames(SimulatorSettings settings, LoraAdapters adapters) {
        this.settings = settings;
        this.adapters = adapters;
    }

    /** The name for the answer; 404 for a name that is not served. */
    public String resolve(RequestFields fields) {
        String wanted = wanted(fields);
        if (!isServed(wanted)) {
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
        if (!isServed(wanted)) {
            throw ApiException.notFound("The model `" + wanted + "` does not exist.", null);
        }
        return wanted;
    }

    private boolean isServed(String name) {
        return settings.servedModelNames().contains(name) || adapters.find(name) != null;
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
            ObjectNode model = model(name, settings.model(), createdSeconds)
                    .putNull("parent")
                    .put("max_model_len", settings.maxModelLen());
            data.add(permitted(model, name, createdSeconds));
        }
        for (LoraModule adapter : adapters.all()) {
            String base = adapter.baseModel();
            ObjectNode model = model(adapter.name(), adapter.path(), createdSeconds)
                    .put("parent", base == null ? settings.servedModelName() : base)
                    .putNull("max_model_len");
            data.add(permitted(model, adapter.name(), createdSeconds));
        }
        return list;
    }

    private static ObjectNode model(String name, String root, long createdSeconds) {
        return Json.object()
                .put("id", name)
                .put("object", "model")
                .put("created", createdSeconds)
                .put("owned_by", "vllm")
                .put("root", root);
    }

    private static ObjectNode permitted(ObjectNode model, String name, long createdSeconds) {
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
        return model;
    }
}
