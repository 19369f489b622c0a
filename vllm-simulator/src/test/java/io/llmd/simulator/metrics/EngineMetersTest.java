package io.llmd.simulator.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.SimulatorSettingsBuilder;
import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.engine.PauseMode;
import io.llmd.simulator.engine.SleepState;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EngineMetersTest {
    private static final Instant START = Instant.ofEpochSecond(1_700_000_000);

    private SimulatorSettings settings = settings().build();
    private EngineMeters meters = new EngineMeters(settings, 0, InstantSource.fixed(START));
    private Engine engine = new Engine(settings.engine());

    private static SimulatorSettingsBuilder settings() {
        return SimulatorSettings.builder()
                .model("m")
                .maxNumSeqs(4)
                .kvBlocks(100)
                .maxModelLen(1000)
                .latency(new LatencyModel.Constant(100_000_000, 10_000_000, 0, 0));
    }

    private void use(SimulatorSettingsBuilder changed) {
        settings = changed.build();
        meters = new EngineMeters(settings, 0, InstantSource.fixed(START));
        engine = new Engine(settings.engine());
    }

    @Test
    void twoEqualRequestsAreCountedWithTheirTimesAndHits() {
        submit(1, 33, 3);
        engine.advance(1_000_000_000L, meters);
        submit(2, 33, 3);
        engine.advance(2_000_000_000L, meters);

        assertThat(lines())
                .contains(
                        "# TYPE vllm:prompt_tokens_total counter",
                        "# TYPE vllm:num_requests_running gauge",
                        "# TYPE vllm:time_to_first_token_seconds histogram",
                        "vllm:num_requests_running{engine=\"0\",model_name=\"m\"} 0.0",
                        "vllm:prompt_tokens_total{engine=\"0\",model_name=\"m\"} 66.0",
                        "vllm:generation_tokens_total{engine=\"0\",model_name=\"m\"} 6.0",
                        "vllm:prefix_cache_queries_total{engine=\"0\",model_name=\"m\"} 66.0",
                        "vllm:prefix_cache_hits_total{engine=\"0\",model_name=\"m\"} 32.0",
                        "vllm:prompt_tokens_by_source_total{engine=\"0\",model_name=\"m\",source=\"local_cache_hit\"} 32.0",
                        "vllm:request_success_total{engine=\"0\",finished_reason=\"stop\",model_name=\"m\"} 2.0",
                        "vllm:request_success_total{engine=\"0\",finished_reason=\"abort\",model_name=\"m\"} 0.0",
                        "vllm:time_to_first_token_seconds_bucket{engine=\"0\",le=\"0.005\",model_name=\"m\"} 1.0",
                        "vllm:time_to_first_token_seconds_bucket{engine=\"0\",le=\"0.08\",model_name=\"m\"} 1.0",
                        "vllm:time_to_first_token_seconds_bucket{engine=\"0\",le=\"0.1\",model_name=\"m\"} 2.0",
                        "vllm:inter_token_latency_seconds_count{engine=\"0\",model_name=\"m\"} 4.0",
                        "vllm:iteration_tokens_total_bucket{engine=\"0\",le=\"1.0\",model_name=\"m\"} 4.0",
                        "vllm:iteration_tokens_total_bucket{engine=\"0\",le=\"8.0\",model_name=\"m\"} 5.0",
                        "vllm:prompt_tokens_cached_by_source_total{engine=\"0\",model_name=\"m\",source=\"device\"} 32.0",
                        "vllm:prompt_tokens_created{engine=\"0\",model_name=\"m\"} 1.7e+09",
                        "vllm:request_num_preemptions_bucket{engine=\"0\",le=\"1.0\",model_name=\"m\"} 2.0",
                        "vllm:iteration_tokens_total_count{engine=\"0\",model_name=\"m\"} 6.0",
                        "vllm:request_prompt_tokens_sum{engine=\"0\",model_name=\"m\"} 66.0",
                        "process_start_time_seconds 1.7e+09");
    }

    @Test
    void runningAndWaitingRequestsAreGauges() {
        for (int id = 1; id <= 6; id++) {
            submit(id, 16, 50);
        }
        engine.advance(1, meters);
        assertThat(lines())
                .contains(
                        "vllm:num_requests_running{engine=\"0\",model_name=\"m\"} 4.0",
                        "vllm:num_requests_waiting{engine=\"0\",model_name=\"m\"} 2.0",
                        "vllm:num_requests_waiting_by_reason{engine=\"0\",model_name=\"m\",reason=\"capacity\"} 2.0",
                        "vllm:num_requests_waiting_by_reason{engine=\"0\",model_name=\"m\",reason=\"deferred\"} 0.0");
        assertThat(lines())
                .filteredOn(line -> line.startsWith("vllm:cache_config_info{"))
                .singleElement()
                .asString()
                .contains("block_size=\"16\"", "num_gpu_blocks=\"100\"", "engine=\"0\"")
                .endsWith("} 1.0");
    }

    @Test
    void metersOfOlderVersionsHaveTheirNames() {
        use(settings().version("0.10.2"));
        assertThat(lines())
                .contains("vllm:gpu_cache_usage_perc{engine=\"0\",model_name=\"m\"} 0.0")
                .contains("vllm:gpu_prefix_cache_queries_total{engine=\"0\",model_name=\"m\"} 0.0")
                .anyMatch(line -> line.startsWith("vllm:time_per_output_token_seconds_bucket{"))
                .noneMatch(line -> line.contains("num_requests_waiting_by_reason"))
                .noneMatch(line -> line.contains("finished_reason=\"error\""));
        use(settings().version("0.10.1"));
        assertThat(lines()).noneMatch(line -> line.startsWith("vllm:inter_token_latency_seconds"));
        use(settings());
        assertThat(lines()).noneMatch(line -> line.contains("gpu_cache_usage_perc"));
        use(settings().option("show-hidden-metrics-for-version", "0.10"));
        assertThat(lines())
                .contains("vllm:gpu_cache_usage_perc{engine=\"0\",model_name=\"m\"} 0.0")
                .anyMatch(line -> line.startsWith("vllm:num_requests_waiting_by_reason{"));
    }

    @Test
    void deferredRequestsAreTheWaitingOnesWithoutTheirAdapter() {
        use(settings().option("lora-modules", "a=x"));
        submit(1, 16, 50, "a");
        submit(2, 16, 50, "b");
        engine.advance(1, meters);
        meters.observe(engine.snapshot());
        assertThat(lines())
                .contains(
                        "vllm:num_requests_waiting{engine=\"0\",model_name=\"m\"} 1.0",
                        "vllm:num_requests_waiting_by_reason{engine=\"0\",model_name=\"m\",reason=\"capacity\"} 0.0",
                        "vllm:num_requests_waiting_by_reason{engine=\"0\",model_name=\"m\",reason=\"deferred\"} 1.0",
                        "vllm:lora_requests_info{max_lora=\"1\",running_lora_adapters=\"a\",waiting_lora_adapters=\"b\"} 1.7e+09");
    }

    @Test
    void statesOfAdaptersStayOnThePage() {
        use(settings().option("lora-modules", "a=x"));
        meters.observe(engine.snapshot());
        submit(1, 16, 2, "a");
        engine.advance(1, meters);
        meters.observe(engine.snapshot());
        engine.advance(1_000_000_000L, meters);
        assertThat(lines())
                .filteredOn(line -> line.startsWith("vllm:lora_requests_info{"))
                .hasSize(2);
        use(settings());
        assertThat(lines()).noneMatch(line -> line.contains("lora_requests_info"));
    }

    @Test
    void sleepingEnginesSayHowDeep() {
        engine.sleep(SleepState.DISCARD_ALL, PauseMode.ABORT, 5);
        assertThat(lines())
                .contains(
                        "vllm:engine_sleep_state{engine=\"0\",model_name=\"m\",sleep_state=\"awake\"} 0.0",
                        "vllm:engine_sleep_state{engine=\"0\",model_name=\"m\",sleep_state=\"weights_offloaded\"} 0.0",
                        "vllm:engine_sleep_state{engine=\"0\",model_name=\"m\",sleep_state=\"discard_all\"} 1.0");
    }

    @Test
    void preemptionsAreCountedForEachRequest() {
        use(settings().kvBlocks(64));
        for (int id = 1; id <= 4; id++) {
            submit(id, 200, 300);
        }
        engine.advance(100_000_000_000L, meters);
        assertThat(engine.snapshot().preemptions()).isPositive();
        assertThat(lines())
                .contains(
                        "vllm:request_num_preemptions_count{engine=\"0\",model_name=\"m\"} 4.0",
                        "vllm:request_num_preemptions_sum{engine=\"0\",model_name=\"m\"} "
                                + Exposition.number(engine.snapshot().preemptions()));
    }

    @Test
    void timesOfBlocksAreMeasuredOnDemand() {
        assertThat(lines()).noneMatch(line -> line.contains("kv_block_"));
        use(settings()
                .option("kv-cache-metrics", "")
                .option("kv-cache-metrics-sample", "1")
                .kvBlocks(64));
        int[] first = new int[900];
        submit(1, first, 1);
        engine.advance(1_000_000_000L, meters);
        submitAt(2, first, 1_000_000_000L);
        engine.advance(3_000_000_000L, meters);
        int[] other = new int[900];
        Arrays.fill(other, 9);
        submitAt(3, other, 3_000_000_000L);
        engine.advance(4_000_000_000L, meters);
        assertThat(lines())
                .contains(
                        "vllm:kv_block_lifetime_seconds_bucket{engine=\"0\",le=\"2.0\",model_name=\"m\"} 0.0",
                        "vllm:kv_block_lifetime_seconds_bucket{engine=\"0\",le=\"5.0\",model_name=\"m\"} 50.0",
                        "vllm:kv_block_idle_before_evict_seconds_bucket{engine=\"0\",le=\"1.0\",model_name=\"m\"} 0.0",
                        "vllm:kv_block_idle_before_evict_seconds_bucket{engine=\"0\",le=\"2.0\",model_name=\"m\"} 50.0");
    }

    @Test
    void bucketsAreThoseOfVllm() {
        assertThat(bounds("vllm:time_to_first_token_seconds"))
                .containsExactly(
                        "0.001", "0.005", "0.01", "0.02", "0.04", "0.06", "0.08", "0.1", "0.25", "0.5", "0.75", "1.0",
                        "2.5", "5.0", "7.5", "10.0", "20.0", "40.0", "80.0", "160.0", "640.0", "2560.0", "+Inf");
        assertThat(bounds("vllm:inter_token_latency_seconds"))
                .containsExactly(
                        "0.01", "0.025", "0.05", "0.075", "0.1", "0.15", "0.2", "0.3", "0.4", "0.5", "0.75", "1.0",
                        "2.5", "5.0", "7.5", "10.0", "20.0", "40.0", "80.0", "+Inf");
        assertThat(bounds("vllm:e2e_request_latency_seconds"))
                .containsExactly(
                        "0.3", "0.5", "0.8", "1.0", "1.5", "2.0", "2.5", "5.0", "10.0", "15.0", "20.0", "30.0", "40.0",
                        "50.0", "60.0", "120.0", "240.0", "480.0", "960.0", "1920.0", "7680.0", "+Inf");
        assertThat(bounds("vllm:iteration_tokens_total"))
                .containsExactly(
                        "1.0", "8.0", "16.0", "32.0", "64.0", "128.0", "256.0", "512.0", "1024.0", "2048.0", "4096.0",
                        "8192.0", "16384.0", "+Inf");
        assertThat(bounds("vllm:request_prompt_tokens"))
                .containsExactly(
                        "1.0", "2.0", "5.0", "10.0", "20.0", "50.0", "100.0", "200.0", "500.0", "1000.0", "+Inf");
    }

    private List<String> bounds(String name) {
        return lines().stream()
                .filter(line -> line.startsWith(name + "_bucket{"))
                .map(line -> line.replaceFirst(".*le=\"([^\"]*)\".*", "$1"))
                .toList();
    }

    private List<String> lines() {
        MeterPage page = new MeterPage(settings, START, InstantSource.fixed(START));
        return page.text(
                        List.of(new MeterPage.EngineState(meters, engine.snapshot(), 0)), MeterPage.Rejections.NONE, "")
                .lines()
                .toList();
    }

    private void submit(long id, int promptTokens, int outputs) {
        submit(id, promptTokens, outputs, null);
    }

    private void submit(long id, int promptTokens, int outputs, @Nullable String adapter) {
        long now = id == 2 && promptTokens == 33 ? 1_000_000_000L : 0;
        engine.submit(request(id, new int[promptTokens], outputs, adapter), now);
    }

    private void submit(long id, int[] prompt, int outputs) {
        engine.submit(request(id, prompt, outputs, null), 0);
    }

    private void submitAt(long id, int[] prompt, long now) {
        engine.submit(request(id, prompt, 1, null), now);
    }

    private static EngineRequest request(long id, int[] prompt, int outputs, @Nullable String adapter) {
        return new EngineRequest(
                id, prompt, outputs, outputs, FinishReason.STOP, index -> 7, 0, null, adapter, List.of(), 0, false, 0);
    }
}
