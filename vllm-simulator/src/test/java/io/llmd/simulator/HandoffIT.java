package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.KvConnector;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.SimulatorSettingsBuilder;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.engine.LoadFailurePolicy;
import io.llmd.testsupport.FreePorts;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Prefill on one endpoint, decode on another one, over real sockets. */
@Timeout(60)
class HandoffIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETIONS = "/v1/completions";
    private static final String WORDS = "The model reads a prompt and computes keys and values. ".repeat(20);
    private static final LatencyModel FAST = new LatencyModel.Constant(2_000_000, 1_000_000, 0, 0);
    private static final LatencyModel HOUR = new LatencyModel.Constant(1_000_000, 3_600_000_000_000L, 0, 0);

    private final List<AutoCloseable> open = new ArrayList<>();

    private record Running(VllmSimulator simulator, SimulatorClient client) {
        double metric(String name) throws IOException, InterruptedException {
            return client.get("/metrics")
                    .body()
                    .lines()
                    .filter(line -> line.startsWith(name + "{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
        }

        ObjectNode post(String path, ObjectNode body) throws IOException, InterruptedException {
            HttpResponse<String> response = client.post(path, Json.string(body));
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            return (ObjectNode) Json.read(response.body());
        }
    }

    private static SimulatorSettingsBuilder settings() {
        return SimulatorSettings.builder()
                .port(0)
                .latency(FAST)
                .handoff(handoff -> handoff.connector(KvConnector.NIXL)
                        .sideChannelHost("127.0.0.1")
                        .sideChannelPort(0)
                        .handshake(Duration.ZERO));
    }

    private Running start(SimulatorSettingsBuilder settings) {
        VllmSimulator simulator = VllmSimulator.start(settings.build());
        SimulatorClient client = new SimulatorClient(simulator);
        open.add(client);
        open.add(simulator);
        return new Running(simulator, client);
    }

    private Running start(UnaryOperator<SimulatorSettingsBuilder> change) {
        return start(change.apply(settings()));
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private static ObjectNode completion(int maxTokens) {
        return Json.object().put("prompt", WORDS).put("max_tokens", maxTokens).put("ignore_eos", true);
    }

    private static ObjectNode prefill(ObjectNode request) {
        request.putObject("kv_transfer_params")
                .put("do_remote_decode", true)
                .put("do_remote_prefill", false)
                .putNull("remote_engine_id")
                .putNull("remote_block_ids")
                .putNull("remote_host")
                .putNull("remote_port");
        return request;
    }

    private static ObjectNode decode(JsonNode prefilled, int maxTokens) {
        ObjectNode request = completion(maxTokens);
        request.set("kv_transfer_params", prefilled.get("kv_transfer_params"));
        return request;
    }

    @Test
    void prefillLegAnswersWithTheHandoffThatVllmGives() throws Exception {
        Running p = start(settings());
        ObjectNode answer = p.post(COMPLETIONS, prefill(completion(1)).put("request_id", "leg"));

        assertThat(answer.get("choices").get(0).get("finish_reason").stringValue())
                .isEqualTo("length");
        assertThat(answer.get("usage").get("completion_tokens").intValue()).isEqualTo(1);
        int tokens = answer.get("usage").get("prompt_tokens").intValue();
        JsonNode params = answer.get("kv_transfer_params");
        assertThat(params.propertyNames()).containsExactlyElementsOf(recordedKeys("prefill leg, completions"));
        assertThat(params.get("remote_request_id").stringValue()).matches("cmpl-leg-0-[0-9a-f]{8}");
        assertThat(params.get("remote_engine_id").stringValue()).matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
        assertThat(params.get("remote_num_tokens").intValue()).isEqualTo(tokens);
        assertThat(params.get("remote_block_ids")).hasSize(1);
        assertThat(params.get("remote_block_ids").get(0)).hasSize((tokens + 15) / 16);
        assertThat(params.get("remote_port").intValue()).isPositive();
        assertThat(p.simulator().statistics().leases()).isEqualTo(1);
        assertThat(p.simulator().statistics().usedBlocks()).isEqualTo((tokens + 15) / 16);
        assertThat(p.metric("vllm:kv_cache_usage_perc")).isPositive();
    }

    private static List<String> recordedKeys(String name) throws IOException {
        try (InputStream recorded = HandoffIT.class.getResourceAsStream("/golden/real-vllm/0.32.0/nixl.json")) {
            String text = new String(recorded.readAllBytes(), StandardCharsets.UTF_8);
            for (JsonNode exchange : Json.read(text)) {
                if (exchange.get("name").stringValue().equals(name)) {
                    JsonNode body =
                            Json.read(exchange.get("response").get("body").stringValue());
                    return List.copyOf(body.get("kv_transfer_params").propertyNames());
                }
            }
        }
        throw new IllegalArgumentException(name);
    }

    @Test
    void everyGenerationApiHasAPrefillLeg() throws Exception {
        Running p = start(settings());
        ObjectNode chat = Json.object().put("max_tokens", 1);
        chat.putArray("messages").addObject().put("role", "user").put("content", WORDS);
        ObjectNode params = (ObjectNode) p.post(CHAT, prefill(chat)).get("kv_transfer_params");
        assertThat(params.get("remote_request_id").stringValue()).matches("chatcmpl-[0-9a-f]+-[0-9a-f]{8}");
        ObjectNode responses = Json.object().put("input", WORDS).put("max_output_tokens", 1);
        assertThat(p.post("/v1/responses", prefill(responses))
                        .get("kv_transfer_params")
                        .get("do_remote_prefill")
                        .booleanValue())
                .isTrue();
        ObjectNode messages = Json.object().put("model", "sim-8b").put("max_tokens", 1);
        messages.putArray("messages").addObject().put("role", "user").put("content", WORDS);
        assertThat(engineOf(p.post("/v1/messages", prefill(messages)))).isEqualTo(engineOf(params));
        assertThat(p.simulator().statistics().leases()).isEqualTo(3);
    }

    private static JsonNode engineOf(JsonNode answer) {
        JsonNode params = answer.get("kv_transfer_params");
        return (params == null ? answer : params).get("remote_engine_id");
    }

    @Test
    void generateReadsTheParametersInBothPlaces() throws Exception {
        Running p = start(settings());
        ObjectNode top = generate();
        top.set("kv_transfer_params", prefill(Json.object()).get("kv_transfer_params"));
        assertThat(engineOf(p.post("/inference/v1/generate", top)).isString()).isTrue();
        ObjectNode inside = generate();
        ((ObjectNode) inside.get("sampling_params"))
                .putObject("extra_args")
                .set("kv_transfer_params", prefill(Json.object()).get("kv_transfer_params"));
        assertThat(engineOf(p.post("/inference/v1/generate", inside)).isString())
                .isTrue();
        assertThat(p.simulator().statistics().leases()).isEqualTo(2);
    }

    private static ObjectNode generate() {
        ObjectNode request = Json.object();
        ArrayNode tokens = request.putArray("token_ids");
        for (int i = 0; i < 100; i++) {
            tokens.add(300 + i);
        }
        request.putObject("sampling_params").put("max_tokens", 1);
        return request;
    }

    @Test
    void olderVersionsGiveFewerKeysAndHoldLonger() throws Exception {
        Running p = start(settings -> settings.version("0.15.0"));
        JsonNode params = p.post(COMPLETIONS, prefill(completion(1))).get("kv_transfer_params");
        assertThat(params.propertyNames())
                .containsExactly(
                        "do_remote_prefill",
                        "do_remote_decode",
                        "remote_block_ids",
                        "remote_engine_id",
                        "remote_request_id",
                        "remote_host",
                        "remote_port",
                        "tp_size");
        assertThat(params.get("remote_block_ids").get(0).isInt()).isTrue();
        assertThat(p.simulator().settings().engine().leaseNanos())
                .isEqualTo(Duration.ofSeconds(480).toNanos());
        assertThat(p.simulator().settings().handoff().heartbeats()).isFalse();
    }

    @Test
    void streamedPrefillLegIsServedWithoutAHandoff() throws Exception {
        Running p = start(settings());
        HttpResponse<String> response =
                p.client().post(COMPLETIONS, Json.string(prefill(completion(1)).put("stream", true)));
        assertThat(response.body()).endsWith("data: [DONE]\n\n").doesNotContain("kv_transfer_params");
        assertThat(p.simulator().statistics().leases()).isEqualTo(1);
    }

    @Test
    void ofSeveralChoicesTheLastOneIsToldAndAllHoldBlocks() throws Exception {
        Running p = start(settings());
        ObjectNode answer =
                p.post(COMPLETIONS, prefill(completion(1)).put("n", 2).put("request_id", "two"));
        assertThat(answer.get("kv_transfer_params").get("remote_request_id").stringValue())
                .startsWith("1_cmpl-two-0-");
        assertThat(p.simulator().statistics().leases()).isEqualTo(2);
    }

    @Test
    void withoutAConnectorNothingIsHeld() throws Exception {
        Running p = start(settings -> settings.handoff(handoff -> handoff.connector(KvConnector.NONE)));
        ObjectNode answer = p.post(COMPLETIONS, prefill(completion(1)));
        assertThat(answer.get("kv_transfer_params").isNull()).isTrue();
        assertThat(p.simulator().statistics().leases()).isZero();
        assertThat(p.client().get("/metrics").body()).doesNotContain("nixl");
    }

    @Test
    void decodeLegReadsWhatWasPrefilledAndAnswersTheSame() throws Exception {
        Running p = start(settings());
        Running d = start(settings());
        Running alone = start(settings());
        ObjectNode prefilled = p.post(COMPLETIONS, prefill(completion(1)));
        int tokens = prefilled.get("usage").get("prompt_tokens").intValue();
        ObjectNode answer = d.post(COMPLETIONS, decode(prefilled, 20));

        assertThat(answer.get("choices"))
                .isEqualTo(alone.post(COMPLETIONS, completion(20)).get("choices"));
        assertThat(answer.get("kv_transfer_params").isNull()).isTrue();
        assertThat(d.metric("vllm:external_prefix_cache_hits_total")).isEqualTo(tokens);
        assertThat(d.metric("vllm:nixl_xfer_time_seconds_count")).isEqualTo(1);
        assertThat(d.metric("vllm:nixl_bytes_transferred_sum")).isEqualTo((tokens + 15) / 16 * 16 * 131_072.0);
        assertThat(d.client().get("/metrics").body())
                .contains("vllm:prompt_tokens_by_source_total{engine=\"0\",model_name=\"sim-8b\","
                        + "source=\"external_kv_transfer\"} " + tokens + ".0");
        await("blocks are given back").until(() -> p.simulator().statistics().usedBlocks() == 0);
        assertThat(p.simulator().statistics().expiredLeases()).isZero();
    }

    @Test
    void decodeLegTellsTheCachedTokensOfThePrefillLeg() throws Exception {
        Running p = start(settings());
        Running d = start(settings());
        p.post(COMPLETIONS, completion(1));
        ObjectNode prefilled = p.post(COMPLETIONS, prefill(completion(1)));
        int cached = prefilled
                .get("kv_transfer_params")
                .get("remote_prefill_cached_tokens")
                .intValue();
        ObjectNode answer = d.post(COMPLETIONS, decode(prefilled, 3));
        assertThat(cached).isPositive();
        assertThat(answer.get("usage")
                        .get("prompt_tokens_details")
                        .get("cached_tokens")
                        .intValue())
                .isEqualTo(cached);
    }

    private static ObjectNode chat(String text) {
        ObjectNode request =
                Json.object().put("max_tokens", 5).put("ignore_eos", true).put("return_token_ids", true);
        request.putArray("messages").addObject().put("role", "user").put("content", text);
        return request;
    }

    @ParameterizedTest
    @CsvSource({"0.26.0, false", "0.27.0, true", "0.32.0, true"})
    void chatHasThePromptThatThePrefillLegTells(String version, boolean isTaken) throws Exception {
        Running p = start(settings().version(version));
        Running d = start(settings().version(version));
        Running alone = start(settings().version(version));
        ObjectNode prefilled = p.post(CHAT, prefill(chat(WORDS)).put("max_tokens", 1));
        ObjectNode request = chat("something else");
        request.set("kv_transfer_params", prefilled.get("kv_transfer_params"));
        ((ObjectNode) request.get("kv_transfer_params")).set("prompt_token_ids", prefilled.get("prompt_token_ids"));
        ObjectNode answer = d.post(CHAT, request);

        ObjectNode same = alone.post(CHAT, chat(isTaken ? WORDS : "something else"));
        assertThat(answer.get("prompt_token_ids")).isEqualTo(same.get("prompt_token_ids"));
        assertThat(answer.get("choices")).isEqualTo(same.get("choices"));
    }

    @Test
    void promptOfThePrefillLegMustBeInTheVocabulary() throws Exception {
        Running d = start(settings());
        ObjectNode request = chat("anything");
        ObjectNode params = request.putObject("kv_transfer_params");
        params.putArray("prompt_token_ids").add(Integer.MAX_VALUE);
        assertThat(d.client().post(CHAT, Json.string(request)).statusCode()).isEqualTo(400);
        params.putArray("prompt_token_ids");
        assertThat(d.client().post(CHAT, Json.string(request)).statusCode())
                .as("no tokens are told")
                .isEqualTo(200);
    }

    @Test
    void halfOfThePrefixOnTheDecodingEndpointIsNotRead() throws Exception {
        Running p = start(settings());
        Running d = start(settings());
        ObjectNode half = completion(1).put("prompt", WORDS.substring(0, WORDS.length() / 2));
        int known = d.post(COMPLETIONS, half).get("usage").get("prompt_tokens").intValue();
        ObjectNode prefilled = p.post(COMPLETIONS, prefill(completion(1)));
        int tokens = prefilled.get("usage").get("prompt_tokens").intValue();
        d.post(COMPLETIONS, decode(prefilled, 2));
        int here = (known - 1) / 16 * 16;
        assertThat(d.metric("vllm:nixl_bytes_transferred_sum")).isEqualTo(((tokens + 15) / 16 * 16 - here) * 131_072.0);
    }

    @Test
    void requestThatReadsIsSeenWaiting() throws Exception {
        Running p = start(settings());
        Running d = start(settings -> settings.handoff(handoff -> handoff.transferBase(Duration.ofSeconds(20))));
        ObjectNode prefilled = p.post(COMPLETIONS, prefill(completion(1)));
        d.client().postLater(COMPLETIONS, Json.string(decode(prefilled, 2)));
        await("request waits for its blocks")
                .until(() -> d.simulator().statistics().deferred() == 1);
        assertThat(d.simulator().statistics().running()).isZero();
        assertThat(d.metric("vllm:num_requests_waiting")).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void handoffOfAnExpiredLeaseFails(boolean stream) throws Exception {
        Running p = start(settings -> settings.handoff(handoff -> handoff.lease(Duration.ofMillis(200))));
        Running d = start(settings());
        ObjectNode prefilled = p.post(COMPLETIONS, prefill(completion(1)));
        await("lease ends").until(() -> p.simulator().statistics().leases() == 0);
        assertThat(p.simulator().statistics().usedBlocks()).isZero();
        assertThat(p.metric("vllm:nixl_num_kv_expired_reqs_total")).isEqualTo(1);

        HttpResponse<String> response =
                d.client().post(COMPLETIONS, Json.string(decode(prefilled, 5).put("stream", stream)));
        if (stream) {
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body())
                    .isEqualTo("data: {\"error\": {\"message\": \"Internal server error\", \"type\":"
                            + " \"InternalServerError\", \"param\": null, \"code\": 500}}\n\ndata: [DONE]\n\n");
        } else {
            assertThat(response.statusCode()).isEqualTo(500);
            assertThat(response.body())
                    .isEqualTo("{\"error\":{\"message\":\"Internal server error\",\"type\":\"InternalServerError\","
                            + "\"param\":null,\"code\":500}}");
        }
        assertThat(d.metric("vllm:nixl_num_failed_transfers_total")).isEqualTo(1);
        assertThat(d.client().get("/metrics").body()).contains("finished_reason=\"error\",model_name=\"sim-8b\"} 1.0");
    }

    @Test
    void handoffIsGoodOnceAndIsComputedAgainWhereThatIsThePolicy() throws Exception {
        Running p = start(settings());
        Running first = start(settings());
        Running second = start(settings());
        Running third =
                start(settings -> settings.handoff(handoff -> handoff.loadFailure(LoadFailurePolicy.RECOMPUTE)));
        ObjectNode prefilled = p.post(COMPLETIONS, prefill(completion(1)));
        ObjectNode answer = first.post(COMPLETIONS, decode(prefilled, 5));
        assertThat(second.client()
                        .post(COMPLETIONS, Json.string(decode(prefilled, 5)))
                        .statusCode())
                .isEqualTo(500);
        ObjectNode recomputed = third.post(COMPLETIONS, decode(prefilled, 5));
        assertThat(recomputed.get("choices")).isEqualTo(answer.get("choices"));
        assertThat(third.metric("vllm:nixl_xfer_time_seconds_count")).isZero();
    }

    @ParameterizedTest
    @CsvSource({"remote_engine_id", "remote_block_ids", "remote_request_id", "remote_host", "remote_port"})
    void incompleteHandoffIsComputedSilently(String missing) throws Exception {
        Running p = start(settings());
        Running d = start(settings());
        ObjectNode request = decode(p.post(COMPLETIONS, prefill(completion(1))), 5);
        ((ObjectNode) request.get("kv_transfer_params")).remove(missing);
        d.post(COMPLETIONS, request);
        assertThat(d.metric("vllm:external_prefix_cache_hits_total")).isZero();
        assertThat(d.metric("sim_incomplete_handoffs_total")).isEqualTo(1);
    }

    @Test
    void otherVersionIsRefusedUnlessNobodyChecks() throws Exception {
        Running p = start(settings());
        Running old = start(settings -> settings.version("0.31.0"));
        Running careless =
                start(settings -> settings.version("0.31.0").handoff(handoff -> handoff.checkCompatibility(false)));
        ObjectNode prefilled = p.post(COMPLETIONS, prefill(completion(1)));
        assertThat(old.client()
                        .post(COMPLETIONS, Json.string(decode(prefilled, 5)))
                        .statusCode())
                .isEqualTo(500);
        careless.post(COMPLETIONS, decode(prefilled, 5));
        assertThat(careless.metric("vllm:nixl_xfer_time_seconds_count")).isEqualTo(1);
    }

    @Test
    void restartedEndpointHasANewNameAndIsMetAgain() throws Exception {
        Running p = start(settings());
        Running d = start(settings());
        d.post(COMPLETIONS, decode(p.post(COMPLETIONS, prefill(completion(1))), 2));
        ObjectNode lost = p.post(COMPLETIONS, prefill(completion(1)));
        int port = lost.get("kv_transfer_params").get("remote_port").intValue();
        p.simulator().close();
        assertThat(d.client()
                        .post(COMPLETIONS, Json.string(decode(lost, 2).put("prompt", "x" + WORDS)))
                        .statusCode())
                .isEqualTo(500);

        Running again = start(settings -> settings.handoff(handoff -> handoff.sideChannelPort(port)));
        assertThat(d.client()
                        .post(COMPLETIONS, Json.string(decode(lost, 2).put("prompt", "y" + WORDS)))
                        .statusCode())
                .isEqualTo(500);
        ObjectNode prefilled = again.post(COMPLETIONS, prefill(completion(1)).put("prompt", "z" + WORDS));
        assertThat(prefilled.get("kv_transfer_params").get("remote_engine_id"))
                .isNotEqualTo(lost.get("kv_transfer_params").get("remote_engine_id"));
        d.post(COMPLETIONS, decode(prefilled, 2).put("prompt", "z" + WORDS));
        assertThat(d.metric("vllm:nixl_xfer_time_seconds_count")).isEqualTo(2);
    }

    @Test
    void heartbeatsKeepTheLeaseWhileTheDecodingEndpointIsFull() throws Exception {
        Running p = start(settings -> settings.handoff(handoff -> handoff.lease(Duration.ofMillis(600))));
        Running d = start(settings -> settings.latency(HOUR)
                .kvBlocks(41)
                .maxModelLen(640)
                .handoff(handoff -> handoff.lease(Duration.ofMillis(600))));
        CompletableFuture<HttpResponse<String>> hog =
                d.client().postLater(COMPLETIONS, Json.string(completion(5).put("prompt", "hog ".repeat(500))));
        await("endpoint is full").until(() -> d.simulator().statistics().usedBlocks() > 30);
        ObjectNode prefilled = p.post(COMPLETIONS, prefill(completion(1)));
        CompletableFuture<HttpResponse<String>> waiting =
                d.client().postLater(COMPLETIONS, Json.string(decode(prefilled, 1)));

        await("three leases pass")
                .pollDelay(Duration.ofMillis(1800))
                .until(() -> p.simulator().statistics().leases() == 1);
        assertThat(d.simulator().statistics().waiting()).isEqualTo(1);
        assertThat(p.simulator().statistics().expiredLeases()).isZero();

        hog.cancel(true);
        d.client().close();
        await("the holder is told of the abort")
                .until(() -> p.simulator().statistics().leases() == 0);
        assertThat(p.simulator().statistics().expiredLeases()).isZero();
        assertThat(waiting).isNotNull();
    }

    @Test
    void clientThatLeavesWhileBlocksAreReadFreesThem() throws Exception {
        Running p = start(settings());
        Running d = start(settings -> settings.handoff(handoff -> handoff.transferBase(Duration.ofMillis(700))));
        ObjectNode prefilled = p.post(COMPLETIONS, prefill(completion(1)));
        d.client().postLater(COMPLETIONS, Json.string(decode(prefilled, 2)));
        await("request reads").until(() -> d.simulator().statistics().deferred() == 1);
        d.client().close();
        await("request is gone").until(() -> d.simulator().statistics().active() == 0);
        assertThat(d.simulator().statistics().usedBlocks()).isZero();
        await("the holder is told").until(() -> p.simulator().statistics().leases() == 0);
        assertThat(p.simulator().statistics().expiredLeases()).isZero();
    }

    @Test
    void clientThatLeavesDuringPrefillLeavesNothingHeld() throws Exception {
        Running p = start(settings -> settings.latency(new LatencyModel.Constant(3_600_000_000_000L, 1, 0, 0)));
        p.client().postLater(COMPLETIONS, Json.string(prefill(completion(1))));
        await("prefill runs").until(() -> p.simulator().statistics().running() == 1);
        p.client().close();
        await("prefill is aborted").until(() -> p.simulator().statistics().aborted() == 1);
        assertThat(p.simulator().statistics().usedBlocks()).isZero();
        assertThat(p.simulator().statistics().leases()).isZero();
    }

    @Test
    void refusedDecodeLegFreesTheBlocks() throws Exception {
        Running p = start(settings());
        Running d = start(settings());
        ObjectNode prefilled = p.post(COMPLETIONS, prefill(completion(1)));
        HttpResponse<String> response =
                d.client().post(COMPLETIONS, Json.string(decode(prefilled, 5).put("max_tokens", 0)));
        assertThat(response.statusCode()).isEqualTo(400);
        await("the holder is told").until(() -> p.simulator().statistics().leases() == 0);
        assertThat(p.simulator().statistics().expiredLeases()).isZero();
    }

    @Test
    void tooLittleCachedEndsWithThatReason() throws Exception {
        Running d = start(settings());
        ObjectNode request = completion(5).put("cache_hit_threshold", 0.8);
        assertThat(finishReason(d.post(COMPLETIONS, request))).isEqualTo("cache_threshold");
        HttpResponse<String> streamed = d.client().post(COMPLETIONS, Json.string(request.put("stream", true)));
        assertThat(streamed.body())
                .contains("\"finish_reason\":\"cache_threshold\"")
                .endsWith("data: [DONE]\n\n");
        d.post(COMPLETIONS, completion(5));
        assertThat(finishReason(d.post(COMPLETIONS, request.put("stream", false))))
                .isEqualTo("length");
    }

    @Test
    void requestsThatSayNothingFollowTheThresholdOfTheEndpoint() throws Exception {
        Running d = start(settings -> settings.handoff(handoff -> handoff.cacheHitThreshold(0.8)));
        assertThat(finishReason(d.post(COMPLETIONS, completion(5)))).isEqualTo("cache_threshold");
        assertThat(finishReason(d.post(COMPLETIONS, completion(5).put("cache_hit_threshold", 0))))
                .isEqualTo("length");
        assertThat(finishReason(d.post(COMPLETIONS, completion(5)))).isEqualTo("length");
        HttpResponse<String> asked =
                d.client().post(COMPLETIONS, Json.string(completion(5)), "X-Cache-Threshold-Finish-Reason", "true");
        assertThat(asked.body()).contains("\"finish_reason\":\"cache_threshold\"");
    }

    @Test
    void mooncakesLegsMeetByTheirTransferId() throws Exception {
        Running p = start(settings -> settings.handoff(handoff ->
                handoff.connector(KvConnector.MOONCAKE).sideChannelPort(KvConnector.MOONCAKE, FreePorts.next())));
        Running d = start(settings -> settings.handoff(
                handoff -> handoff.connector(KvConnector.MOONCAKE).sideChannelPort(KvConnector.MOONCAKE, 0)));
        int port = p.simulator().settings().handoff().sideChannelPort();
        JsonNode engines = Json.read(p.client()
                .send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/query"))
                        .GET())
                .body());
        String engineId = engines.get("0").get("engine_id").stringValue();

        ObjectNode request = completion(5);
        request.putObject("kv_transfer_params")
                .put("do_remote_prefill", true)
                .put("do_remote_decode", false)
                .put("transfer_id", "xfer-1")
                .put("remote_bootstrap_addr", "http://127.0.0.1:" + port)
                .put("remote_engine_id", engineId);
        CompletableFuture<HttpResponse<String>> decode = d.client().postLater(COMPLETIONS, Json.string(request));
        await("decode leg waits").until(() -> d.simulator().statistics().deferred() == 1);
        ObjectNode first = completion(1);
        first.putObject("kv_transfer_params")
                .put("do_remote_prefill", false)
                .put("do_remote_decode", true)
                .put("transfer_id", "xfer-1");
        assertThat(p.post(COMPLETIONS, first).get("kv_transfer_params").isNull())
                .isTrue();
        assertThat(decode.get().statusCode()).isEqualTo(200);
        assertThat(d.metric("vllm:external_prefix_cache_hits_total")).isPositive();
        assertThat(d.client().get("/metrics").body()).doesNotContain("vllm:nixl_");
        await("blocks are given back").until(() -> p.simulator().statistics().usedBlocks() == 0);
    }

    private static String finishReason(JsonNode answer) {
        return answer.get("choices").get(0).get("finish_reason").stringValue();
    }
}
