package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.RawExchange.End;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.LatencyModel;
import io.llmd.simulator.fault.FaultKind;
import io.llmd.simulator.fault.Faults;
import io.llmd.simulator.fault.Injection;
import io.llmd.simulator.fault.RequestFault;
import io.llmd.simulator.fault.Trigger;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What a client sees of each fault, byte by byte, and that the endpoint gives everything back. */
@Timeout(60)
class FaultIT {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String COMPLETE =
            "{\"prompt\":\"Once upon a time\",\"max_tokens\":6,\"ignore_eos\":true,\"request_id\":\"r\"";
    private static final String STREAM = COMPLETE + ",\"stream\":true}";
    private static final String WHOLE = COMPLETE + "}";
    private static final String MESSAGE =
            "{\"model\":\"sim-8b\",\"max_tokens\":6,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    private static final String DONE = "data: [DONE]\n\n";
    private static final String ENGINE_DEAD =
            "EngineCore encountered an issue. See stack trace (above) for the root cause.";

    private final VllmSimulator simulator = VllmSimulator.start(SimulatorSettings.builder()
            .port(0)
            .latency(new LatencyModel.Constant(1_000_000, 1_000_000, 0, 0))
            .api(api -> api.loadTracking(true))
            .build());
    private final SimulatorClient client = new SimulatorClient(simulator);

    @AfterEach
    void endpointGivesEverythingBackAndServesTheNextRequest() throws Exception {
        simulator.faults(old -> Faults.NONE);
        await("nothing is left in the engine").untilAsserted(() -> {
            assertThat(simulator.statistics().active()).isZero();
            assertThat(simulator.statistics().usedBlocks()).isZero();
            assertThat(client.get("/load").body()).isEqualTo("{\"server_load\":0}");
        });
        assertThat(stream("").body()).endsWith(DONE);
        client.close();
        simulator.close();
    }

    private enum Body {
        NOTHING,
        TWO_EVENTS,
        ALL_EVENTS,
        ALL_EVENTS_AND_DONE,
        TWO_EVENTS_AND_ERROR
    }

    private record Row(String fault, Body body, End end) {}

    static Stream<Row> streams() {
        return Stream.of(
                new Row("refuse", Body.NOTHING, End.CLOSED),
                new Row("delay=50ms", Body.ALL_EVENTS_AND_DONE, End.KEPT),
                new Row("stall_before_head,for=50ms", Body.ALL_EVENTS_AND_DONE, End.KEPT),
                new Row("stall_after_tokens=0,for=50ms", Body.ALL_EVENTS_AND_DONE, End.KEPT),
                new Row("stall_after_tokens=2,for=50ms", Body.ALL_EVENTS_AND_DONE, End.KEPT),
                new Row("stall_after_tokens=6,for=50ms", Body.ALL_EVENTS_AND_DONE, End.KEPT),
                new Row("stall_after_tokens=2", Body.TWO_EVENTS, End.SILENT),
                new Row("stall_after_tokens=6", Body.ALL_EVENTS, End.SILENT),
                new Row("drop_after_tokens=0", Body.NOTHING, End.CLOSED),
                new Row("drop_after_tokens=2", Body.TWO_EVENTS, End.CLOSED),
                new Row("drop_after_tokens=6", Body.ALL_EVENTS, End.CLOSED),
                new Row("drop_after_tokens=7", Body.ALL_EVENTS_AND_DONE, End.KEPT),
                new Row("reset_after_tokens=0", Body.NOTHING, End.RESET),
                new Row("reset_after_tokens=2", Body.TWO_EVENTS, End.RESET),
                new Row("error_after_tokens=2", Body.TWO_EVENTS_AND_ERROR, End.KEPT),
                new Row("stall_after_tokens=2,for=20ms;reset_after_tokens=2", Body.TWO_EVENTS, End.RESET),
                new Row("drip=200,every=5ms", Body.ALL_EVENTS_AND_DONE, End.KEPT),
                new Row("drip=200,every=5ms;drop_after_tokens=2", Body.TWO_EVENTS, End.CLOSED),
                new Row("drip=200,every=5ms;reset_after_tokens=2", Body.TWO_EVENTS, End.RESET),
                new Row("garbage=odd_split", Body.ALL_EVENTS_AND_DONE, End.KEPT),
                new Row("content_length=5", Body.ALL_EVENTS_AND_DONE, End.KEPT));
    }

