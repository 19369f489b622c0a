package io.llmd.autoscaler.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.autoscaler.collector.RouterReading.Flow;
import io.llmd.autoscaler.collector.RouterReading.FlowKey;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PagesTest {

    static <T> T read(Page<T> page, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        page.feed(bytes, 0, bytes.length / 2);
        page.feed(bytes, bytes.length / 2, bytes.length);
        return page.finish(7);
    }

    @Test
    void pageOfVllm() {
        EngineReading reading = read(new EnginePage(), """
                # TYPE vllm:num_requests_running gauge
                vllm:num_requests_running{engine="0",model_name="m"} 3.0
                vllm:num_requests_waiting{engine="0",model_name="m"} 2.0
                vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
                vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="1000"} 1.0
                vllm:iteration_tokens_total_bucket{engine="0",le="1.0",model_name="m"} 4.0
                vllm:iteration_tokens_total_count{engine="0",model_name="m"} 500.0
                vllm:prompt_tokens_total{engine="0",model_name="m"} 90000.0
                vllm:prefix_cache_hits_total{engine="0",model_name="m"} 30000.0
                vllm:generation_tokens_total{engine="0",model_name="m"} 1.5e3
                vllm:num_preemptions_total{engine="0",model_name="m"} 1.0
                vllm:inter_token_latency_seconds_sum{engine="0",model_name="m"} 12.5
                vllm:inter_token_latency_seconds_count{engine="0",model_name="m"} 1400.0
                """);
        assertThat(reading)
                .isEqualTo(new EngineReading(7, 3, 2, 0.25, 16_000, 500, 90_000, 30_000, 1_500, 1, 12.5, 1_400));
        assertThat(reading.isUsable()).isTrue();
    }

    @Test
    void pageOfSglang() {
        EngineReading reading = read(new EnginePage(), """
                sglang:num_running_reqs{model_name="m"} 4
                sglang:num_queue_reqs{model_name="m"} 1
                sglang:token_usage{model_name="m"} 0.5
                sglang:max_total_num_tokens{model_name="m"} 200000
                sglang:prompt_tokens_total{model_name="m"} 10
                sglang:cached_tokens_total{model_name="m"} 4
                sglang:generation_tokens_total{model_name="m"} 6
                """);
        assertThat(reading.running()).isEqualTo(4);
        assertThat(reading.waiting()).isEqualTo(1);
        assertThat(reading.kvFill()).isEqualTo(0.5);
        assertThat(reading.kvTokens()).isEqualTo(200_000);
        assertThat(reading.cachedTokens()).isEqualTo(4);
        assertThat(reading.steps()).isNaN();
    }

    @Test
    void absurdAndMissingValuesAreNotSaid() {
        EngineReading absurd = read(new EnginePage(), """
                vllm:num_requests_running{engine="0"} -3
                vllm:num_requests_waiting{engine="0"} NaN
                vllm:kv_cache_usage_perc{engine="0"} 7
                vllm:cache_config_info{num_gpu_blocks="None",block_size="16"} 1
                """);
        assertThat(absurd.isUsable()).isFalse();
        assertThat(absurd.kvFill()).isNaN();
        assertThat(absurd.kvTokens()).isNaN();
        assertThat(read(new EnginePage(), "<html>").isUsable()).isFalse();
    }

    @Test
    void pageOfARouter() {
        RouterReading reading = read(new RouterPage(), """
                llm_d_epp_request_total{fairness_id="a",model_name="alias",target_model_name="m",priority="1"} 30
                llm_d_epp_request_total{fairness_id="b",model_name="m",target_model_name="m",priority="1"} 12
                llm_d_epp_request_total{fairness_id="b",model_name="m",target_model_name="",priority="0"} 5
                llm_d_epp_flow_control_queue_size{fairness_id="a",priority="1",inference_pool="p",model_name="m",target_model_name="m"} 4
                llm_d_epp_request_running{fairness_id="a",model_name="m",target_model_name="m",priority="1"} 6
                llm_d_epp_request_input_tokens_sum{fairness_id="a",model_name="m",target_model_name="m",priority="1"} 4000
                llm_d_epp_request_input_tokens_bucket{model_name="m",target_model_name="m",priority="1",le="1000"} 0
                llm_d_epp_request_input_tokens_bucket{model_name="m",target_model_name="m",priority="1",le="3000"} 2
                llm_d_epp_request_input_tokens_bucket{model_name="m",target_model_name="m",priority="1",le="+Inf"} 2
                llm_d_epp_request_cached_tokens_sum{fairness_id="a",model_name="m",target_model_name="m",priority="1"} 1000
                llm_d_epp_request_output_tokens_sum{fairness_id="a",model_name="m",target_model_name="m",priority="1"} 300
                llm_d_epp_request_output_tokens_count{fairness_id="a",model_name="m",target_model_name="m",priority="1"} 2
                """);
        assertThat(reading.flows())
                .containsOnlyKeys(new FlowKey("m", 1), new FlowKey("m", 0))
                .containsEntry(new FlowKey("m", 1), new Flow(42, 4, 6, 2, 4_000, 8e6, 1_000, 300, 0))
                .containsEntry(new FlowKey("m", 0), new Flow(5, 0, 0, 0, 0, 0, 0, 0, 0));
    }

    @Test
    void aPageWithoutAnythingOfARouterIsNotOneWithoutRequests() {
        assertThat(read(new RouterPage(), "<html>").isUsable()).isFalse();
        assertThat(read(new RouterPage(), "http_server_requests_seconds_count 3\n")
                        .isUsable())
                .isFalse();
        assertThat(read(new RouterPage(), "llm_d_epp_ready_endpoints{name=\"p\"} 3\n")
                        .isUsable())
                .as("nothing has come yet")
                .isTrue();
        assertThat(read(new RouterPage(), "llm_d_epp_request_total{model_name=\"m\"} 3\n")
                        .isUsable())
                .isTrue();
    }

    @Test
    void squaresOfBucketsAreThoseOfTheirMiddles() {
        BucketSquares squares = new BucketSquares();
        squares.add(10, 2);
        squares.add(20, 3);
        squares.add(Double.POSITIVE_INFINITY, 4);
        assertThat(squares.sum()).isEqualTo(2 * 25 + 225 + 900);
    }

    @Test
    void replicasAreTheEndpointsWithAVariant(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("endpoints.yaml");
        Files.writeString(file, """
                endpoints:
                  - {name: a, namespace: n, address: 10.0.0.7, port: "8000", labels: {llm-d.ai/variant: big}}
                  - {name: b, address: "::1", port: 8001, labels: {llm-d.ai/variant: small, llm-d.ai/role: decode}}
                  - {name: c, address: 10.0.0.9, port: "8000", labels: {}}
                """);
        assertThat(EndpointsFile.read(file))
                .containsExactly(
                        new Replica("n/a", "n/big", URI.create("http://10.0.0.7:8000/metrics")),
                        new Replica("default/b", "default/small", URI.create("http://[::1]:8001/metrics")));
        Files.writeString(file, "endpoints: 3");
        assertThatThrownBy(() -> EndpointsFile.read(file)).isInstanceOf(IOException.class);
        Files.writeString(file, "a: [");
        assertThatThrownBy(() -> EndpointsFile.read(file)).isInstanceOf(IOException.class);
        Files.writeString(file, "endpoints: [{address: 'a b', labels: {llm-d.ai/variant: x}}]");
        assertThatThrownBy(() -> EndpointsFile.read(file)).isInstanceOf(IOException.class);
    }
}
