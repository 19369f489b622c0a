package io.llmd.lab.autoscale;

import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.EngineSnapshot;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Metrics pages as vLLM and the scheduler write them: those series that autoscalers read. Pure functions. */
final class PageText {

    /** The model that all requests are for. */
    static final String MODEL = "lab";

    private PageText() {}

    /** The page of a replica. @param base what the engine of its place had counted before it began */
    static byte[] engine(EngineSnapshot now, EngineSnapshot base, EngineSettings settings) {
        StringBuilder page = new StringBuilder(1_024);
        engineLine(page, "vllm:num_requests_running", now.running());
        engineLine(page, "vllm:num_requests_waiting", now.waiting());
        engineLine(page, "vllm:kv_cache_usage_perc", now.kvUsage());
        engineLine(page, "vllm:iteration_tokens_total_count", now.steps() - base.steps());
        engineLine(page, "vllm:prompt_tokens_total", now.promptTokens() - base.promptTokens());
        engineLine(page, "vllm:prefix_cache_hits_total", now.cachedTokens() - base.cachedTokens());
        engineLine(page, "vllm:generation_tokens_total", now.outputTokens() - base.outputTokens());
        engineLine(page, "vllm:num_preemptions_total", now.preemptions() - base.preemptions());
        page.append("vllm:cache_config_info{block_size=\"")
                .append(settings.blockTokens())
                .append("\",num_gpu_blocks=\"")
                .append(settings.blocks())
                .append("\"} 1\n");
        return page.toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static void engineLine(StringBuilder page, String name, double value) {
        page.append(name)
                .append("{model_name=\"")
                .append(MODEL)
                .append("\"} ")
                .append(value)
                .append('\n');
    }

    /** The page of the router. @param classes what it has counted, by priority */
    static byte[] router(List<Totals> classes) {
        StringBuilder page = new StringBuilder(8_192);
        page.append("llm_d_epp_info 1\n");
        for (int i = 0; i < classes.size(); i++) {
            String labels = "model_name=\"" + MODEL + "\",target_model_name=\"" + MODEL + "\",priority=\"" + i + "\"";
            Totals totals = classes.get(i);
            line(page, "llm_d_epp_request_total", labels, totals.arrivals);
            line(page, "llm_d_epp_flow_control_queue_size", labels, totals.queued);
            line(page, "llm_d_epp_request_running", labels, totals.running);
            histogram(page, "llm_d_epp_request_input_tokens", labels, totals.inputs, Totals.TOKENS, totals.finished);
            line(page, "llm_d_epp_request_input_tokens_sum", labels, totals.input);
            histogram(page, "llm_d_epp_request_output_tokens", labels, totals.outputs, Totals.TOKENS, totals.finished);
            line(page, "llm_d_epp_request_output_tokens_sum", labels, totals.output);
            line(page, "llm_d_epp_request_output_tokens_count", labels, totals.finished);
            line(page, "llm_d_epp_request_cached_tokens_sum", labels, totals.cached);
            histogram(
                    page,
                    "llm_d_epp_request_ttft_seconds",
                    labels,
                    totals.firstTokens,
                    Totals.FIRST_TOKEN,
                    totals.firstTokenCount);
            histogram(
                    page,
                    "llm_d_epp_request_streaming_tpot_seconds",
                    labels,
                    totals.perTokens,
                    Totals.PER_TOKEN,
                    totals.perTokenCount);
        }
        return page.toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static void line(StringBuilder page, String name, String labels, double value) {
        page.append(name).append('{').append(labels).append("} ").append(value).append('\n');
    }

    private static void histogram(
            StringBuilder page, String name, String labels, double[] buckets, double[] bounds, double count) {
        double sum = 0;
        for (int i = 0; i < bounds.length; i++) {
            sum += buckets[i];
            line(page, name + "_bucket", labels + ",le=\"" + bounds[i] + "\"", sum);
        }
        line(page, name + "_bucket", labels + ",le=\"+Inf\"", count);
    }
}