    @ParameterizedTest
    @MethodSource("streams")
    void streamEndsAsItsFaultSays(Row row) throws IOException {
        List<String> events = events(stream("").body());
        RawExchange seen = stream(row.fault());
        assertThat(seen.end()).isEqualTo(row.end());
        if (row.fault().contains("stall")) {
            assertThat(text(seen.body())).isEqualTo(text(expected(row.body(), events)));
            assertThat(seen.body().endsWith(DONE)).isEqualTo(row.body() == Body.ALL_EVENTS_AND_DONE);
        } else {
            assertThat(seen.body()).isEqualTo(expected(row.body(), events));
        }
    }

    private static String expected(Body body, List<String> events) {
        List<String> expected = switch (body) {
            case NOTHING -> List.of();
            case TWO_EVENTS -> events.subList(0, 2);
            case ALL_EVENTS -> events.subList(0, 6);
            case ALL_EVENTS_AND_DONE -> events;
            case TWO_EVENTS_AND_ERROR ->
                List.of(
                        events.get(0),
                        events.get(1),
                        "data: {\"error\": {\"message\": \"" + ENGINE_DEAD
                                + "\", \"type\": \"InternalServerError\", \"param\": null, \"code\": 500}}\n\n",
                        DONE);
        };
        return String.join("", expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "/v1/completions|'prompt':'Hi','max_tokens':6|data: [DONE]",
                "/v1/chat/completions|'messages':[{'role':'user','content':'Hi'}],'max_tokens':6|data: [DONE]",
                "/v1/messages|'model':'sim-8b','messages':[{'role':'user','content':'Hi'}],'max_tokens':6|message_stop",
                "/v1/responses|'input':'Hi','max_output_tokens':6|response.completed",
                "/inference/v1/generate|'token_ids':[1,2,3],'sampling_params':{'max_tokens':6}|data: [DONE]"
            })
    void streamThatIsDroppedAfterThreeTokensLacksItsEnd(String path, String fields, String end) throws IOException {
        String body = "{\"stream\":true," + fields.replace('\'', '"') + "}";
        RawExchange right = RawExchange.post(simulator.port(), path, body);
        RawExchange seen = RawExchange.post(simulator.port(), path, body, "X-Sim-Fault: drop_after_tokens=3");
        assertThat(right.body()).contains(end);
        assertThat(right.end()).isEqualTo(End.KEPT);
        assertThat(seen.body()).isNotEmpty().doesNotContain(end);
        assertThat(seen.end()).isEqualTo(End.CLOSED);
    }

    @ParameterizedTest
    @CsvSource({
        "delay=60ms, 60",
        "'stall_before_head,for=60ms', 60",
        "'stall_after_tokens=0,for=60ms', 60",
        "'stall_after_tokens=3,for=60ms', 60",
        "'drip=150,every=10ms', 60"
    })
    void slowStreamTakesItsTime(String fault, long leastMillis) throws IOException {
        RawExchange seen = stream(fault);
        assertThat(seen.nanos()).isGreaterThan(leastMillis * 1_000_000);
        assertThat(seen.body()).endsWith(DONE);
    }

    @Test
    void stalledHeadComesAfterTheEngineIsDone() throws IOException {
        RawExchange seen = inVain(STREAM, "stall_before_head");
        assertThat(seen.bytes()).isEmpty();
        assertThat(seen.end()).isEqualTo(End.SILENT);
        assertThat(simulator.statistics().finished()).isEqualTo(1);
    }

    @Test
    void brokenEventIsFollowedByRightOnes() throws IOException {
        List<String> events = events(stream("").body());
        List<String> seen = events(stream("garbage=broken_json,event=3").body());
        assertThat(seen).hasSameSizeAs(events);
        String broken = seen.get(2);
        assertThat(events.get(2)).startsWith(broken.strip());
        assertThat(broken.length())
                .isBetween(events.get(2).length() / 2 - 10, events.get(2).length() / 2 + 2);
        seen.set(2, events.get(2));
        assertThat(seen).isEqualTo(events);
    }

    @Test
    void halfCharacterStandsInOneEvent() throws IOException {
        List<String> events = events(stream("").body());
        List<String> seen = events(stream("garbage=half_character,event=2").body());
        assertThat(seen.get(1)).contains("\u00e2\u0082\",");
        seen.set(1, seen.get(1).replace("\u00e2\u0082", ""));
        assertThat(seen).isEqualTo(events);
    }

