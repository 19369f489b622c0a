package io.llmd.scheduler.datalayer;

import io.llmd.metrics.page.MetricSpec;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Under which names an engine tells its load. What is null or empty the engine does not tell, and counts as 0.
 *
 * @param queued requests in the queue
 * @param running requests in the batch
 * @param kvUsage used share of the KV cache; of several the first that a page has
 * @param lora adapters, in the labels of an otherwise empty metric
 * @param cacheInfo size of the KV cache, in the labels of an otherwise empty metric
 * @param blockSizeLabel label of {@code cacheInfo} with the tokens of a block
 * @param blockCountLabel label of {@code cacheInfo} with the number of blocks
 * @param blockSize tokens of a block, as a value
 * @param blockCount number of blocks, as a value
 * @param custom further numbers
 */
public record EngineMapping(
        @Nullable MetricSpec queued,
        @Nullable MetricSpec running,
        List<MetricSpec> kvUsage,
        @Nullable MetricSpec lora,
        @Nullable MetricSpec cacheInfo,
        String blockSizeLabel,
        String blockCountLabel,
        @Nullable MetricSpec blockSize,
        @Nullable MetricSpec blockCount,
        List<CustomMetric> custom) {

    private static final String BLOCK_SIZE = "block_size";
    private static final String BLOCK_COUNT = "num_gpu_blocks";

    /**
     * A number that becomes an attribute of endpoints.
     *
     * @param attribute name of the attribute
     * @param spec where it is
     */
    public record CustomMetric(String attribute, MetricSpec spec) {}

    public EngineMapping {
        kvUsage = List.copyOf(kvUsage);
        blockSizeLabel = blockSizeLabel.isEmpty() ? BLOCK_SIZE : blockSizeLabel;
        blockCountLabel = blockCountLabel.isEmpty() ? BLOCK_COUNT : blockCountLabel;
        custom = List.copyOf(custom);
        Objects.requireNonNull(blockSizeLabel, "blockSizeLabel");
    }

    /** The engines whose names are known without configuration, by the value of the engine label. */
    public static final Map<String, EngineMapping> BUILT_IN = Map.of(
            "vllm",
            new EngineMapping(
                    MetricSpec.parse("vllm:num_requests_waiting"),
                    MetricSpec.parse("vllm:num_requests_running"),
                    List.of(
                            MetricSpec.parse("vllm:kv_cache_usage_perc"),
                            MetricSpec.parse("vllm:gpu_cache_usage_perc")),
                    MetricSpec.parse("vllm:lora_requests_info"),
                    MetricSpec.parse("vllm:cache_config_info"),
                    BLOCK_SIZE,
                    BLOCK_COUNT,
                    null,
                    null,
                    List.of()),
            "sglang",
            new EngineMapping(
                    MetricSpec.parse("sglang:num_queue_reqs"),
                    MetricSpec.parse("sglang:num_running_reqs"),
                    List.of(MetricSpec.parse("sglang:token_usage")),
                    null,
                    MetricSpec.parse("sglang:cache_config_info"),
                    "page_size",
                    "num_pages",
                    null,
                    null,
                    List.of()),
            "trtllm-serve",
            ofValues(
                    "trtllm_num_requests_waiting",
                    "trtllm_num_requests_running",
                    "trtllm_kv_cache_utilization",
                    "trtllm_kv_cache_tokens_per_block",
                    "trtllm_kv_cache_max_blocks"),
            "triton-tensorrt-llm",
            ofValues(
                    "nv_trt_llm_request_metrics{request_type=waiting}",
                    "nv_trt_llm_request_metrics{request_type=scheduled}",
                    "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=fraction}",
                    "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=tokens_per}",
                    "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=max}"),
            "triton",
            new EngineMapping(
                    MetricSpec.parse("nv_inference_pending_request_count"),
                    MetricSpec.parse("nv_inference_exec_count"),
                    List.of(),
                    null,
                    null,
                    BLOCK_SIZE,
                    BLOCK_COUNT,
                    null,
                    null,
                    List.of()));

    private static EngineMapping ofValues(
            String queued, String running, String kvUsage, String blockSize, String blockCount) {
        return new EngineMapping(
                MetricSpec.parse(queued),
                MetricSpec.parse(running),
                List.of(MetricSpec.parse(kvUsage)),
                null,
                null,
                BLOCK_SIZE,
                BLOCK_COUNT,
                MetricSpec.parse(blockSize),
                MetricSpec.parse(blockCount),
                List.of());
    }
}
