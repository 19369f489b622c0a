package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.LatencyModel;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Adapters as clients see them. */
@Timeout(60)
class LoraIT {
    private static final String COMPLETIONS = "/v1/completions";

    private final VllmSimulator simulator = VllmSimulator.start(SimulatorSettings.builder()
            .port(0)
            .latency(new LatencyModel.Constant(1_000_000, 5_000_000, 0, 0))
            .option("lora-modules", "first=/adapters/first")
            .option("allow-runtime-lora-updating", "")
            .build());
    private final SimulatorClient client = new SimulatorClient(simulator);

    @AfterEach
    void stop() {
        client.close();
        simulator.close();
    }

    @Test
    void adaptersAreListedAndAnswerUnderTheirNames() throws Exception {
        assertThat(client.get("/v1/models").body())
                .contains("{\"id\":\"first\",\"object\":\"model\",\"created\":")
                .contains("\"root\":\"/adapters/first\",\"parent\":\"sim-8b\",\"max_model_len\":null");
        assertThat(client.post(COMPLETIONS, completion("first", 2)).body()).contains("\"model\":\"first\"");
        assertThat(client.post(COMPLETIONS, completion("second", 2)).body())
                .contains("The model `second` does not exist. Valid aliases: sim-8b.");
        assertThat(load("second").body()).isEqualTo("Success: LoRA adapter 'second' added successfully.");
        assertThat(client.post(COMPLETIONS, completion("second", 2)).statusCode())
                .isEqualTo(200);
        client.post("/v1/unload_lora_adapter", "{\"lora_name\":\"second\"}");
        assertThat(client.post(COMPLETIONS, completion("second", 2)).statusCode())
                .isEqualTo(404);
        assertThat(client.get("/v1/models").body()).doesNotContain("second");
    }

    @Test
    void adaptersShareNoBlocks() throws Exception {
        load("second");
        client.post(COMPLETIONS, completion("first", 1));
        assertThat(client.post(COMPLETIONS, completion("second", 1)).body()).contains("\"cached_tokens\":0");
        assertThat(client.post(COMPLETIONS, completion("sim-8b", 1)).body()).contains("\"cached_tokens\":0");
        assertThat(client.post(COMPLETIONS, completion("first", 1)).body()).contains("\"cached_tokens\":48");
    }

    @Test
    void adaptersBeyondThoseOfOneStepWaitAndAreSeenWaiting() throws Exception {
        load("second");
        CompletableFuture<HttpResponse<String>> running = client.postLater(COMPLETIONS, completion("first", 200));
        await("it runs").until(() -> simulator.statistics().running() == 1);
        CompletableFuture<HttpResponse<String>> waiting = client.postLater(COMPLETIONS, completion("second", 2));
        await("it waits").until(() -> simulator.statistics().waitingAdapters().contains("second"));

        await("it is seen")
                .untilAsserted(() -> assertThat(client.get("/metrics").body())
                        .contains(
                                "vllm:lora_requests_info{max_lora=\"1\",running_lora_adapters=\"first\","
                                        + "waiting_lora_adapters=\"second\"} ",
                                "vllm:num_requests_waiting_by_reason{engine=\"0\",model_name=\"sim-8b\","
                                        + "reason=\"deferred\"} 1.0"));
        assertThat(running.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        assertThat(waiting.get(20, TimeUnit.SECONDS).body()).contains("\"model\":\"second\"");
    }

    private HttpResponse<String> load(String name) throws Exception {
        return client.post(
                "/v1/load_lora_adapter", "{\"lora_name\":\"" + name + "\",\"lora_path\":\"/adapters/" + name + "\"}");
    }

    private static String completion(String model, int tokens) {
        return "{\"model\":\"" + model + "\",\"ignore_eos\":true,\"max_tokens\":" + tokens + ",\"prompt\":\""
                + "word ".repeat(60) + "\"}";
    }
}
