package io.llmd.launcher.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/** Metrics pages of many endpoints in a process of their own, for the bench of scraping. */
final class ScrapePages {

    private static final String MODEL = "meta-llama/Llama-3.1-8B-Instruct";
    private static final List<String> HISTOGRAMS = List.of(
            "e2e_request_latency_seconds",
            "request_queue_time_seconds",
            "request_inference_time_seconds",
            "request_prefill_time_seconds",
            "request_decode_time_seconds",
            "time_to_first_token_seconds",
            "inter_token_latency_seconds",
            "request_time_per_output_token_seconds",
            "request_prompt_tokens",
            "request_generation_tokens",
            "request_max_num_generation_tokens",
            "request_params_n",
            "request_params_max_tokens",
            "iteration_tokens_total",
            "request_prefill_kv_computed_tokens");
    private static final int BUCKETS = 22;

    private ScrapePages() {}

    /**
     * Opens pages, prints their ports in one line, and ends with its standard input.
     *
     * @param args number of pages
     */
    public static void main(String[] args) throws IOException {
        int endpoints = Integer.parseInt(args[0]);
        byte[] page = page().getBytes(StandardCharsets.UTF_8);
        LoopResources loops = LoopResources.create("bench-pages", 1, true);
        List<DisposableServer> servers = new ArrayList<>();
        StringBuilder ports = new StringBuilder("ports");
        for (int i = 0; i < endpoints; i++) {
            DisposableServer server = HttpServer.create()
                    .host("127.0.0.1")
                    .port(0)
                    .runOn(loops)
                    .handle((request, response) -> response.header("Content-Type", "text/plain; version=0.0.4")
                            .header("Content-Length", String.valueOf(page.length))
                            .sendByteArray(Mono.just(page)))
                    .bindNow();
            servers.add(server);
            ports.append(' ').append(server.port());
        }
        System.out.println(ports);
        while (System.in.read() >= 0) {
            // lives as long as whoever started it
        }
        servers.forEach(DisposableServer::disposeNow);
        loops.disposeLater().block();
    }

    /** A page of the size and shape that a vLLM engine shows: mostly buckets of histograms, seven wanted lines. */
    static String page() {
        String labels = "engine=\"0\",model_name=\"" + MODEL + "\"";
        StringBuilder page = new StringBuilder("process_start_time_seconds 1.7672256e+09\n");
        gauge(page, "num_requests_running", labels, "37.0");
        gauge(page, "num_requests_waiting", labels, "4.0");
        gauge(page, "kv_cache_usage_perc", labels, "0.6251317175974711");
        gauge(page, "cache_config_info", "block_size=\"16\",engine=\"0\",num_gpu_blocks=\"19208\"", "1.0");
        for (String histogram : HISTOGRAMS) {
            page.append("# HELP vllm:")
                    .append(histogram)
                    .append(" Histogram of ")
                    .append(histogram)
                    .append(".\n");
            page.append("# TYPE vllm:").append(histogram).append(" histogram\n");
            for (int bucket = 0; bucket < BUCKETS; bucket++) {
                page.append("vllm:")
                        .append(histogram)
                        .append("_bucket{")
                        .append(labels)
                        .append(",le=\"")
                        .append(bucket == BUCKETS - 1 ? "+Inf" : "" + (1 << bucket) / 1000.0)
                        .append("\"} ")
                        .append(17.0 * bucket)
                        .append('\n');
            }
            page.append("vllm:")
                    .append(histogram)
                    .append("_count{")
                    .append(labels)
                    .append("} 374.0\n");
            page.append("vllm:")
                    .append(histogram)
                    .append("_sum{")
                    .append(labels)
                    .append("} 1234.5678901234\n");
        }
        gauge(page, "lora_requests_info", "max_lora=\"4\",running_lora_adapters=\"a,b\"", "1.7672256e+09");
        return page.toString();
    }

    private static void gauge(StringBuilder page, String name, String labels, String value) {
        page.append("# HELP vllm:").append(name).append(" State of the engine.\n");
        page.append("# TYPE vllm:").append(name).append(" gauge\n");
        page.append("vllm:")
                .append(name)
                .append('{')
                .append(labels)
                .append("} ")
                .append(value)
                .append('\n');
    }
}
