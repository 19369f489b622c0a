package io.llmd.simulator.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.config.FakeMetrics;
import io.llmd.simulator.config.SimulatorSettings;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class FakePageTest {
    private Instant now = Instant.ofEpochSecond(1_700_000_000);
    private final SimulatorSettings settings = SimulatorSettings.builder()
            .model("m")
            .option(
                    "fake-metrics",
                    "{\"running-requests\":\"ramp:0:10:10s\",\"kv-cache-usage\":0.4,\"ttft-buckets-values\":[1,2],"
                            + "\"request-prompt-tokens\":[5,6],\"request-success-total\":{\"stop\":3},"
                            + "\"loras\":[{\"running\":\"a\",\"waiting\":\"b\",\"timestamp\":17}]}")
            .build();
    private final MeterPage page = new MeterPage(settings, now, () -> now);

    @Test
    void onlyWhatIsMadeUpIsOnThePage() {
        now = now.plusSeconds(5);
        assertThat(lines())
                .contains(
                        "vllm:num_requests_running{engine=\"0\",model_name=\"m\"} 5.0",
                        "vllm:num_requests_waiting{engine=\"0\",model_name=\"m\"} 0.0",
                        "vllm:kv_cache_usage_perc{engine=\"0\",model_name=\"m\"} 0.4",
                        "vllm:time_to_first_token_seconds_bucket{engine=\"0\",le=\"0.001\",model_name=\"m\"} 1.0",
                        "vllm:time_to_first_token_seconds_bucket{engine=\"0\",le=\"0.005\",model_name=\"m\"} 3.0",
                        "vllm:time_to_first_token_seconds_count{engine=\"0\",model_name=\"m\"} 3.0",
                        "vllm:request_prompt_tokens_sum{engine=\"0\",model_name=\"m\"} 11.0",
                        "vllm:prompt_tokens_total{engine=\"0\",model_name=\"m\"} 11.0",
                        "vllm:request_success_total{engine=\"0\",finished_reason=\"stop\",model_name=\"m\"} 3.0",
                        "vllm:request_success_total{engine=\"0\",finished_reason=\"length\",model_name=\"m\"} 0.0",
                        "vllm:lora_requests_info{max_lora=\"1\",running_lora_adapters=\"a\",waiting_lora_adapters=\"b\"} 17.0")
                .noneMatch(line -> line.startsWith("vllm:iteration_tokens_total"))
                .noneMatch(line -> line.startsWith("process_"));
    }

    @Test
    void functionsStartAnewWithAChangeAndTheRealMetricsComeBack() {
        now = now.plusSeconds(5);
        page.fake(FakeMetrics.parse("{\"running-requests\":\"ramp:0:10:10s\"}"));
        assertThat(lines()).contains("vllm:num_requests_running{engine=\"0\",model_name=\"m\"} 0.0");
        page.fake(null);
        assertThat(lines()).anyMatch(line -> line.startsWith("process_start_time_seconds "));
    }

    private List<String> lines() {
        return page.text(List.of(), MeterPage.Rejections.NONE, "").lines().toList();
    }
}
