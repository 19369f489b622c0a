package io.llmd.simulator.config;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Options of vLLM and llm-d-inference-sim that are taken though they change nothing here. */
final class IgnoredOption {
    private static final Map<String, String> REASONS = reasons();

    private IgnoredOption() {}

    /** Why an option changes nothing; absent if it is not one of these. */
    static @Nullable String reason(String name) {
        String reason = REASONS.get(name);
        return reason == null && name.startsWith("no-") ? REASONS.get(name.substring(3)) : reason;
    }

    /** All of them. */
    static Set<String> names() {
        return REASONS.keySet();
    }

    private static Map<String, String> reasons() {
        return Stream.of(
                        why(
                                "there is no model to load or compile",
                                "enforce-eager",
                                "trust-remote-code",
                                "load-format",
                                "download-dir",
                                "revision",
                                "tokenizer-revision",
                                "tokenizer-mode",
                                "hf-token",
                                "hf-overrides",
                                "compilation-config",
                                "cudagraph-metrics",
                                "attention-backend",
                                "disable-custom-all-reduce",
                                "distributed-executor-backend",
                                "max-parallel-loading-workers",
                                "swap-space",
                                "cpu-offload-gb",
                                "calculate-kv-scales",
                                "model-loader-extra-config",
                                "generation-config",
                                "skip-tokenizer-init",
                                "tokenizers-cache-dir",
                                "uds-socket-path",
                                "render-url",
                                "lora-dtype",
                                "async-scheduling"),
                        why("KV events leave once for each step, as in vLLM", "event-batch-size"),
                        why("definitions of tools are checked as vLLM does", "skip-tool-validation"),
                        why("the model makes texts only", "omni", "image-emission-rate", "time-to-generate-image"),
                        why(
                                "there is no TLS, plain HTTP is served",
                                "ssl-certfile",
                                "ssl-keyfile",
                                "self-signed-certs"),
                        why("media are not processed", "mm-processor-kwargs", "limit-mm-per-prompt"),
                        why(
                                "answers are made from the seed",
                                "dataset-path",
                                "dataset-url",
                                "dataset-in-memory",
                                "dataset-table-name"),
                        why("it is always on", "enable-chunked-prefill"),
                        why("sleep takes --server-dev-mode only", "enable-sleep-mode"),
                        why(
                                "logs are those of the simulator",
                                "disable-log-requests",
                                "enable-log-requests",
                                "disable-log-stats",
                                "uvicorn-log-level",
                                "max-log-len",
                                "v",
                                "vmodule",
                                "logtostderr",
                                "alsologtostderr",
                                "stderrthreshold",
                                "log-dir",
                                "log-file"))
                .flatMap(group -> group.entrySet().stream())
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static Map<String, String> why(String reason, String... names) {
        return Stream.of(names).collect(Collectors.toMap(name -> name, ignored -> reason));
    }
}
