package io.llmd.scheduler.datalayer;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.metrics.page.MetricSpec;
import io.llmd.scheduler.datalayer.EngineMapping.CustomMetric;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EngineMetricsReaderTest {

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

    private final EngineMetricsReader reader = reader("vllm");

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
        assertThat(reading(PAGE).startTime()).isEqualTo(1.75e9);
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
        assertThat(reader.finish(99).metrics()).isEqualTo(whole);
    }

    @Test
    void theOldNameOfTheCacheUsageIsUnderstood() {
        assertThat(read(load("1", "2") + "vllm:gpu_cache_usage_perc 0.5\n").kvCacheUsage())
                .isEqualTo(0.5);
    }

    @Test
    @Tag("bad-input-B93")
    void theLastLineNeedsNoLineBreak() {
        assertThat(read(load("1", "2") + "vllm:kv_cache_usage_perc 0.5").kvCacheUsage())
                .isEqualTo(0.5);
    }

    @ParameterizedTest
    @Tag("bad-input-B93")
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
    @Tag("bad-input-B93")
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
    @Tag("bad-input-B94")
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
        assertThat(reader.finish(0).isUsable()).isTrue();
    }

    @Test
    void cutLabelsDoNoHarm() {
        String page = load("1", "2")
                + "vllm:kv_cache_usage_perc 0.5\nvllm:cache_config_info{block_size=\"16\nvllm:cache_config_info{block_size 1\n"
                + "vllm:lora_requests_info{a=\"\\\n";
        assertThat(read(page).cacheBlockTokens()).isZero();
    }

    @Test
    @Tag("bad-input-B93")
    void aMissingMetricDoesNotStopTheOthersAndItsLastValueStandsForIt() {
        reading(reader, load("1", "2") + "vllm:kv_cache_usage_perc 0.5\n", 0);
        Reading reading = reading(reader, load("NaN", "9") + "vllm:kv_cache_usage_perc 0.25\n", 1000);
        assertThat(reading.isUsable()).isTrue();
        assertThat(reading.metrics().runningRequests()).isEqualTo(1);
        assertThat(reading.metrics().waitingRequests()).isEqualTo(9);
        assertThat(reading.metrics().kvCacheUsage()).isEqualTo(0.25);
        assertThat(reading.metrics().updatedNanos()).isEqualTo(1000);
        assertThat(reading.missing()).containsExactly("vllm:num_requests_running", "vllm:cache_config_info");
    }

    @Test
    @Tag("bad-input-B93")
    void aValueThatIsMissingForLongMakesThePageUnusable() {
        reading(reader, load("1", "2") + "vllm:kv_cache_usage_perc 0.5\n", 0);
        assertThat(reading(reader, load("NaN", "9") + "vllm:kv_cache_usage_perc 0.25\n", 1001)
                        .isUsable())
                .isFalse();
    }

    @Test
    void aPageWithoutAnyWantedValueIsUnusableAtOnce() {
        reading(reader, load("1", "2") + "vllm:kv_cache_usage_perc 0.5\n", 0);
        assertThat(reading(reader, "<html>", 1).isUsable()).isFalse();
    }

    @Test
    void ofSeriesWithTimeStampsTheNewestCounts() {
        String page = load("1", "2")
                + "vllm:num_requests_running{a=\"1\"} 5 1000\nvllm:num_requests_running{a=\"2\"} 7 3000\n"
                + "vllm:num_requests_running{a=\"3\"} 9 2000\nvllm:kv_cache_usage_perc 0.5\n";
        assertThat(read(page).runningRequests()).isEqualTo(8);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sglang | sglang:num_queue_reqs 3;sglang:num_running_reqs 4;sglang:token_usage 0.5;"
                        + "sglang:cache_config_info{page_size=\"64\",num_pages=\"100\"} 1",
                "trtllm-serve | trtllm_num_requests_waiting 3;trtllm_num_requests_running 4;trtllm_kv_cache_utilization 0.5;"
                        + "trtllm_kv_cache_tokens_per_block 64;trtllm_kv_cache_max_blocks 100",
                "triton-tensorrt-llm | nv_trt_llm_request_metrics{model=\"m\",request_type=\"waiting\"} 3;"
                        + "nv_trt_llm_request_metrics{model=\"m\",request_type=\"scheduled\"} 4;"
                        + "nv_trt_llm_request_metrics{model=\"m\",request_type=\"max\"} 512;"
                        + "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"fraction\"} 0.5;"
                        + "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"tokens_per\"} 64;"
                        + "nv_trt_llm_kv_cache_block_metrics{kv_cache_block_type=\"max\"} 100"
            })
    void eachEngineIsReadUnderItsOwnNames(String engine, String lines) {
        Reading reading = reading(reader(engine), lines.replace(';', '\n'), 7);
        assertThat(reading.metrics()).isEqualTo(new EndpointMetrics(4, 3, 0.5, 64, 100, Map.of(), Map.of(), 0, 7));
        assertThat(reading.missing()).isEmpty();
    }

    @Test
    void anEngineWithoutCacheUsageIsReadWithoutIt() {
        Reading reading = reading(
                reader("triton"),
                "nv_inference_pending_request_count{model=\"a\"} 2\nnv_inference_pending_request_count{model=\"b\"} 1\n"
                        + "nv_inference_exec_count 40\n",
                7);
        assertThat(reading.metrics().waitingRequests()).isEqualTo(3);
        assertThat(reading.metrics().runningRequests()).isEqualTo(40);
        assertThat(reading.metrics().kvCacheUsage()).isZero();
    }

    @Test
    void customNumbersAreStoredUnderEachProducerAndMayBeNegative() {
        EngineMapping mapping = new EngineMapping(
                null,
                null,
                List.of(),
                null,
                null,
                "",
                "",
                null,
                null,
                List.of(
                        new CustomMetric("temperature", MetricSpec.parse("gpu_temp{sensor=hot}")),
                        new CustomMetric("gone", MetricSpec.parse("gone"))));
        EngineMetricsReader reader = new EngineMetricsReader(mapping, List.of("core", "mine"), 1000);
        Reading reading = reading(reader, "gpu_temp{sensor=\"cold\"} 1\ngpu_temp{sensor=\"hot\"} -3.5\n", 7);
        assertThat(reading.attributes())
                .containsExactlyInAnyOrderEntriesOf(Map.of("temperature/core", -3.5, "temperature/mine", -3.5));
        assertThat(reading.missing()).containsExactly("gone");
        assertThat(reading.isUsable()).isTrue();
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
        return reading(page).metrics();
    }

    private Reading reading(String page) {
        return reading(reader, page, 99);
    }

    private static Reading reading(EngineMetricsReader reader, String page, long now) {
        byte[] bytes = page.getBytes(StandardCharsets.UTF_8);
        reader.reset();
        reader.feed(bytes, 0, bytes.length);
        return reader.finish(now);
    }

    private static EngineMetricsReader reader(String engine) {
        return new EngineMetricsReader(EngineMapping.BUILT_IN.get(engine), List.of("core"), 1000);
    }
}
