package io.llmd.simulator.metrics;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.metrics.Exposition.Labels;
import java.util.HashMap;
import java.util.Map;

/** The labels of {@code cache_config_info}: the fields of vLLM's configuration of the cache, as Python prints them. */
final class CacheConfigLabels {
    private static final String NONE = "None";
    private static final String FALSE = "False";
    private static final String TRUE = "True";

    private CacheConfigLabels() {}

    static Labels of(SimulatorSettings settings, int rank) {
        EngineSettings engine = settings.engine();
        Map<String, String> labels = new HashMap<>(since021());
        if (settings.preset().isAtLeast(32)) {
            labels.keySet().removeAll(until032().keySet());
            labels.putAll(since032(engine));
        }
        labels.put("block_size", Integer.toString(engine.blockTokens()));
        labels.put("enable_prefix_caching", engine.prefixCaching() ? TRUE : FALSE);
        labels.put("engine", Integer.toString(rank));
        labels.put("gpu_memory_utilization", Exposition.number(settings.memoryUtilization()));
        labels.put("num_gpu_blocks", Integer.toString(engine.blocks()));
        return Labels.of(labels);
    }

    private static Map<String, String> since021() {
        Map<String, String> labels = new HashMap<>(until032());
        labels.putAll(Map.of(
                "_block_size_resolved", TRUE,
                "cache_dtype", "auto",
                "hash_block_size", NONE,
                "is_attention_free", FALSE,
                "kv_cache_dtype_skip_layers", "[]",
                "kv_cache_memory_bytes", NONE,
                "kv_offloading_backend", "native",
                "kv_offloading_size", NONE,
                "kv_sharing_fast_prefill", FALSE,
                "mamba_block_size", NONE));
        labels.putAll(Map.of(
                "mamba_cache_dtype", "auto",
                "mamba_cache_mode", "none",
                "mamba_page_size_padded", NONE,
                "mamba_ssm_cache_dtype", "float32",
                "num_cpu_blocks", NONE,
                "num_gpu_blocks_override", NONE,
                "prefix_caching_hash_algo", "sha256",
                "sliding_window", NONE,
                "user_specified_block_size", FALSE));
        return labels;
    }

    private static Map<String, String> until032() {
        return Map.of("calculate_kv_scales", FALSE, "user_specified_mamba_block_size", FALSE);
    }

    private static Map<String, String> since032(EngineSettings engine) {
        long tokens = (long) engine.blocks() * engine.blockTokens();
        Map<String, String> labels = new HashMap<>(Map.of(
                "cache_hit_alignment_tokens",
                NONE,
                "effective_attention_block_size",
                Integer.toString(engine.blockTokens()),
                "enable_mamba_shared_prefix_checkpoint",
                FALSE,
                "kv_cache_layout",
                NONE,
                "kv_cache_max_concurrency",
                Exposition.number((double) tokens / engine.maxModelLen()),
                "kv_cache_size_tokens",
                Long.toString(tokens),
                "prefix_cache_retention_interval",
                "0",
                "prefix_match_unit",
                NONE,
                "replayssm_buffer_len",
                "16",
                "skip_page_size_padded",
                NONE));
        labels.putAll(Map.of("swa_bounded_replay", TRUE, "use_kda_recoverssm", FALSE, "use_replayssm", FALSE));
        return labels;
    }
}