    @Test
    void oddlySplitEventsComeInSmallChunks() throws IOException {
        List<String> chunks = stream("garbage=odd_split").chunks();
        assertThat(chunks).hasSizeGreaterThan(100).allMatch(chunk -> chunk.length() <= 7);
    }

    @ParameterizedTest
    @CsvSource({
        "drop_after_tokens=2, CLOSED",
        "reset_after_tokens=2, RESET",
        "stall_after_tokens=2, SILENT",
        "stall_before_head, SILENT",
        "refuse, CLOSED"
    })
    void wholeAnswerDoesNotComeIfItsFaultSaysSo(String fault, End end) throws IOException {
        RawExchange seen = end == End.SILENT ? inVain(WHOLE, fault) : whole(fault);
        assertThat(seen.end()).isEqualTo(end);
        assertThat(seen.bytes()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "delay=50ms, KEPT",
        "'stall_before_head,for=50ms', KEPT",
        "'stall_after_tokens=2,for=50ms', KEPT",
        "'drip=100,every=5ms', KEPT",
        "content_length=9, CLOSED",
        "content_length=-9, OVERRUN",
        "garbage=odd_split, KEPT"
    })
    void wholeAnswerHasItsBytes(String fault, End end) throws IOException {
        String right = whole("").body();
        RawExchange seen = whole(fault);
        assertThat(seen.end()).isEqualTo(end);
        assertThat(seen.body().replaceFirst("HTTP/1.1 200 OK[\\s\\S]*", "")).isEqualTo(right);
    }

    @Test
    void announcedLengthIsOff() throws IOException {
        int right = Integer.parseInt(whole("").header("content-length"));
        assertThat(whole("content_length=9").header("content-length")).isEqualTo(Integer.toString(right + 9));
        assertThat(whole("content_length=-9").header("content-length")).isEqualTo(Integer.toString(right - 9));
    }

    @Test
    void brokenBodyHasItsLength() throws IOException {
        String right = whole("").body();
        RawExchange seen = whole("garbage=broken_json");
        assertThat(seen.end()).isEqualTo(End.KEPT);
        assertThat(right).startsWith(seen.body());
    }

    @Test
    void wholeAnswerOfADyingEngineIsAnError() throws IOException {
        RawExchange seen = whole("error_after_tokens=2");
        assertThat(seen.statusLine()).isEqualTo("HTTP/1.1 500 Internal Server Error");
        assertThat(seen.body())
                .isEqualTo("{\"error\":{\"message\":\"" + ENGINE_DEAD
                        + "\",\"type\":\"InternalServerError\",\"param\":null,\"code\":500}}");
        assertThat(seen.end()).isEqualTo(End.KEPT);
    }

