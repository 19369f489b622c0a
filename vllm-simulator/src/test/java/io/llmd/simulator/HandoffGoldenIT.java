package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.KvConnector;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.LatencyModel;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Does what was recorded with real servers of vLLM, and compares the handoff and the samples of the meters, with prompts as
 * long as those of the recording.
 */
@Timeout(60)
class HandoffGoldenIT {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String ENGINE_ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";

    /** What depends on the machine, its network and the size of the model. */
    private static final Predicate<String> OWN_VALUE = name -> name.startsWith("vllm:nixl_xfer_time")
            || name.startsWith("vllm:nixl_post_time")
            || name.startsWith("vllm:nixl_bytes_transferred_bucket")
            || name.startsWith("vllm:nixl_bytes_transferred_sum")
            || name.startsWith("vllm:nixl_num_descriptors_bucket")
            || name.startsWith("vllm:nixl_num_descriptors_sum")
            || name.startsWith("vllm:kv_cache_usage_perc")
            || name.contains("_created");

    private final VllmSimulator prefill = start("0.32.0");
    private final VllmSimulator decode = start("0.32.0");
    private final SimulatorClient prefillClient = new SimulatorClient(prefill);
    private final SimulatorClient decodeClient = new SimulatorClient(decode);

    private static VllmSimulator start(String version) {
        return VllmSimulator.start(SimulatorSettings.builder()
                .port(0)
                .version(version)
                .model("tiny")
                .blockSize(32)
                .maxModelLen(2048)
                .latency(new LatencyModel.Constant(2_000_000, 1_000_000, 0, 0))
                .handoff(handoff -> handoff.connector(KvConnector.NIXL)
                        .sideChannelHost("127.0.0.1")
                        .sideChannelPort(0)
                        .handshake(Duration.ZERO))
                .build());
    }

    @AfterEach
    void stop() {
        prefillClient.close();
        decodeClient.close();
        prefill.close();
        decode.close();
    }

    @Test
    void metersMoveAsThoseOfVllmDid() throws Exception {
        ObjectNode answer = post(prefillClient, prefillLeg(126, 1));
        assertShows(prefillClient, "metrics between the legs, prefill side");
        assertShows(decodeClient, "metrics between the legs, decode side");
        assertThat(prefill.statistics().usedBlocks()).isEqualTo(4);

        ObjectNode request = request(126, 1, 5);
        request.set("kv_transfer_params", answer.get("kv_transfer_params"));
        post(decodeClient, request);
        await("blocks are given back").until(() -> prefill.statistics().usedBlocks() == 0);
        assertShows(prefillClient, "metrics after both legs, prefill side");
        assertShows(decodeClient, "metrics after both legs, decode side");
    }

    /** An answer may be there before what it cost is counted. */
    private static void assertShows(SimulatorClient client, String name) throws IOException {
        Map<String, Double> expected = recorded(name);
        await().untilAsserted(() -> assertThat(samples(client)).containsAllEntriesOf(expected));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.21.0", "0.32.0"})
    void handoffHasTheFieldsOfTheRecordedOne(String version) throws Exception {
        ObjectNode recorded = (ObjectNode) Json.read(exchange(version, "nixl.json", "prefill leg")
                        .get("response")
                        .get("body")
                        .stringValue())
                .get("kv_transfer_params");
        try (VllmSimulator simulator = start(version);
                SimulatorClient client = new SimulatorClient(simulator)) {
            ObjectNode own = (ObjectNode) post(client, prefillLeg(126, 1)).get("kv_transfer_params");
            assertThat(own.get("remote_engine_id").stringValue()).matches(ENGINE_ID);
            assertThat(own.get("remote_request_id").stringValue()).matches("cmpl-[0-9a-f]{16}-0-[0-9a-f]{8}");
            assertThat(recorded.get("remote_engine_id").stringValue()).matches(ENGINE_ID);
            assertThat(recorded.get("remote_request_id").stringValue()).matches("chatcmpl-leg-[0-9a-f]{8}");
            for (String field : List.of("remote_engine_id", "remote_request_id", "remote_port")) {
                own.set(field, recorded.get(field));
            }
            assertThat(own.toString()).as("in this order").isEqualTo(recorded.toString());
        }
    }

    private static ObjectNode prefillLeg(int length, int content) {
        ObjectNode request = request(length, content, 1);
        request.putObject("kv_transfer_params").put("do_remote_decode", true).put("do_remote_prefill", false);
        return request;
    }

    private static ObjectNode request(int length, int content, int maxTokens) {
        ObjectNode request = Json.object().put("max_tokens", maxTokens).put("ignore_eos", true);
        ArrayNode prompt = request.putArray("prompt");
        IntStream.range(0, length).forEach(i -> prompt.add(content * 1000 + i));
        return request;
    }

    private static ObjectNode post(SimulatorClient client, ObjectNode request) throws Exception {
        HttpResponse<String> response = client.post(COMPLETIONS, Json.string(request));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return (ObjectNode) Json.read(response.body());
    }

    private static Map<String, Double> samples(SimulatorClient client) throws Exception {
        return samples(client.get("/metrics").body().lines());
    }

    private static Map<String, Double> recorded(String name) throws IOException {
        Map<String, Double> samples = samples(exchange("0.32.0", "nixl-pair.json", name)
                .get("response")
                .get("bodyLines")
                .valueStream()
                .map(JsonNode::stringValue));
        assertThat(samples).hasSizeGreaterThan(20);
        return samples;
    }

    private static JsonNode exchange(String version, String fileName, String name) throws IOException {
        String path = "/golden/real-vllm/" + version + "/" + fileName;
        try (InputStream file = HandoffGoldenIT.class.getResourceAsStream(path)) {
            String text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
            for (JsonNode exchange : Json.read(text)) {
                if (exchange.get("name").stringValue().equals(name)) {
                    return exchange;
                }
            }
        }
        throw new IllegalArgumentException(name);
    }

    private static Map<String, Double> samples(Stream<String> lines) {
        Map<String, Double> samples = new TreeMap<>();
        lines.filter(line -> line.startsWith("vllm:") && !OWN_VALUE.test(line)).forEach(line -> {
            int space = line.lastIndexOf(' ');
            samples.put(line.substring(0, space), Double.parseDouble(line.substring(space + 1)));
        });
        return samples;
    }
}
