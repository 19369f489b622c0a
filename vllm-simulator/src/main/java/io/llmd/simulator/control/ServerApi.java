package io.llmd.simulator.control;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.EngineSettings;
import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /server_info}, {@code /get_world_size}, {@code /weight_info} and {@code /collective_rpc}. Thread-safe. */
final class ServerApi {
    private final SimulatorSettings settings;

    ServerApi(SimulatorSettings settings) {
        this.settings = settings;
    }

    Reply information(Call call) {
        ObjectNode configuration = configuration();
        ObjectNode body = Json.object();
        if (ControlQuery.information(call).asJson()) {
            body.set("vllm_config", configuration);
        } else {
            body.put("vllm_config", Json.string(configuration));
        }
        body.putObject("vllm_env")
                .put("VLLM_SERVER_DEV_MODE", true)
                .put("VLLM_ALLOW_RUNTIME_LORA_UPDATING", settings.lora().runtimeUpdating());
        body.putObject("system_env").put("vllm_version", settings.version());
        return Reply.Content.json(body);
    }

    Reply worldSize(Call call) {
        int ranks = ControlQuery.world(call).is("include_dp", true)
                ? settings.dataParallel().size()
                : 1;
        return Reply.Content.json(Json.object().put("world_size", gpus() * ranks));
    }

    Reply weights(Call call) {
        return Reply.Content.json(Json.object().put("weight_version", "default"));
    }

    /** Nothing is called: there are no workers. Each of them is said to have given nothing. */
    Reply call(Call call) {
        JsonNode body;
        try {
            body = Json.parse(call.body());
        } catch (ApiException e) {
            throw ApiException.invalidBody("JSON decode error: " + e.text(), null);
        }
        if (!(body instanceof ObjectNode object)) {
            throw ApiException.invalidBody("Request body must be a JSON object", null);
        }
        if (!object.hasNonNull("method")) {
            throw ApiException.invalidBody("Missing 'method' in request body", null);
        }
        ObjectNode answer = Json.object();
        ArrayNode results = answer.putArray("results");
        for (int i = 0; i < gpus(); i++) {
            results.addNull();
        }
        return Reply.Content.json(answer);
    }

    private int gpus() {
        return settings.deployment() == null ? 1 : settings.deployment().tensorParallel();
    }

    private ObjectNode configuration() {
        EngineSettings engine = settings.engine();
        ObjectNode configuration = Json.object();
        configuration
                .putObject("model_config")
                .put("model", settings.model())
                .put("served_model_name", settings.servedModelName())
                .put("max_model_len", engine.maxModelLen());
        configuration
                .putObject("cache_config")
                .put("block_size", engine.blockTokens())
                .put("gpu_memory_utilization", settings.memoryUtilization())
                .put("enable_prefix_caching", engine.prefixCaching())
                .put("num_gpu_blocks", engine.blocks());
        configuration
                .putObject("parallel_config")
                .put("tensor_parallel_size", gpus())
                .put("data_parallel_size", settings.dataParallel().size());
        configuration
                .putObject("scheduler_config")
                .put("max_num_batched_tokens", engine.maxNumBatchedTokens())
                .put("max_num_seqs", engine.maxNumSeqs())
                .put("policy", engine.ordering().name().toLowerCase(Locale.ROOT));
        if (settings.lora().enabled()) {
            configuration
                    .putObject("lora_config")
                    .put("max_loras", engine.adapters().maxAdapters())
                    .put("max_cpu_loras", engine.adapters().maxHostAdapters());
        } else {
            configuration.putNull("lora_config");
        }
        return configuration;
    }
}
