package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmd.simulator.config.ErrorFormat;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.SimulatorSettingsBuilder;
import io.llmd.simulator.engine.LatencyModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class VllmSimulatorIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final LatencyModel FAST = new LatencyModel.Constant(2_000_000, 1_000_000, 0, 0);
    private static final LatencyModel HOUR = new LatencyModel.Constant(1_000_000, 3_600_000_000_000L, 0, 0);

    private VllmSimulator simulator = VllmSimulator.start(fast().build());
    private SimulatorClient client = new SimulatorClient(simulator);

    private static SimulatorSettingsBuilder fast() {
        return SimulatorSettings.builder().port(0).latency(FAST).api(api -> api.loadTracking(true));
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

    @Test
    void chatStreamHasVllmsEventsInOrder() throws Exception {
        HttpResponse<String> response = client.post(
                CHAT,
                "{\"model\":\"sim-8b\",\"stream\":true,\"max_tokens\":3,\"stream_options\":{\"include_usage\":true},"
                        + "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
                "X-Request-Id",
                "r1");
        String[] events = response.body().split("\n\n");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("text/event-stream; charset=utf-8");
        assertThat(response.headers().firstValue("transfer-encoding")).contains("chunked");
        assertThat(events).hasSize(6);
        assertThat(events[0])
                .startsWith("data: {\"id\":\"chatcmpl-r1\",\"object\":\"chat.completion.chunk\",\"created\":")
                .endsWith("\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
                        + "\"logprobs\":null,\"finish_reason\":null}],\"prompt_token_ids\":null,\"prompt_text\":null}");
        assertThat(events[3]).contains("\"finish_reason\":\"length\",\"stop_reason\":null,");
        assertThat(events[4]).contains("\"choices\":[],\"usage\":{\"prompt_tokens\":", "\"completion_tokens\":3,");
        assertThat(events[5]).isEqualTo("data: [DONE]");
        assertThat(response.body()).endsWith("data: [DONE]\n\n");
    }

    @Test
    void sameRequestGivesTheSameTextStreamedOrNot() throws Exception {
        String body = "\"max_tokens\":20,\"messages\":[{\"role\":\"user\",\"content\":\"Tell me\"}]}";
        String whole = client.post(CHAT, "{" + body).body();
        String streamed = client.post(CHAT, "{\"stream\":true," + body).body();
        String content = whole.replaceFirst(".*\"content\":\"([^\"]*)\".*", "$1");
        StringBuilder joined = new StringBuilder();
        Pattern.compile("\"content\":\"([^\"]*)\"")
                .matcher(streamed)
                .results()
                .forEach(match -> joined.append(match.group(1)));
        assertThat(joined.toString()).isEqualTo(content).hasSizeGreaterThan(20);
    }

    @Test
    void secondEqualPromptTellsItsCachedTokens() throws Exception {
        String body =
                "{\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"" + "word ".repeat(100) + "\"}]}";
        assertThat(client.post(CHAT, body).body()).contains("\"cached_tokens\":0");
        String second = client.post(CHAT, body).body();
        assertThat(second).containsPattern("\"cached_tokens\":(96|112),");
    }

    @Test
    void clientThatLeavesAStreamAbortsItsRequest() throws Exception {
        restart(fast().latency(new LatencyModel.Constant(1_000_000, 20_000_000, 0, 0)));
        HttpResponse<InputStream> response = client.open(
                CHAT,
                "{\"stream\":true,\"max_tokens\":5000,\"ignore_eos\":true,"
                        + "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}");
        try (InputStream stream = response.body()) {
            assertThat(stream.read()).isEqualTo('d');
            assertThat(simulator.statistics().running()).isEqualTo(1);
        }
        await("abort after disconnect").untilAsserted(() -> {
            assertThat(simulator.statistics().running()).isZero();
            assertThat(simulator.statistics().aborted()).isEqualTo(1);
            assertThat(simulator.statistics().usedBlocks()).isZero();
        });
        assertThat(client.get("/metrics").body())
                .contains(
                        "vllm:request_success_total{engine=\"0\",finished_reason=\"abort\",model_name=\"sim-8b\"} 1.0");
        assertThat(client.get("/load").body()).isEqualTo("{\"server_load\":0}");
    }

    @Test
    void clientThatLeavesBeforeTheHeadAbortsItsRequest() throws Exception {
        restart(fast().latency(HOUR));
        try (Socket socket = connect()) {
            write(socket, post("{\"prompt\":\"Hi\",\"max_tokens\":100}"));
            await("request runs").until(() -> simulator.statistics().running() == 1);
        }
        await("abort after disconnect").until(() -> simulator.statistics().active() == 0);
        assertThat(simulator.statistics().aborted()).isEqualTo(1);
    }

    @Test
    void requestsBeyondTheBatchWaitAndAreSeenWaiting() throws Exception {
        restart(fast().maxNumSeqs(2).latency(new LatencyModel.Constant(1_000_000, 400_000_000, 0, 0)));
        List<CompletableFuture<HttpResponse<String>>> calls = List.of(completion(6), completion(6), completion(6));
        await("third one waits")
                .untilAsserted(() -> assertThat(client.get("/metrics").body())
                        .contains(
                                "vllm:num_requests_running{engine=\"0\",model_name=\"sim-8b\"} 2.0",
                                "vllm:num_requests_waiting{engine=\"0\",model_name=\"sim-8b\"} 1.0"));
        for (CompletableFuture<HttpResponse<String>> call : calls) {
            assertThat(call.get().statusCode()).isEqualTo(200);
        }
        assertThat(simulator.statistics().finished()).isEqualTo(3);
        assertThat(simulator.statistics().active()).isZero();
    }

    private CompletableFuture<HttpResponse<String>> completion(int tokens) {
        return client.postLater(
                "/v1/completions", "{\"prompt\":\"Hi\",\"ignore_eos\":true,\"max_tokens\":" + tokens + "}");
    }

    @Test
    void fullQueueIsAnsweredWith429WhenItHasABound() throws Exception {
        restart(fast().maxNumSeqs(1).maxWaitingQueueLength(1).latency(HOUR));
        completion(5);
        await("first one runs").until(() -> simulator.statistics().running() == 1);
        completion(5);
        await("second one waits").until(() -> simulator.statistics().waiting() == 1);
        HttpResponse<String> third = client.post("/v1/completions", "{\"prompt\":\"Hi\"}");
        assertThat(third.statusCode()).isEqualTo(429);
        assertThat(third.body()).contains("\"code\":429");
    }

    @Test
    void requestsBeyondTheBoundsOfTheQueueGet503() throws Exception {
        restart(fast().maxQueuedRequests(2).latency(HOUR));
        completion(5);
        await("first one runs").until(() -> simulator.statistics().running() == 1);
        HttpResponse<String> two = client.post("/v1/completions", "{\"prompt\":\"Hi\",\"n\":2}");
        assertThat(two.statusCode()).isEqualTo(503);
        assertThat(two.body())
                .isEqualTo("{\"error\":{\"message\":\"The engine is currently busy and cannot accept new requests."
                        + " Please try again later or on a different instance.\",\"type\":\"Service Unavailable\","
                        + "\"param\":null,\"code\":503}}");
        assertThat(client.get("/metrics").body())
                .contains("vllm:admission_rejections_total{model_name=\"sim-8b\",reason=\"max_num_queued_reqs\"} 1.0");
    }

    @Test
    void promptTokensBeyondTheBoundOfTheQueueGet503() throws Exception {
        restart(fast().maxQueuedTokens(3).latency(new LatencyModel.Constant(3_600_000_000_000L, 0, 0, 0)));
        client.postLater("/v1/completions", "{\"prompt\":[1,2,3]}");
        await("first one runs").until(() -> simulator.statistics().running() == 1);
        HttpResponse<String> second = client.post("/v1/completions", "{\"prompt\":[1]}");
        assertThat(second.statusCode()).isEqualTo(503);
        assertThat(second.body()).contains("The engine has reached its prefill token backlog limit.");
        assertThat(client.get("/metrics").body())
                .contains(
                        "vllm:admission_rejections_total{model_name=\"sim-8b\",reason=\"max_num_queued_tokens\"} 1.0");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /v1/chat/completions | {} | 400 | messages
            /v1/chat/completions | {"messages":[{"role":"user","content":"a"}],"tools":[]} | 400 | tools
            /v1/chat/completions | {"messages":[{"role":"user","content":"a"}],"tool_choice":"auto"} | 400 | tool_choice
            /v1/chat/completions | {"messages":[{"role":"user","content":"a"}],"tool_choice":{"type":"function","function":{"name":"x"}},"tools":[{"type":"function","function":{"name":"y"}}]} | 400 | tool_choice
            /v1/chat/completions | {"messages":[{"role":"user","content":"a"}],"top_logprobs":2} | 400 | top_logprobs
            /v1/chat/completions | {"messages":[{"role":"user","content":"a"}],"stream_options":{"include_usage":true}} | 400 | stream_options
            /v1/chat/completions | {"messages":[{"role":"user","content":"a"}],"max_tokens":0} | 400 | max_tokens
            /v1/chat/completions | {"messages":[{"role":"user","content":"a"}],"max_tokens":99999} | 400 | max_tokens
            /v1/chat/completions | {"messages":[{"role":"user","content":"a"}],"prompt_logprobs":1,"stream":true} | 400 | prompt_logprobs
            /v1/chat/completions | {"messages":[{"role":"user","content":"a"}],"cache_salt":""} | 400 | cache_salt
            /v1/chat/completions | {"messages":"a"} | 400 | messages
            /v1/chat/completions | {"model":"other","messages":[{"role":"user","content":"a"}]} | 404 | model
            /v1/completions | {"prompt":"a","suffix":"b"} | 400 | suffix
            /v1/completions | {} | 400 | prompt
            /v1/completions | {"prompt":[1,-2]} | 400 | prompt
            /v1/embeddings | {"input":"a","encoding_format":"hex"} | 400 | encoding_format
            /tokenize | {} | 400 | prompt
            """)
    void badRequestsNameTheField(String path, String body, int status, String param) throws Exception {
        HttpResponse<String> response = client.post(path, body);
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.body())
                .startsWith("{\"error\":{\"message\":\"")
                .containsPattern("\"type\":\"(BadRequestError|Bad Request|NotFoundError)\"")
                .containsPattern("\"param\":\"(body\\.)?" + param + "(\\.\\d+)?\",\"code\":" + status + "}}$");
        assertThat(simulator.statistics().active()).isZero();
    }

    @Test
    void promptBeyondTheContextIs400() throws Exception {
        restart(fast().maxModelLen(64));
        HttpResponse<String> response = client.post("/v1/completions", "{\"prompt\":\"" + "word ".repeat(100) + "\"}");
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("maximum context length is 64 tokens", "\"param\":\"input_tokens\"");
    }

    @Test
    void otherPathsMethodsAndBodiesAreRefusedAsVllmDoes() throws Exception {
        HttpResponse<String> unknown = client.get("/nope");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body()).isEqualTo("{\"detail\":\"Not Found\"}");
        HttpResponse<String> wrong = client.get(CHAT);
        assertThat(wrong.statusCode()).isEqualTo(405);
        assertThat(wrong.body()).isEqualTo("{\"detail\":\"Method Not Allowed\"}");
        assertThat(wrong.headers().firstValue("allow")).contains("POST");
        HttpResponse<String> text = client.send(client.request(CHAT)
                .header("content-type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString("{}")));
        assertThat(text.statusCode()).isEqualTo(400);
        assertThat(client.post(CHAT, "{").statusCode()).isEqualTo(400);
        assertThat(client.post(CHAT, "[]").statusCode()).isEqualTo(400);
        restart(fast().maxBodyBytes(100));
        assertThat(client.post(CHAT, "{\"a\":\"" + "x".repeat(200) + "\"}").statusCode())
                .isEqualTo(413);
    }

    @Test
    void answersSayWhereTheyComeFrom() throws Exception {
        restart(fast().api(api ->
                api.identity(identity -> identity.withName("sim-0").withNamespace("llm"))));
        HttpResponse<String> served = client.post("/v1/completions", "{\"prompt\":\"Hi\",\"max_tokens\":2}");
        assertThat(served.headers().firstValue("x-inference-pod")).contains("sim-0");
        assertThat(served.headers().firstValue("x-inference-namespace")).contains("llm");
        assertThat(served.headers().firstValue("x-inference-port")).contains(Integer.toString(simulator.port()));
    }

    @Test
    void keyIsAskedForAndRequestIdComesBack() throws Exception {
        restart(fast().api(api -> api.keys(List.of("secret")).requestIdHeaders(true)));
        HttpResponse<String> refused = client.get("/v1/models");
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.body()).isEqualTo("{\"error\":\"Unauthorized\"}");
        assertThat(refused.headers().firstValue("x-request-id"))
                .hasValueSatisfying(id -> assertThat(id).matches("[0-9a-f]{32}"));
        String body = "{\"prompt\":\"Hi\",\"max_tokens\":2,\"stream\":true}";
        HttpResponse<String> served =
                client.post("/v1/completions", body, "Authorization", "Bearer secret", "X-Request-Id", "r7");
        assertThat(served.statusCode()).isEqualTo(200);
        assertThat(served.headers().firstValue("x-request-id")).contains("r7");
        assertThat(client.get("/health").statusCode()).isEqualTo(200);
    }

    @Test
    void slashAtTheEndIsRedirected() throws Exception {
        HttpResponse<String> redirected = client.get("/v1/models/?a=b");
        assertThat(redirected.statusCode()).isEqualTo(307);
        assertThat(redirected.headers().firstValue("location")).contains(simulator.baseUrl() + "/v1/models?a=b");
    }

    @Test
    void documentationCanBeSwitchedOff() throws Exception {
        assertThat(client.get("/openapi.json").body())
                .startsWith("{\"openapi\":\"3.1.0\"")
                .contains("\"/v1/chat/completions\":{\"post\":{");
        assertThat(client.get("/docs").body()).contains("openapi.json");
        restart(fast().api(api -> api.documentation(false)));
        assertThat(client.get("/openapi.json").statusCode()).isEqualTo(404);
        assertThat(client.get("/docs").statusCode()).isEqualTo(404);
    }

    @Test
    void loadIsCountedOnRequestOnly() throws Exception {
        restart(fast().latency(HOUR).api(api -> api.loadTracking(false)));
        completion(100);
        await("request runs").until(() -> simulator.statistics().running() == 1);
        assertThat(client.get("/load").body()).isEqualTo("{\"server_load\":0}");
    }

    @Test
    void flatErrorsAreThoseOfOlderVersions() throws Exception {
        restart(fast().errorFormat(ErrorFormat.FLAT));
        assertThat(client.post("/v1/completions", "{\"model\":\"x\",\"prompt\":\"a\"}")
                        .body())
                .isEqualTo("{\"object\":\"error\",\"message\":\"The model `x` does not exist. Valid aliases: sim-8b.\","
                        + "\"type\":\"NotFoundError\",\"param\":\"model\",\"code\":404}");
    }

    @Test
    void idleConnectionIsClosed() throws Exception {
        restart(fast().idleTimeout(Duration.ofMillis(50)));
        try (Socket socket = connect()) {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void garbageIsAnsweredWith400AndTheConnectionCloses() throws Exception {
        try (Socket socket = connect()) {
            write(socket, "NOT HTTP AT ALL\r\n\r\n");
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 400 ");
        }
    }

    @Test
    void smallEndpointsAnswer() throws Exception {
        assertThat(client.get("/health").body()).isEmpty();
        assertThat(client.get("/ping").statusCode()).isEqualTo(200);
        assertThat(client.get("/version").body()).isEqualTo("{\"version\":\"0.32.0\"}");
        assertThat(client.get("/v1/models").body()).contains("\"id\":\"sim-8b\"", "\"max_model_len\":32768");
        assertThat(client.get("/load").body()).isEqualTo("{\"server_load\":0}");
        assertThat(client.get("/metrics").headers().firstValue("content-type"))
                .contains("text/plain; version=1.0.0; charset=utf-8");
    }

    @Test
    void everyMetricsLineParses() throws Exception {
        completion(3).get();
        String metrics = client.get("/metrics").body();
        assertThat(metrics.lines())
                .allMatch(line -> line.matches("# (HELP|TYPE) [a-z_:0-9]+ .+")
                        || line.matches("[a-z_:0-9]+(\\{[a-z_]+=\"[^\"]*\"(,[a-z_]+=\"[^\"]*\")*})? [-+0-9.einfEa]+"));
        assertThat(metrics).contains("vllm:generation_tokens_total{engine=\"0\",model_name=\"sim-8b\"} 3.0");
    }

    @Test
    void tokensComeBackAsTheirText() throws Exception {
        String tokenized = client.post("/tokenize", "{\"prompt\":\"Größe 🎉 ok\",\"return_token_strs\":true}")
                .body();
        assertThat(tokenized).contains("\"token_strs\":[\"Gr\",\"ö\"");
        String tokens = tokenized.replaceFirst(".*\"tokens\":(\\[[^]]*]).*", "$1");
        assertThat(client.post("/detokenize", "{\"tokens\":" + tokens + "}").body())
                .isEqualTo("{\"prompt\":\"Größe 🎉 ok\"}");
    }

    @Test
    void listOfPromptsGivesChoicesForEach() throws Exception {
        String body = client.post("/v1/completions", "{\"prompt\":[[1,2,3],[4,5]],\"n\":2,\"max_tokens\":2}")
                .body();
        assertThat(body).contains("\"index\":0", "\"index\":3", "\"prompt_tokens\":5,\"total_tokens\":13");
        assertThat(body).doesNotContain("\"index\":4");
    }

    @Test
    void severalChoicesAreStreamedSideBySide() throws Exception {
        String body = client.post(
                        CHAT,
                        "{\"stream\":true,\"n\":2,\"max_tokens\":4,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}")
                .body();
        assertThat(body.split("\"role\":\"assistant\"", -1)).hasSize(3);
        assertThat(body.split("\"finish_reason\":\"length\"", -1)).hasSize(3);
        assertThat(body).endsWith("data: [DONE]\n\n");
    }

    @Test
    void embeddingsAreUnitVectorsOfTheInput() throws Exception {
        String one = client.post("/v1/embeddings", "{\"input\":[\"a\",\"b\"],\"dimensions\":4}")
                .body();
        String two = client.post("/v1/embeddings", "{\"input\":\"a\",\"dimensions\":4}")
                .body();
        String vector = two.replaceFirst(".*\"embedding\":(\\[[^]]*]).*", "$1");
        assertThat(one).contains(vector, "\"usage\":{\"prompt_tokens\":2,\"total_tokens\":2");
        double squares = Arrays.stream(vector.substring(1, vector.length() - 1).split(","))
                .mapToDouble(Double::parseDouble)
                .map(value -> value * value)
                .sum();
        assertThat(squares).isBetween(0.999, 1.001);
    }

    @Test
    void responsesEndWithTheCompletedEvent() throws Exception {
        String body = client.post("/v1/responses", "{\"input\":\"Hi\",\"stream\":true,\"max_output_tokens\":3}")
                .body();
        assertThat(body)
                .startsWith("event: response.created\ndata: {\"response\":{\"id\":\"resp_")
                .contains("\"sequence_number\":0,\"type\":\"response.created\"}\n");
        assertThat(body)
                .contains("event: response.completed\n", "\"output_tokens\":3")
                .doesNotContain("[DONE]");
        assertThat(client.post("/v1/responses", "{\"input\":\"Hi\",\"max_output_tokens\":3}")
                        .body())
                .contains("\"object\":\"response\"", "\"status\":\"incomplete\"");
    }

    @Test
    void outputLengthHeaderIsObeyed() throws Exception {
        String body = client.post(
                        "/v1/completions", "{\"prompt\":\"Hi\",\"max_tokens\":50}", "X-Sim-Output-Tokens", "7")
                .body();
        assertThat(body).contains("\"finish_reason\":\"stop\"", "\"completion_tokens\":7");
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception {
        try (Socket socket = connect()) {
            write(
                    socket,
                    post("{\"prompt\":\"a\",\"max_tokens\":20,\"ignore_eos\":true,\"request_id\":\"one\"}")
                            + post("{\"prompt\":\"b\",\"max_tokens\":1,\"request_id\":\"two\"}")
                            + "GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answers).containsSubsequence("cmpl-one", "cmpl-two", "0.32.0");
        }
    }

    @Test
    void oldHttpClientGetsItsStreamWithoutChunks() throws Exception {
        try (Socket socket = connect()) {
            String body = "{\"prompt\":\"a\",\"max_tokens\":2,\"stream\":true}";
            write(socket, post(body).replace("HTTP/1.1", "HTTP/1.0"));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).doesNotContainIgnoringCase("chunked").endsWith("data: [DONE]\n\n");
        }
    }

    @Test
    void slowReaderGetsTheWholeTextInFewerEvents() throws Exception {
        restart(fast().maxModelLen(70_000).latency(new LatencyModel.Constant(0, 0, 0, 0)));
        try (Socket socket = connect()) {
            write(
                    socket,
                    post("{\"prompt\":\"a\",\"max_tokens\":60000,\"ignore_eos\":true,\"stream\":true,"
                            + "\"stream_options\":{\"include_usage\":true}}"));
            await("engine is done although nobody reads")
                    .until(() -> simulator.statistics().finished() == 1);
            socket.shutdownInput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        await("request ends with its connection")
                .until(() -> client.get("/load").body().contains(":0}"));
        HttpResponse<InputStream> response = client.open(
                "/v1/completions",
                "{\"prompt\":\"a\",\"max_tokens\":60000,\"ignore_eos\":true,\"stream\":true,"
                        + "\"stream_options\":{\"include_usage\":true}}");
        await("engine is done").until(() -> simulator.statistics().finished() == 2);
        String text = new String(response.body().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(text).contains("\"completion_tokens\":60000").endsWith("data: [DONE]\n\n");
        assertThat(text.split("\n\n").length).isLessThan(60_000);
    }

    @Test
    void closedEndpointCutsItsConnections() throws Exception {
        restart(fast().latency(HOUR));
        CompletableFuture<HttpResponse<String>> call = completion(5);
        await("request runs").until(() -> simulator.statistics().running() == 1);
        simulator.close();
        assertThatThrownBy(call::get).hasCauseInstanceOf(IOException.class);
        assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
    }

    @Test
    void takenPortIsToldAtOnce() {
        assertThatThrownBy(
                        () -> VllmSimulator.start(fast().port(simulator.port()).build()))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("cannot listen on 127.0.0.1:" + simulator.port());
    }

    @Test
    void manyEndpointsShareThreadsAndAnswer() throws Exception {
        List<VllmSimulator> many = IntStream.range(0, 30)
                .mapToObj(i -> VllmSimulator.start(fast().seed(i).build()))
                .toList();
        try {
            for (VllmSimulator one : many) {
                try (SimulatorClient caller = new SimulatorClient(one)) {
                    assertThat(caller.post("/v1/completions", "{\"prompt\":\"a\",\"max_tokens\":2}")
                                    .statusCode())
                            .isEqualTo(200);
                }
            }
            await("threads of earlier tests are gone")
                    .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                            .filteredOn(thread -> thread.getName().startsWith("sim-"))
                            .hasSizeLessThanOrEqualTo(1 + Runtime.getRuntime().availableProcessors()));
        } finally {
            many.forEach(VllmSimulator::close);
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(8 << 10);
        socket.setSoTimeout(20_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), simulator.port()), 5_000);
        return socket;
    }

    private static void write(Socket socket, String text) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private static String post(String body) {
        return "POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body;
    }
}
