package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.HandoffSettingsBuilder;
import io.llmd.simulator.config.KvConnector;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.engine.LoadFailurePolicy;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What goes wrong between an endpoint that prefills and one that decodes. */
@Timeout(60)
class HandoffFaultIT {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String WORDS = "The model reads a prompt and computes keys and values. ".repeat(20);

    private final List<AutoCloseable> open = new ArrayList<>();
    private final Running prefilling = start("127.0.0.2", handoff -> {});
    private final Running decoding = start("127.0.0.1", handoff -> {});

    private record Running(VllmSimulator simulator, SimulatorClient client) {
        void configure(String faults) throws IOException, InterruptedException {
            assertThat(client.post("/admin/config", faults).statusCode()).isEqualTo(200);
        }

        double metric(String name) throws IOException, InterruptedException {
            return client.get("/metrics")
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(name + "{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        }
    }

    private Running start(String host, Consumer<HandoffSettingsBuilder> change) {
        VllmSimulator simulator = VllmSimulator.start(SimulatorSettings.builder()
                .port(0)
                .latency(new LatencyModel.Constant(2_000_000, 1_000_000, 0, 0))
                .handoff(handoff -> change.accept(handoff.connector(KvConnector.NIXL)
                        .sideChannelHost(host)
                        .sideChannelPort(0)
                        .handshake(Duration.ZERO)))
                .build());
        SimulatorClient client = new SimulatorClient(simulator);
        open.add(client);
        open.add(simulator);
        return new Running(simulator, client);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    @Test
    void absentHandoffLeavesTheBlocksToTheirLease() throws Exception {
        prefilling.configure("{\"handoff\":{\"absent\":1}}");
        assertThat(prefill().isNull()).isTrue();
        assertThat(prefilling.simulator().statistics().leases()).isEqualTo(1);
        prefilling.configure("{\"handoff\":null}");
        assertThat(decode(decoding, prefill()).statusCode()).isEqualTo(200);
    }

    @Test
    void shareOfTheHandoffsIsAbsent() throws Exception {
        prefilling.configure("{\"handoff\":{\"absent\":0.5}}");
        int absent = 0;
        for (int i = 0; i < 40; i++) {
            absent += prefill().isNull() ? 1 : 0;
        }
        assertThat(absent).isBetween(10, 30);
    }

    @Test
    void loopbackHostLeadsNowhere() throws Exception {
        assertThat(prefill().get("remote_host").stringValue()).isEqualTo("127.0.0.2");
        prefilling.configure("{\"handoff\":{\"loopback_host\":1}}");
        JsonNode handoff = prefill();
        assertThat(handoff.get("remote_host").stringValue()).isEqualTo("127.0.0.1");
        assertThat(decode(decoding, handoff).statusCode()).isEqualTo(500);
    }

    @Test
    void shortLeaseEndsBeforeAnybodyComes() throws Exception {
        prefilling.configure("{\"handoff\":{\"lease\":\"30ms\"}}");
        JsonNode handoff = prefill();
        await("lease ends").until(() -> prefilling.simulator().statistics().leases() == 0);
        assertThat(prefilling.metric("vllm:nixl_num_kv_expired_reqs_total")).isEqualTo(1);
        assertThat(decode(decoding, handoff).statusCode()).isEqualTo(500);
        prefilling.configure("{\"handoff\":null}");
        assertThat(decode(decoding, prefill()).statusCode()).isEqualTo(200);
    }

    @Test
    void failedReadIsAnErrorOrComputedAgain() throws Exception {
        decoding.configure("{\"handoff\":{\"read_failure\":1}}");
        assertThat(decode(decoding, prefill()).statusCode()).isEqualTo(500);
        assertThat(decoding.metric("vllm:nixl_num_failed_transfers_total")).isEqualTo(1);
        assertThat(prefilling.simulator().statistics().leases()).isEqualTo(1);
        decoding.configure("{\"handoff\":{\"read_failure\":0}}");
        assertThat(decode(decoding, prefill()).statusCode()).isEqualTo(200);

        Running patient = start("127.0.0.1", handoff -> handoff.loadFailure(LoadFailurePolicy.RECOMPUTE));
        patient.configure("{\"handoff\":{\"read_failure\":1}}");
        assertThat(decode(patient, prefill()).statusCode()).isEqualTo(200);
        assertThat(patient.metric("vllm:nixl_num_failed_transfers_total")).isEqualTo(1);
    }

    @Test
    void mismatchAtTheHandshakeIsRefused() throws Exception {
        prefilling.configure("{\"handoff\":{\"handshake_mismatch\":true}}");
        assertThat(decode(decoding, prefill()).statusCode()).isEqualTo(500);
        prefilling.configure("{\"handoff\":null}");
        assertThat(decode(decoding, prefill()).statusCode()).isEqualTo(200);
    }

    @Test
    void slowNetworkTakesItsTime() throws Exception {
        Running slow = start("127.0.0.1", handoff -> handoff.transferBase(Duration.ofMillis(20)));
        slow.configure("{\"handoff\":{\"slow_factor\":5}}");
        JsonNode handoff = prefill();
        long start = System.nanoTime();
        assertThat(decode(slow, handoff).statusCode()).isEqualTo(200);
        assertThat(System.nanoTime() - start).isGreaterThan(100_000_000);
    }

    @Test
    void oneRequestCanAskForATroubleOfItsHandoff() throws Exception {
        assertThat(prefill("X-Sim-Fault", "handoff_absent").isNull()).isTrue();
        assertThat(prefill("X-Sim-Fault", "handoff_loopback_host")
                        .get("remote_host")
                        .stringValue())
                .isEqualTo("127.0.0.1");
        assertThat(decode(decoding, prefill(), "X-Sim-Fault", "handoff_read_failure")
                        .statusCode())
                .isEqualTo(500);
        assertThat(decoding.metric("vllm:nixl_num_failed_transfers_total")).isEqualTo(1);
        assertThat(decode(decoding, prefill()).statusCode()).isEqualTo(200);
    }

    @Test
    void troublesOfHandoffsCanComeACountOfTimes() throws Exception {
        prefilling.configure("{\"handoff_absent\":{\"count\":1,\"phase\":\"prefill\"}}");
        assertThat(prefill().isNull()).isTrue();
        assertThat(prefill().isNull()).isFalse();
    }

    private JsonNode prefill(String... headers) throws Exception {
        ObjectNode request = completion();
        request.putObject("kv_transfer_params").put("do_remote_decode", true).put("do_remote_prefill", false);
        HttpResponse<String> answer = prefilling.client().post(COMPLETIONS, Json.string(request), headers);
        assertThat(answer.statusCode()).isEqualTo(200);
        return Json.read(answer.body()).get("kv_transfer_params");
    }

    private static HttpResponse<String> decode(Running endpoint, JsonNode handoff, String... headers) throws Exception {
        ObjectNode request = completion();
        request.set("kv_transfer_params", handoff);
        return endpoint.client().post(COMPLETIONS, Json.string(request), headers);
    }

    private static ObjectNode completion() {
        return Json.object().put("prompt", WORDS).put("max_tokens", 1).put("ignore_eos", true);
    }
}
