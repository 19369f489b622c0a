package io.llmd.scheduler.datalayer;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.EndpointMetrics;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VllmMetricsReaderTest {

    private static final String PAGE = """
            # HELP vllm:num_requests_running Requests in the batch.
            # TYPE vllm:num_requests_running gauge
            vllm:num_requests_running{engine="0",model_name="m"} 3.0
            vllm:num_requests_running{engine="1",model_name="m"} 4.0
            vllm:num_requests_waiting{engine="0",model_name="m"} 5
            vllm:num_requests_waiting{engine="1",model_name="m"} 1 1700000000000
            vllm:num_requests_waiting_by_reason{engine="0",reason="capacity"} 900
            vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
            vllm:kv_cache_usage_perc{engine="1",model_name="m"} 7.5e-01
            vllm:gpu_cache_usage_perc{engine="0",model_name="m"} 0.99
            vllm:cache_config_info{block_size="16",engine="0",num_cpu_blocks="None",num_gpu_blocks="1000"} 1
            vllm:cache_config_info{block_size="16",engine="1",num_gpu_blocks="500"} 1
            vllm:lora_requests_info{max_lora="4",running_lora_adapters="old",waiting_lora_adapters=""} 1.7e9
            vllm:lora_requests_info{max_lora="8",running_lora_adapters="a, b",waiting_lora_adapters="c"} 1.8e9
            process_start_time_seconds 1.75e9
            """;

    private final VllmMetricsReader reader = new VllmMetricsReader();

    @Test
    void aPageOfTwoEnginesIsSummedUp() {
        EndpointMetrics metrics = read(PAGE);
        assertThat(metrics.runningRequests()).isEqualTo(7);
        assertThat(metrics.waitingRequests()).isEqualTo(6);
        assertThat(metrics.kvCacheUsage()).isEqualTo(0.75);
        assertThat(metrics.cacheBlockTokens()).isEqualTo(16);
        assertThat(metrics.cacheBlocks()).isEqualTo(1500);
        assertThat(metrics.activeModels()).containsOnlyKeys("a", "b");
        assertThat(metrics.waitingModels()).containsOnlyKeys("c");
        assertThat(metrics.maxActiveModels()).isEqualTo(8);
        assertThat(metrics.updatedNanos()).isEqualTo(99);
        assertThat(reader.startTime()).isEqualTo(1.75e9);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 64, 1000})
    void thePageMayArriveInPiecesOfAnySize(int size) {
        EndpointMetrics whole = read(PAGE);
        reader.reset();
        byte[] bytes = PAGE.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i += size) {
            reader.feed(bytes, i, Math.min(bytes.length, i + size));
        }
        assertThat(reader.finish(99)).isEqualTo(whole);
    }

    @Test
    void theOldNameOfTheCacheUsageIsUnderstood() {
        assertThat(read(load("1", "2") + "vllm:gpu_cache_usage_perc 0.5\n").kvCacheUsage())
                .isEqualTo(0.5);
    }

    @Test
    void theLastLineNeedsNoLineBreak() {
        assertThat(read(load("1", "2") + "vllm:kv_cache_usage_perc 0.5").kvCacheUsage())
                .isEqualTo(0.5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"NaN", "+Inf", "-Inf", "-1", "1e308", "abc", "", "10000001", "0x1p3d"})
    void anImpossibleCountMakesTheReadingFail(String value) {
        assertThat(readOrNull(load(value, "2") + "vllm:kv_cache_usage_perc 0.5\n"))
                .isNull();
    }

    @Test
    void anImpossibleCountOfOneEngineMakesTheSumUnknown() {
        String page = load("1", "2") + "vllm:num_requests_running{engine=\"1\"} NaN\nvllm:kv_cache_usage_perc 0.5\n";
        assertThat(readOrNull(page)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.6", "-0.1", "NaN"})
    void animpossibleCacheUsageMakesTheReadingFail(String value) {
        assertThat(readOrNull(load("1", "2") + "vllm:kv_cache_usage_perc " + value + "\n"))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<html><body>vllm:num_requests_running 3</body></html>\n",
                "\n\n\n",
                "vllm:num_requests_running"
            })
    void pagesWithoutTheLoadAreRefused(String page) {
        assertThat(readOrNull(page)).isNull();
    }

    @Test
    void labelsWithQuotesAndLineBreaksAreUnderstoodAndLongNamesAreCut() {
        String adapter = "x".repeat(10_000);
        String page = load("1", "2") + "vllm:kv_cache_usage_perc{model_name=\"a } \\\"b\\\" \\n\\\\\"} 0.5\n"
                + "vllm:lora_requests_info{running_lora_adapters=\"q\\\"uote," + adapter
                + "\",max_lora=\"2\"} 5\n";
        EndpointMetrics metrics = read(page);
        assertThat(metrics.kvCacheUsage()).isEqualTo(0.5);
        assertThat(metrics.activeModels()).containsOnlyKeys("q\"uote", "x".repeat(256));
    }

    @Test
    void endlessLinesAreSkippedAndCostNoMemory() {
        byte[] junk = new byte[1 << 20];
        reader.feed(junk, 0, junk.length);
        reader.feed(junk, 0, junk.length);
        byte[] rest = ("\n" + load("1", "2") + "vllm:kv_cache_usage_perc 0.5\n").getBytes(StandardCharsets.UTF_8);
        reader.feed(rest, 0, rest.length);
        assertThat(reader.finish(0)).isNotNull();
    }

    @Test
    void cutLabelsDoNoHarm() {
        String page = load("1", "2")
                + "vllm:kv_cache_usage_perc 0.5\nvllm:cache_config_info{block_size=\"16\nvllm:cache_config_info{block_size 1\n"
                + "vllm:lora_requests_info{a=\"\\\n";
        assertThat(read(page).cacheBlockTokens()).isZero();
    }

    private static String load(String running, String waiting) {
        return "vllm:num_requests_running " + running + "\nvllm:num_requests_waiting " + waiting + "\n";
    }

    private EndpointMetrics read(String page) {
        EndpointMetrics metrics = readOrNull(page);
        assertThat(metrics).isNotNull();
        return metrics;
    }

    private EndpointMetrics readOrNull(String page) {
        byte[] bytes = page.getBytes(StandardCharsets.UTF_8);
        reader.reset();
        reader.feed(bytes, 0, bytes.length);
        return reader.finish(99);
    }
}
