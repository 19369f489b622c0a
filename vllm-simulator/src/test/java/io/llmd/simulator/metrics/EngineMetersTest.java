package io.llmd.simulator.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.engine.Engine;
import io.llmd.simulator.engine.EngineRequest;
import io.llmd.simulator.engine.EngineSettings;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.engine.LatencyModel;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class EngineMetersTest {
    private final EngineSettings settings = EngineSettings.builder()
            .maxNumSeqs(4)
            .blocks(100)
            .maxModelLen(1000)
            .latency(new LatencyModel.Constant(100_000_000, 10_000_000, 0, 0))
            .build();
    private final EngineMeters meters = new EngineMeters(settings, "m", Instant.ofEpochSecond(1_700_000_000));
    private final Engine engine = new Engine(settings);

    @Test
    void twoEqualRequestsAreCountedWithTheirTimesAndHits() {
        submit(1, 33, 3);
        engine.advance(1_000_000_000L, meters::record);
        submit(2, 33, 3);
        engine.advance(2_000_000_000L, meters::record);

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
                        "vllm:iteration_tokens_total_count{engine=\"0\",model_name=\"m\"} 6.0",
                        "vllm:request_prompt_tokens_sum{engine=\"0\",model_name=\"m\"} 66.0",
                        "process_start_time_seconds 1.7e+09");
    }

    @Test
    void runningAndWaitingRequestsAreGauges() {
        for (int id = 1; id <= 6; id++) {
            submit(id, 16, 50);
        }
        engine.advance(1, meters::record);
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
        return meters.scrape(engine.snapshot(), 0).lines().toList();
    }

    private void submit(long id, int promptTokens, int outputs) {
        long now = id == 2 && promptTokens == 33 ? 1_000_000_000L : 0;
        engine.submit(
                new EngineRequest(
                        id,
                        new int[promptTokens],
                        outputs,
                        outputs,
                        FinishReason.STOP,
                        index -> 7,
                        0,
                        null,
                        null,
                        List.of(),
                        0,
                        false,
                        0),
                now);
    }
}
