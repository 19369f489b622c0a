package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.SimulatorSettingsBuilder;
import io.llmd.simulator.config.StartPlan;
import io.llmd.simulator.engine.EngineSnapshot;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.kvevents.KvEventSettings;
import io.llmd.simulator.kvevents.ReplaySettings;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several engines behind one port, and several endpoints in one process. */
@Timeout(60)
class DataParallelIT {
    private static final String COMPLETIONS = "/v1/completions";

    private final VllmSimulator simulator = VllmSimulator.start(settings().build());
    private final SimulatorClient client = new SimulatorClient(simulator);

    private static SimulatorSettingsBuilder settings() {
        return SimulatorSettings.builder()
                .port(0)
                .dataParallelSize(4)
                .latency(new LatencyModel.Constant(1_000_000, 5_000_000, 0, 0))
                .kvEvents(KvEventSettings.DEFAULT
                        .withEndpoint("tcp://127.0.0.1:*")
                        .withReplay(ReplaySettings.at("tcp://127.0.0.1:*")));
    }

    @AfterEach
    void stop() {
        client.close();
        simulator.close();
    }

    @Test
    void headerChoosesTheRank() throws Exception {
        assertThat(post("2", completion(5)).body()).contains("\"completion_tokens\":5");

        assertThat(simulator.rankStatistics())
                .extracting(EngineSnapshot::finished)
                .containsExactly(0L, 0L, 1L, 0L);
        String page = client.get("/metrics").body();
        for (int rank = 0; rank < 4; rank++) {
            String engine = "{engine=\"" + rank + "\",model_name=\"sim-8b\"} ";
            assertThat(page)
                    .contains("vllm:generation_tokens_total" + engine + (rank == 2 ? "5.0" : "0.0"))
                    .contains("vllm:num_requests_running" + engine + "0.0");
        }
        assertThat(page.lines().filter(line -> line.startsWith("# TYPE vllm:num_requests_running ")))
                .hasSize(1);
        assertThat(simulator.rankKvEvents())
                .extracting(publisher -> publisher.sequence() > 0)
                .containsExactly(false, false, true, false);
        Set<String> endpoints = new HashSet<>();
        simulator.rankKvEvents().forEach(publisher -> endpoints.add(publisher.endpoint()));
        assertThat(endpoints).hasSize(4);
    }

    @Test
    void blocksOfOneRankAreNotThoseOfAnother() throws Exception {
        post("1", completion(1));
        assertThat(post("1", completion(1)).body()).contains("\"cached_tokens\":48");
        assertThat(post("3", completion(1)).body()).contains("\"cached_tokens\":0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"4", "-1"})
    void rankThatIsNotThereIsRefused(String rank) throws Exception {
        HttpResponse<String> answer = post(rank, completion(1));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("\"data_parallel_rank " + rank + " is out of range [0, 4).\"");
    }

    @Test
    void headerThatIsNoNumberCountsForNothing() throws Exception {
        assertThat(post("many", completion(1)).statusCode()).isEqualTo(200);
    }

    @Test
    void requestsGoToTheRankThatHasLeastToDo() throws Exception {
        for (int i = 0; i < 8; i++) {
            client.postLater(COMPLETIONS, completion(10_000));
            int sent = i + 1;
            await("it runs")
                    .until(() -> simulator.rankStatistics().stream()
                                    .mapToInt(EngineSnapshot::running)
                                    .sum()
                            == sent);
        }
        assertThat(simulator.rankStatistics())
                .extracting(EngineSnapshot::running)
                .containsOnly(2);
    }

    @Test
    void onePlanStartsSeveralEndpointsOnSharedThreads() throws Exception {
        StartPlan plan = StartPlan.of(
                List.of("--port", "0", "--pods", "2", "--data-parallel-size", "2", "--data-parallel-external-lb"),
                Map.of());
        try (SimulatedPool pool = SimulatedPool.start(plan)) {
            assertThat(pool.endpoints()).extracting(VllmSimulator::port).doesNotHaveDuplicates();
            for (int i = 0; i < 4; i++) {
                try (SimulatorClient one = new SimulatorClient(pool.endpoints().get(i))) {
                    String rank = "engine=\"" + i % 2 + "\"";
                    assertThat(one.get("/metrics").body()).contains("vllm:num_requests_running{" + rank);
                    assertThat(one.post(COMPLETIONS, completion(1)).statusCode())
                            .isEqualTo(200);
                }
            }
        }
    }

    private HttpResponse<String> post(String rank, String body) throws Exception {
        return client.post(COMPLETIONS, body, "X-data-parallel-rank", rank);
    }

    private static String completion(int tokens) {
        return "{\"ignore_eos\":true,\"max_tokens\":" + tokens + ",\"prompt\":\"" + "word ".repeat(60) + "\"}";
    }
}
