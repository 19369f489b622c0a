package io.llmd.simulator.metrics;

/** The histograms of an engine, with vLLM's names and buckets. */
enum HistogramMeter {
    REQUEST_PROMPT_TOKENS("vllm:request_prompt_tokens", "Number of prefill tokens processed."),
    REQUEST_GENERATION_TOKENS("vllm:request_generation_tokens", "Number of generation tokens processed."),
    ITERATION_TOKENS("vllm:iteration_tokens_total", "Histogram of number of tokens per engine_step."),
    REQUEST_MAX_NUM_GENERATION_TOKENS(
            "vllm:request_max_num_generation_tokens", "Histogram of maximum number of requested generation tokens."),
    REQUEST_PARAMS_N("vllm:request_params_n", "Histogram of the n request parameter."),
    REQUEST_PARAMS_MAX_TOKENS("vllm:request_params_max_tokens", "Histogram of the max_tokens request parameter."),
    TIME_TO_FIRST_TOKEN("vllm:time_to_first_token_seconds", "Histogram of time to first token in seconds."),
    TIME_PER_OUTPUT_TOKEN(
            "vllm:time_per_output_token_seconds",
            "Histogram of time per output token in seconds."
                    + "DEPRECATED: Use vllm:inter_token_latency_seconds instead."),
    INTER_TOKEN_LATENCY("vllm:inter_token_latency_seconds", "Histogram of inter-token latency in seconds."),
    REQUEST_TIME_PER_OUTPUT_TOKEN(
            "vllm:request_time_per_output_token_seconds", "Histogram of time_per_output_token_seconds per request."),
    E2E_REQUEST_LATENCY("vllm:e2e_request_latency_seconds", "Histogram of e2e request latency in seconds."),
    REQUEST_QUEUE_TIME("vllm:request_queue_time_seconds", "Histogram of time spent in WAITING phase for request."),
    REQUEST_INFERENCE_TIME(
            "vllm:request_inference_time_seconds", "Histogram of time spent in RUNNING phase for request."),
    REQUEST_PREFILL_TIME("vllm:request_prefill_time_seconds", "Histogram of time spent in PREFILL phase for request."),
    REQUEST_DECODE_TIME("vllm:request_decode_time_seconds", "Histogram of time spent in DECODE phase for request."),
    REQUEST_NUM_PREEMPTIONS(
            "vllm:request_num_preemptions", "Histogram of the number of times a request was preempted."),
    REQUEST_PREFILL_KV_COMPUTED_TOKENS(
            "vllm:request_prefill_kv_computed_tokens",
            "Histogram of new KV tokens computed during prefill (excluding cached tokens)."),
    KV_BLOCK_LIFETIME(
            "vllm:kv_block_lifetime_seconds",
            "Histogram of KV cache block lifetime from allocation to eviction. "
                    + "Sampled metrics (controlled by --kv-cache-metrics-sample)."),
    KV_BLOCK_IDLE_BEFORE_EVICT(
            "vllm:kv_block_idle_before_evict_seconds",
            "Histogram of idle time before KV cache block eviction. "
                    + "Sampled metrics (controlled by --kv-cache-metrics-sample)."),
    KV_BLOCK_REUSE_GAP(
            "vllm:kv_block_reuse_gap_seconds",
            "Histogram of time gaps between consecutive KV cache block accesses. Only the most recent accesses are "
                    + "recorded (ring buffer). Sampled metrics (controlled by --kv-cache-metrics-sample).");

    private static final double[] FIRST_TOKEN = {
        .001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560
    };
    private static final double[] BETWEEN_TOKENS = {
        .01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
    };
    private static final double[] REQUEST = {
        .3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
    };
    private static final double[] CHOICES = {1, 2, 5, 10, 20};
    private static final double[] PREEMPTIONS = {1, 2, 3, 4, 5, 10, 20};
    private static final double[] RESIDENCY = {
        .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800
    };
    private static final double[] ITERATION = {1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384};

    private final String wireName;
    private final String help;

    HistogramMeter(String wireName, String help) {
        this.wireName = wireName;
        this.help = help;
    }

    String wireName() {
        return wireName;
    }

    String help() {
        return help;
    }

    /** Whether it is about blocks, which are measured on demand only. */
    boolean isAboutBlocks() {
        return this == KV_BLOCK_LIFETIME || this == KV_BLOCK_IDLE_BEFORE_EVICT || this == KV_BLOCK_REUSE_GAP;
    }

    Histogram create(int maxModelLen) {
        return new Histogram(
                switch (this) {
                    case TIME_TO_FIRST_TOKEN -> FIRST_TOKEN;
                    case TIME_PER_OUTPUT_TOKEN, INTER_TOKEN_LATENCY, REQUEST_TIME_PER_OUTPUT_TOKEN -> BETWEEN_TOKENS;
                    case E2E_REQUEST_LATENCY,
                            REQUEST_QUEUE_TIME,
                            REQUEST_INFERENCE_TIME,
                            REQUEST_PREFILL_TIME,
                            REQUEST_DECODE_TIME -> REQUEST;
                    case REQUEST_PROMPT_TOKENS,
                            REQUEST_GENERATION_TOKENS,
                            REQUEST_MAX_NUM_GENERATION_TOKENS,
                            REQUEST_PARAMS_MAX_TOKENS,
                            REQUEST_PREFILL_KV_COMPUTED_TOKENS -> Histogram.oneTwoFive(maxModelLen);
                    case REQUEST_PARAMS_N -> CHOICES;
                    case REQUEST_NUM_PREEMPTIONS -> PREEMPTIONS;
                    case KV_BLOCK_LIFETIME, KV_BLOCK_IDLE_BEFORE_EVICT, KV_BLOCK_REUSE_GAP -> RESIDENCY;
                    case ITERATION_TOKENS -> ITERATION;
                });
    }
}