    @Test
    void dyingEngineIsSeenAsInARealVllm() throws Exception {
        String recorded = recorded("stream under way");
        String stream = stream("error_after_tokens=2").body();
        assertThat(stream.substring(stream.indexOf("data: {\"error\"")))
                .isEqualTo(recorded.substring(recorded.indexOf("data: {\"error\"")));
        assertThat(whole("error_after_tokens=2").body()).isEqualTo(recorded("whole answer under way"));
        assertThat(whole("error_after_tokens=0").body()).isEqualTo(recorded("completions after"));
        assertThat(stream("error_after_tokens=0").body()).isEqualTo(recorded("chat after, stream"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void messageOfADyingEngineIsAnErrorOfItsOwnShape(int tokens) throws Exception {
        HttpResponse<String> message =
                client.post("/v1/messages", MESSAGE, "X-Sim-Fault", "error_after_tokens=" + tokens);
        assertThat(message.statusCode()).isEqualTo(500);
        assertThat(message.body()).isEqualTo(recorded("messages after"));
    }

    @Test
    void streamedMessageEndsWithAnErrorOfItsOwnShape() throws Exception {
        HttpResponse<String> message = client.post(
                "/v1/messages", MESSAGE.replace("}]", "}],\"stream\":true"), "X-Sim-Fault", "error_after_tokens=1");
        assertThat(message.body())
                .startsWith("event: message_start\n")
                .endsWith("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"internal_error\","
                        + "\"message\":\"" + ENGINE_DEAD + "\"}}\n\n");
    }

    @Test
    void streamedResponseIsCut() throws Exception {
        RawExchange seen = RawExchange.post(
                simulator.port(),
                "/v1/responses",
                "{\"input\":\"Hi\",\"stream\":true,\"max_output_tokens\":6}",
                "X-Sim-Fault: error_after_tokens=1");
        assertThat(seen.end()).isEqualTo(End.CLOSED);
        assertThat(seen.body()).contains("response.output_text.delta").doesNotContain("response.completed");
    }

    private static String recorded(String name) throws IOException {
        try (InputStream file = FaultIT.class.getResourceAsStream("/golden/real-vllm/0.32.0/death.json")) {
            for (JsonNode exchange : Json.read(new String(file.readAllBytes(), StandardCharsets.UTF_8))) {
                if (exchange.get("name").stringValue().equals(name)) {
                    return exchange.get("response").get("body").stringValue();
                }
            }
        }
        throw new IllegalArgumentException(name);
    }

    @Test
    void endpointCanLookLikeOneWhoseEngineIsDead() throws Exception {
        client.post("/admin/config", "{\"dead\":true,\"error_after_tokens\":0}");
        for (String body : List.of(STREAM, WHOLE)) {
            HttpResponse<String> response = client.post(COMPLETIONS, body);
            assertThat(response.statusCode()).isEqualTo(500);
            assertThat(response.body()).contains(ENGINE_DEAD);
        }
        assertThat(client.get("/health").statusCode()).isEqualTo(503);
        assertThat(client.get("/v1/models").statusCode()).isEqualTo(200);
    }

    @Test
    void returnErrorHeaderGetsItsStatus() throws Exception {
        HttpResponse<String> response = client.post(COMPLETIONS, WHOLE, "X-Return-Error", "429");
        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(response.body())
                .isEqualTo("{\"error\":{\"message\":\"Injected fault\",\"type\":\"TooManyRequestsError\","
                        + "\"param\":null,\"code\":429}}");
        assertThat(client.post(COMPLETIONS, WHOLE, "X-Return-Error", "none").statusCode())
                .isEqualTo(400);
        assertThat(client.post(COMPLETIONS, WHOLE, "X-Sim-Fault", "none").body())
                .contains("x-sim-fault: none: unknown (expected: one of [refuse, status,");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rate_limit|429|TooManyRequestsError",
                "invalid_api_key|401|{\"error\":\"Unauthorized\"}",
                "context_length|400|(parameter=input_tokens, value=32769)",
                "server_error|503|The engine is currently busy",
                "invalid_request|400|Field required",
                "model_not_found|404|The model `sim-8b` does not exist."
            })
    void failureTypesHaveTheirBodies(String type, int status, String part) throws Exception {
        HttpResponse<String> response = client.post(COMPLETIONS, STREAM, "X-Sim-Fault", "failure=" + type);
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        assertThat(response.body()).contains(part);
    }

    @Test
    void delayedErrorIsAnErrorThatComesLate() throws IOException {
        RawExchange seen = whole("status=503;delay=60ms");
        assertThat(seen.statusLine()).isEqualTo("HTTP/1.1 503 Service Unavailable");
        assertThat(seen.nanos()).isGreaterThan(60_000_000);
        assertThat(whole("status=503;stall_before_head,for=60ms").nanos()).isGreaterThan(60_000_000);
    }

    @Test
    void requestOnItsWayIsDroppedWithItsConnection() throws Exception {
        assertThat(inVain(STREAM, "delay=1m").end()).isEqualTo(End.SILENT);
        assertThat(simulator.statistics().finished()).isZero();
    }

    @Test
    void requestBehindADrippingAnswerIsAnsweredAfterIt() throws IOException {
        String first = "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "X-Sim-Fault: drip=50,every=5ms\r\nContent-Length: " + STREAM.length() + "\r\n\r\n" + STREAM;
        String second = "GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), simulator.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write((first + second).getBytes(StandardCharsets.UTF_8));
            String seen = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(seen).containsSubsequence("data: [DONE]", "0\r\n\r\nHTTP/1.1 200 OK\r\n", "0.32.0");
        }
    }

    @Test
    void engineComputesOnWhileAnAnswerDrips() throws IOException {
        RawExchange seen = RawExchange.post(
                simulator.port(),
                COMPLETIONS,
                STREAM.replace("\"max_tokens\":6", "\"max_tokens\":3000"),
                "X-Sim-Fault: drip=8000,every=1ms");
        assertThat(seen.end()).isEqualTo(End.KEPT);
        assertThat(seen.body()).contains("\"finish_reason\":\"length\"").endsWith(DONE);
    }

    @Test
    void faultsAreSetAndReadOverHttp() throws Exception {
        HttpResponse<String> set = client.post(
                "/admin/config",
                "{\"status\":{\"code\":503,\"count\":2},\"drop_after_tokens\":3,\"slow_factor\":2,\"dead\":true}");
        assertThat(set.body())
                .isEqualTo(client.get("/admin/config").body())
                .contains(
                        "\"refuse\":false,\"status\":{\"code\":503,\"count\":2},",
                        "\"drop_after_tokens\":3,",
                        "\"dead\":true,\"slow_factor\":2.0");
        assertThat(client.get("/health").statusCode()).isEqualTo(503);
        assertThat(client.get("/ping").statusCode()).isEqualTo(503);
        HttpResponse<String> reset = client.post(
                "/admin/config", "{\"status\":null,\"drop_after_tokens\":null,\"slow_factor\":null,\"dead\":null}");
        assertThat(reset.statusCode()).isEqualTo(200);
        assertThat(simulator.faults()).isEqualTo(Faults.NONE);
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
        HttpResponse<String> unknown = client.post("/admin/config", "{\"misspelt\":1}");
        assertThat(unknown.statusCode()).isEqualTo(400);
        assertThat(unknown.body()).contains("misspelt: unknown (expected: one of [refuse, status,");
        assertThat(client.post("/admin/config", "{\"slow_factor\":0}").statusCode())
                .isEqualTo(400);
        assertThat(client.post("/admin/config", "{\"status\":{\"code\":200}}").statusCode())
                .isEqualTo(400);
    }

    @Test
    void stepTimesCanBeChangedWhileTheEngineRuns() throws Exception {
        client.post("/admin/config", "{\"time-to-first-token\":\"150ms\"}");
        long before = System.nanoTime();
        assertThat(client.post(COMPLETIONS, WHOLE).statusCode()).isEqualTo(200);
        assertThat(System.nanoTime() - before).isGreaterThan(150_000_000);
        assertThat(client.post("/admin/config", "{\"time-to-first-token\":null}")
                        .body())
                .contains("\"time-to-first-token\":null");
    }

    @Test
    void stepTimesOfAModelCannotBeChanged() throws Exception {
        try (VllmSimulator modelled =
                        VllmSimulator.start(SimulatorSettings.builder().port(0).build());
                SimulatorClient other = new SimulatorClient(modelled)) {
            HttpResponse<String> refused = other.post("/admin/config", "{\"inter-token-latency\":5}");
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(refused.body()).contains("step times: ", "started with constant ones");
            assertThat(other.post("/admin/script", "[{\"at\":\"1h\",\"set\":{\"inter-token-latency\":5}}]")
                            .statusCode())
                    .isEqualTo(400);
            assertThat(modelled.faults()).isEqualTo(Faults.NONE);
        }
    }

    @Test
    void refusedChangeChangesNothing() throws Exception {
        assertThat(client.post("/admin/config", "{\"dead\":true,\"slow_factor\":-1}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(simulator.faults()).isEqualTo(Faults.NONE);
    }

    @Test
    void injectedStatusIsGivenAsOftenAsTold() throws Exception {
        simulator.faults(old -> old.with(new Injection(new RequestFault.Status(503), Trigger.times(2))));
        assertThat(whole("").statusLine()).contains("503");
        assertThat(client.get("/v1/models").statusCode()).isEqualTo(200);
        assertThat(whole("").body())
                .isEqualTo("{\"error\":{\"message\":\"Injected fault\",\"type\":\"ServiceUnavailableError\","
                        + "\"param\":null,\"code\":503}}");
        assertThat(whole("").statusLine()).contains("200");
        assertThat(simulator.faults().injections()).isEmpty();
    }

    @Test
    void setFaultMeetsRequestsOfItsPhase() throws Exception {
        client.post("/admin/config", "{\"status\":{\"code\":503,\"phase\":\"prefill\"}}");
        assertThat(whole("").statusLine()).contains("200");
        String prefill = COMPLETE + ",\"kv_transfer_params\":{\"do_remote_decode\":true}}";
        assertThat(client.post(COMPLETIONS, prefill).statusCode()).isEqualTo(503);
    }

    @Test
    void refusingEndpointClosesWithoutAnAnswer() throws Exception {
        client.post("/admin/config", "{\"refuse\":true}");
        assertThatThrownBy(() -> client.get("/health")).isInstanceOf(IOException.class);
        assertThat(RawExchange.get(simulator.port(), "/metrics").bytes()).isEmpty();
        assertThat(client.post("/admin/config", "{\"refuse\":false}").statusCode())
                .isEqualTo(200);
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
    }

    @Test
    void frozenMetricsStayAsTheyWere() throws Exception {
        whole("");
        client.post("/admin/config", "{\"metrics\":\"frozen\"}");
        String frozen = metrics();
        assertThat(frozen).contains("vllm:generation_tokens_total{engine=\"0\",model_name=\"sim-8b\"} 6.0");
        whole("");
        client.post("/admin/config", "{\"slow_factor\":2}");
        assertThat(metrics()).isEqualTo(frozen);
        client.post("/admin/config", "{\"metrics\":null}");
        assertThat(metrics()).contains("vllm:generation_tokens_total{engine=\"0\",model_name=\"sim-8b\"} 12.0");
    }

    @Test
    void metricsCanBeMissing() throws Exception {
        client.post("/admin/config", "{\"metrics\":404}");
        assertThat(client.get("/metrics").statusCode()).isEqualTo(404);
        assertThat(client.get("/metrics").body()).isEqualTo("{\"detail\":\"Not Found\"}");
        client.post("/admin/config", "{\"metrics\":500}");
        assertThat(client.get("/metrics").statusCode()).isEqualTo(500);
        assertThat(metrics()).isEqualTo("Internal Server Error");
        client.post("/admin/config", "{\"metrics\":\"empty\"}");
        assertThat(client.get("/metrics").statusCode()).isEqualTo(200);
        assertThat(metrics()).isEmpty();
    }

    @Test
    void metricsCanBeSlow() throws Exception {
        client.post("/admin/config", "{\"metrics\":{\"delay\":\"80ms\"}}");
        RawExchange seen = RawExchange.get(simulator.port(), "/metrics");
        assertThat(seen.nanos()).isGreaterThan(80_000_000);
        assertThat(seen.body()).contains("vllm:num_requests_running");
        assertThat(seen.end()).isEqualTo(End.KEPT);
    }

    @Test
    void requestsWaitForWithheldBlocks() throws Exception {
        client.post("/admin/config", "{\"withheld_share\":1}");
        await("blocks are withheld").until(() -> simulator.statistics().kvUsage() == 1);
        var answer = client.postLater(COMPLETIONS, WHOLE);
        await("request waits").until(() -> simulator.statistics().waiting() == 1);
        assertThat(metrics()).contains("vllm:kv_cache_usage_perc{engine=\"0\",model_name=\"sim-8b\"} 1.0");
        client.post("/admin/config", "{\"withheld_share\":0}");
        assertThat(answer.get().statusCode()).isEqualTo(200);
    }

    private String metrics() throws Exception {
        return client.get("/metrics").body();
    }

    @Test
    void requestKeepsTheFaultsOfItsArrival() throws Exception {
        simulator.faults(
                old -> old.with(Injection.always(new RequestFault.StallAfterTokens(2, Duration.ofMillis(100)))));
        List<RawExchange> seen = new ArrayList<>();
        Thread request = Thread.startVirtualThread(() -> {
            try {
                seen.add(stream(""));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        await("request runs").until(() -> simulator.statistics().finished() == 1);
        simulator.faults(old ->
                old.without(FaultKind.STALL_AFTER_TOKENS).with(Injection.always(new RequestFault.DropAfterTokens(3))));
        request.join();
        assertThat(seen.getFirst().body()).endsWith(DONE);
    }

    private RawExchange stream(String fault) throws IOException {
        return RawExchange.post(simulator.port(), COMPLETIONS, STREAM, "X-Sim-Fault: " + fault);
    }

    private RawExchange whole(String fault) throws IOException {
        return RawExchange.post(simulator.port(), COMPLETIONS, WHOLE, "X-Sim-Fault: " + fault);
    }

    private RawExchange inVain(String body, String fault) throws IOException {
        return RawExchange.postInVain(simulator.port(), COMPLETIONS, body, "X-Sim-Fault: " + fault);
    }

    private static List<String> events(String body) {
        List<String> events = new ArrayList<>();
        for (String event : body.split("(?<=\n\n)")) {
            events.add(event);
        }
        return events;
    }

    /** The text of the events, however it is spread over them. */
    private static String text(String events) {
        StringBuilder text = new StringBuilder();
        Pattern.compile("\"text\":\"([^\"]*)\"")
                .matcher(events)
                .results()
                .forEach(match -> text.append(match.group(1)));
        return text.toString();
    }
}
