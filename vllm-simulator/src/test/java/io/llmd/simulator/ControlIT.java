package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.SimulatorSettingsBuilder;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.engine.SleepState;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What operators do to a running endpoint. */
@Timeout(60)
class ControlIT {
    private static final String COMPLETIONS = "/v1/completions";
    private static final LatencyModel STEADY = new LatencyModel.Constant(1_000_000, 5_000_000, 0, 0);

    private VllmSimulator simulator = VllmSimulator.start(settings().build());
    private SimulatorClient client = new SimulatorClient(simulator);

    private static SimulatorSettingsBuilder settings() {
        return SimulatorSettings.builder()
                .port(0)
                .latency(STEADY)
                .maxNumSeqs(2)
                .control(control -> control.developmentMode(true));
    }

    private void restart(SimulatorSettingsBuilder settings) {
        stop();
        simulator = VllmSimulator.start(settings.build());
        client = new SimulatorClient(simulator);
    }

    @AfterEach
    void stop() {
        client.close();
        simulator.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/pause", "/sleep?level=0", "/abort_requests"})
    void requestsThatAreEndedGetWhatThereIs(String path) throws Exception {
        CompletableFuture<HttpResponse<String>> complete = client.postLater(COMPLETIONS, completion("a", 10_000));
        CompletableFuture<HttpResponse<String>> stream =
                client.postLater(COMPLETIONS, completion("b", 10_000).replace("{", "{\"stream\":true,"));
        awaitRunning(2);
        assertThat(client.post(path, "{}").statusCode()).isEqualTo(200);

        assertThat(get(complete).statusCode()).isEqualTo(200);
        assertThat(get(complete).body()).contains("\"finish_reason\":\"abort\",\"stop_reason\":null");
        assertThat(get(stream).body())
                .containsOnlyOnce("\"finish_reason\":\"abort\"")
                .endsWith("data: [DONE]\n\n");
        await("blocks are given back")
                .until(() -> simulator.statistics().usedBlocks() == 0
                        && simulator.statistics().aborted() == 2);
    }

    @Test
    void oneRequestCanBeEndedByItsId() throws Exception {
        CompletableFuture<HttpResponse<String>> ended = client.postLater(COMPLETIONS, completion("first", 10_000));
        CompletableFuture<HttpResponse<String>> left = client.postLater(COMPLETIONS, completion("second", 200));
        awaitRunning(2);
        HttpResponse<String> answer =
                client.post("/abort_requests", "{\"request_ids\":[\"cmpl-first-0\",\"cmpl-unknown-0\"]}");

        assertThat(answer.body()).isEqualTo("{\"status\":\"aborted\",\"aborted\":2}");
        assertThat(get(ended).body()).contains("\"finish_reason\":\"abort\"");
        assertThat(get(left).body()).contains("\"finish_reason\":\"length\"", "\"completion_tokens\":200");
    }

    @Test
    void clientsThatKnowTheirIdsNeedNoDevelopmentMode() throws Exception {
        restart(SimulatorSettings.builder().port(0).latency(STEADY));
        CompletableFuture<HttpResponse<String>> ended = client.postLater(COMPLETIONS, completion("a", 10_000));
        awaitRunning(1);
        assertThat(client.post("/inference/v1/abort_requests", "{\"request_ids\":[\"cmpl-a-0\"]}")
                        .body())
                .isEmpty();
        assertThat(get(ended).body()).contains("\"finish_reason\":\"abort\"");
        for (String path : new String[] {"/pause", "/sleep", "/wake_up", "/reset_prefix_cache", "/abort_requests"}) {
            assertThat(client.post(path, "{}").statusCode()).as(path).isEqualTo(404);
        }
    }

    @Test
    void requestsGoOnAfterAPauseThatKeepsThem() throws Exception {
        CompletableFuture<HttpResponse<String>> kept = client.postLater(COMPLETIONS, completion("a", 100));
        awaitRunning(1);
        client.post("/pause?mode=keep", "");
        CompletableFuture<HttpResponse<String>> late = client.postLater(COMPLETIONS, completion("b", 3));
        await("the late one waits").until(() -> simulator.statistics().waiting() == 1);
        assertThat(client.get("/is_paused").body()).isEqualTo("{\"is_paused\":true}");
        assertThat(late).isNotDone();

        client.post("/resume", "");
        assertThat(client.get("/is_paused").body()).isEqualTo("{\"is_paused\":false}");
        assertThat(get(kept).body()).contains("\"completion_tokens\":100");
        assertThat(get(late).body()).contains("\"completion_tokens\":3");
    }

    @Test
    void pauseThatWaitsIsAnsweredWhenNothingRuns() throws Exception {
        CompletableFuture<HttpResponse<String>> running = client.postLater(COMPLETIONS, completion("a", 100));
        awaitRunning(1);
        assertThat(client.post("/pause?mode=wait", "").body()).isEqualTo("{\"status\":\"paused\"}");

        assertThat(simulator.statistics().running()).isZero();
        assertThat(simulator.statistics().cachedBlocks()).isZero();
        assertThat(get(running).body()).contains("\"completion_tokens\":100");
    }

    @Test
    void sleepingEndpointForgetsItsCacheAndAnswersWhenAwake() throws Exception {
        client.post(COMPLETIONS, completion("a", 20));
        assertThat(simulator.statistics().cachedBlocks()).isPositive();
        assertThat(client.post("/sleep?level=1", "").body()).isEqualTo("{\"status\":\"sleeping\",\"level\":1}");
        assertThat(simulator.statistics().sleepState()).isEqualTo(SleepState.WEIGHTS_OFFLOADED);
        assertThat(simulator.statistics().cachedBlocks()).isZero();
        assertThat(client.get("/metrics").body())
                .contains(
                        state("awake", 0),
                        state("weights_offloaded", 1),
                        "vllm:sleep_mode_operation_duration_seconds_count{operation=\"sleep\"} 1.0",
                        "vllm:sleep_mode_operations_in_flight{operation=\"sleep\"} 0.0")
                .doesNotContain("operation=\"wake\"");

        CompletableFuture<HttpResponse<String>> late = client.postLater(COMPLETIONS, completion("b", 3));
        await("it waits").until(() -> simulator.statistics().waiting() == 1);
        assertThat(client.post("/wake_up?tags=weights", "").body())
                .isEqualTo("{\"status\":\"sleeping\",\"tags\":[\"weights\"]}");
        assertThat(client.get("/is_sleeping").body()).isEqualTo("{\"is_sleeping\":true}");
        assertThat(late).isNotDone();
        assertThat(client.post("/wake_up?tags=kv_cache", "").body())
                .isEqualTo("{\"status\":\"awake\",\"tags\":[\"kv_cache\"]}");
        assertThat(get(late).body()).contains("\"completion_tokens\":3");
        assertThat(client.get("/is_sleeping").body()).isEqualTo("{\"is_sleeping\":false}");
        assertThat(client.get("/metrics").body()).contains(state("awake", 1), state("weights_offloaded", 0));
    }

    @Test
    void cacheMemoryIsReleasedInAPauseOnly() throws Exception {
        HttpResponse<String> refused = client.post("/release_kv_cache_memory", "");
        assertThat(refused.statusCode()).isEqualTo(500);
        assertThat(refused.body()).contains("release_kv_cache_memory() requires a completed pause first");

        client.post("/pause", "");
        assertThat(client.post("/release_kv_cache_memory", "").body()).isEqualTo("{\"status\":\"kv_cache_released\"}");
        assertThat(client.post("/wake_up?tags=kv_cache", "").body()).contains("\"status\":\"awake\"");
        assertThat(client.post(COMPLETIONS, completion("a", 3)).body()).contains("\"completion_tokens\":3");
    }

    @Test
    void olderVersionsSayLess() throws Exception {
        restart(settings().version("0.11.0"));
        assertThat(client.post("/sleep", "").body()).isEmpty();
        assertThat(client.post("/wake_up", "").body()).isEmpty();
        assertThat(client.post("/reset_prefix_cache", "").body()).isEmpty();
        assertThat(client.post("/pause", "").statusCode()).isEqualTo(404);
    }

    @Test
    void resetOfTheCacheTellsWhetherBlocksWereInUse() throws Exception {
        CompletableFuture<HttpResponse<String>> running = client.postLater(COMPLETIONS, completion("a", 100));
        awaitRunning(1);
        assertThat(client.post("/reset_prefix_cache", "").body()).isEqualTo("{\"success\":false}");
        assertThat(client.post("/reset_prefix_cache?reset_running_requests=true", "")
                        .body())
                .isEqualTo("{\"success\":true}");
        assertThat(get(running).body()).contains("\"completion_tokens\":100");
        assertThat(simulator.statistics().preemptions()).isEqualTo(1);
    }

    @Test
    void endpointIsReadySomeTimeAfterItsStart() throws Exception {
        restart(settings().control(control -> control.startup(Duration.ofSeconds(2))));
        assertThat(client.get("/health/ready").statusCode()).isEqualTo(503);
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
        await("it is ready").until(() -> client.get("/health/ready").statusCode(), status -> status == 200);
    }

    @Test
    void madeUpMetricsAreSetAndLeftAtRunTime() throws Exception {
        String line = "vllm:num_requests_waiting{engine=\"0\",model_name=\"sim-8b\"} ";
        client.post("/admin/config", "{\"fake-metrics\":{\"waiting-requests\":7}}");
        assertThat(client.get("/metrics").body()).contains(line + "7.0").doesNotContain("sim_steps_total");
        HttpResponse<String> state = client.post("/admin/config", "{\"fake-metrics\":{\"running-requests\":2}}");
        assertThat(state.body()).contains("\"fake-metrics\":{\"running-requests\":2.0,\"waiting-requests\":7.0}");
        assertThat(client.get("/metrics").body()).contains(line + "7.0");
        assertThat(client.post("/admin/config", "{\"fake-metrics\":{\"nothing\":2}}")
                        .statusCode())
                .isEqualTo(400);
        client.post("/admin/config", "{\"fake-metrics\":null}");
        assertThat(client.get("/metrics").body()).contains(line + "0.0", "sim_steps_total");
    }

    @Test
    void requestsAreCountedByTheirRoutes() throws Exception {
        client.get("/v1/models");
        client.post(COMPLETIONS, completion("a", 3));
        client.post(COMPLETIONS, completion("b", 3).replace("{", "{\"stream\":true,"));
        client.post(COMPLETIONS, "{\"prompt\":\"x\",\"max_tokens\":0}");
        client.get("/v1/responses/unknown");
        client.get("/nowhere");
        client.get("/health");
        assertThat(client.get("/metrics").body().lines().filter(line -> line.startsWith("http_requests_total{")))
                .containsExactlyInAnyOrder(
                        requests("/v1/models", "GET", "2xx", 1),
                        requests(COMPLETIONS, "POST", "2xx", 2),
                        requests(COMPLETIONS, "POST", "4xx", 1),
                        requests("/v1/responses/{response_id}", "GET", "4xx", 1),
                        requests("none", "GET", "4xx", 1));
    }

    @Test
    void requestsWithPriorityGoFirstWhereTheEngineOrdersByIt() throws Exception {
        restart(settings().maxNumSeqs(1).option("scheduling-policy", "priority"));
        CompletableFuture<HttpResponse<String>> running = client.postLater(COMPLETIONS, completion("a", 100));
        awaitRunning(1);
        CompletableFuture<HttpResponse<String>> late =
                client.postLater(COMPLETIONS, completion("b", 400).replace("{", "{\"priority\":5,"));
        await("the first one waits").until(() -> simulator.statistics().waiting() == 1);
        CompletableFuture<HttpResponse<String>> first =
                client.postLater(COMPLETIONS, completion("c", 3).replace("{", "{\"priority\":1,"));
        await("both wait").until(() -> simulator.statistics().waiting() == 2);
        assertThat(get(running).statusCode()).isEqualTo(200);
        assertThat(get(first).body()).contains("\"completion_tokens\":3");
        assertThat(late).isNotDone();
        assertThat(get(late).body()).contains("\"completion_tokens\":400");
    }

    private static String requests(String handler, String method, String status, int count) {
        return "http_requests_total{handler=\"" + handler + "\",method=\"" + method + "\",status=\"" + status + "\"} "
                + count + ".0";
    }

    private static String state(String name, int value) {
        return "vllm:engine_sleep_state{engine=\"0\",model_name=\"sim-8b\",sleep_state=\"" + name + "\"} " + value
                + ".0";
    }

    private static String completion(String id, int tokens) {
        return "{\"request_id\":\"" + id + "\",\"ignore_eos\":true,\"max_tokens\":" + tokens + ",\"prompt\":\""
                + "word ".repeat(40) + "\"}";
    }

    private void awaitRunning(int count) {
        await("requests run").until(() -> simulator.statistics().running() == count);
    }

    private static HttpResponse<String> get(CompletableFuture<HttpResponse<String>> answer) throws Exception {
        return answer.get(20, TimeUnit.SECONDS);
    }
}
