package io.llmd.gateway.coordinator;

import static io.llmd.gateway.GatewayFixture.AUTH;
import static io.llmd.gateway.GatewayFixture.BODY;
import static io.llmd.gateway.GatewayFixture.CHAT;
import static io.llmd.gateway.GatewayFixture.KEY;
import static io.llmd.gateway.GatewayFixture.STREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.gateway.ProfileFixture;
import io.llmd.gateway.disagg.Phases;
import io.llmd.testsupport.FakeModelServer;
import io.llmd.testsupport.RawClient;
import io.llmd.testsupport.RecordedRequest;
import io.llmd.testsupport.Reply;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The gateway before another one: what each phase sends, and what clients see of answers. */
class CoordinatorIT {

    private static final String HANDOFF =
            "{\"do_remote_prefill\":true,\"remote_engine_id\":\"e-1\",\"remote_host\":\"10.9.8.7\",\"x\":[[1.50]]}";
    private static final String PREFILLED =
            "{\"choices\":[],\"usage\":{\"prompt_tokens\":7},\"kv_transfer_params\":" + HANDOFF + "}";
    private static final String GIF = "GIF89a-a-very-small-image";
    private static final String URI = "data:image/gif;base64,"
            + Base64.getEncoder().encodeToString(GIF.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    private static final String TEXT_ONLY = "{\"request_id\":\"r\",\"token_ids\":[1, 2,3],\"features\":null}";
    private static final String ONE_IMAGE = """
            {"request_id":"chatcmpl-1","token_ids":[7,8,9,9,9,10],"features":{"mm_hashes":{"image":["h1"]},\
            "mm_placeholders":{"image":[{"offset":2,"length":3}]},"kwargs_data":{"image":["VA=="]}},\
            "sampling_params":{"max_tokens":90,"min_tokens":3},"stream":true,"stream_options":{},\
            "kv_transfer_params":null}""";

    private static FakeModelServer gateway;
    private static FakeModelServer renderer;
    private static FakeModelServer images;
    private static ProfileFixture coordinator;
    private static ProfileFixture tokensIn;

    @BeforeAll
    static void start() {
        gateway = FakeModelServer.start();
        renderer = FakeModelServer.start();
        images = FakeModelServer.start();
        coordinator =
                start("gateway.coordinator.steps=replace-media-urls,render,conditional-decode,encode,prefill,decode");
        tokensIn = start(
                "gateway.coordinator.openai-format=false",
                "gateway.coordinator.kv-connector=kv-sglang",
                "gateway.access.mode=open",
                "gateway.coordinator.media-held-share=0.01",
                "gateway.coordinator.max-tokens=8");
    }

    private static ProfileFixture start(String... more) {
        return new ProfileFixture(
                "coordinator",
                Stream.concat(
                                Stream.of(
                                        "gateway.coordinator.gateway=http://" + gateway.hostPort(),
                                        "gateway.coordinator.render=http://" + renderer.hostPort(),
                                        "gateway.coordinator.media-hosts=127.0.0.1,*.images.example",
                                        "gateway.coordinator.media-networks=127.0.0.0/8",
                                        "gateway.coordinator.media-ports=80,443," + images.port(),
                                        "gateway.coordinator.media-plain=true",
                                        "gateway.coordinator.media-size=1KB",
                                        "gateway.coordinator.media-timeout=1s",
                                        "gateway.coordinator.max-media=3",
                                        "gateway.access.demo-key=" + KEY,
                                        "gateway.disaggregation.handoff-lease=1s",
                                        "gateway.disaggregation.decode-timeout=1s",
                                        "gateway.endpoints.eject-after=1000"),
                                Stream.of(more))
                        .toArray(String[]::new));
    }

    @AfterAll
    static void stop() {
        coordinator.close();
        tokensIn.close();
        List.of(gateway, renderer, images).forEach(FakeModelServer::close);
    }

    @BeforeEach
    void answerAsUsual() {
        gateway.answering(CoordinatorIT::phase);
        renderer.always(Reply.json(200, TEXT_ONLY));
        images.always(Reply.json(200, GIF).header("content-type", "text/plain"));
    }

    @AfterEach
    void nothingIsLeft() {
        coordinator.awaitQuiet();
        tokensIn.awaitQuiet();
        await("memory given back").until(() -> held(coordinator) == 0 && held(tokensIn) == 0);
        List.of(gateway, renderer, images).forEach(FakeModelServer::reset);
    }

    private static long held(ProfileFixture fixture) {
        return fixture.context().getBean(Phases.class).memory().held();
    }

    private static Reply phase(RecordedRequest request) {
        return switch (request.header("epp-profile").orElse("none")) {
            case "encode" ->
                Reply.json(200, "{\"choices\":[],\"ec_transfer_params\":{\"h1\":{\"peer_host\":\"10.1.1.1\"}}}");
            case "prefill" -> Reply.json(200, PREFILLED);
            default ->
                request.hasHeader("prefer")
                        ? Reply.error(412, "not_cached")
                        : request.text().contains("\"stream\":true")
                                ? Reply.stream("Hello", " world")
                                : Reply.chat("Hello world");
        };
    }

    private static RawClient.Answer chat(String body, String... headers) {
        return coordinator.post(
                CHAT, body, Stream.concat(Stream.of(AUTH), Stream.of(headers)).toArray(String[]::new));
    }

    private static JsonNode json(RecordedRequest request) {
        return JsonMapper.shared().readTree(request.text());
    }

    private static List<String> phases() {
        return gateway.requests().stream()
                .map(request -> request.header("epp-profile").orElse("none") + (request.hasHeader("prefer") ? "?" : ""))
                .toList();
    }

    private static String withImages(String... urls) {
        StringBuilder parts = new StringBuilder();
        for (String url : urls) {
            parts.append("{\"type\":\"image_url\",\"image_url\":{\"url\":\"")
                    .append(url)
                    .append("\"}},");
        }
        return "{\"model\":\"m\",\"max_tokens\":50,\"messages\":[{\"role\":\"user\",\"content\":[" + parts
                + "{\"type\":\"text\",\"text\":\"?\"}]}]}";
    }

    @Test
    @Tag("pd-S12")
    @Tag("pd-T43")
    @DisplayName("S12, T43: render, a decode that has nothing cached, prefill, decode, each a request of its own")
    void textInAllPhases() {
        RawClient.Answer answer = chat(
                STREAM.replace("\"stream\":true", "\"stream\":true,\"max_tokens\":50,\"min_tokens\":2"),
                "x-request-id: abc-1",
                "epp-profile: admin",
                "cookie: a=b",
                "x-own: c",
                "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "x-prefiller-host-port: 169.254.169.254:80");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("x-request-id")).isEqualTo("abc-1");
        assertThat(answer.body()).contains("Hello").endsWith("data: [DONE]\n\n");
        assertThat(renderer.lastRequest().uri()).isEqualTo("/v1/chat/completions/render");
        assertThat(renderer.lastRequest().header("x-request-id")).contains("abc-1");
        assertThat(renderer.lastRequest().header("traceparent")).isPresent();
        for (String name : List.of("epp-profile", "authorization", "x-api-key", "cookie", "x-own", "x-forwarded-for")) {
            assertThat(renderer.lastRequest().hasHeader(name)).as(name).isFalse();
        }
        assertThat(json(renderer.lastRequest()).path("return_mm_kwargs").asBoolean(true))
                .isFalse();
        assertThat(phases()).containsExactly("decode?", "prefill", "decode");
        assertThat(gateway.requests()).allSatisfy(request -> {
            assertThat(request.uri()).isEqualTo(CHAT);
            assertThat(request.header("x-request-id")).contains("abc-1");
            assertThat(request.header("authorization")).contains("Bearer " + KEY);
            assertThat(request.header("x-forwarded-for")).contains("127.0.0.1");
            assertThat(request.hasHeader("x-prefiller-host-port")).isFalse();
            assertThat(json(request).path("tokens").path("token_ids").toString())
                    .isEqualTo("[1,2,3]");
        });
        JsonNode prefill = json(gateway.requests().get(1));
        assertThat(prefill.path("max_tokens").asInt()).isEqualTo(1);
        assertThat(prefill.has("min_tokens")).isFalse();
        assertThat(prefill.path("stream").asBoolean(true)).isFalse();
        assertThat(prefill.path("kv_transfer_params").toString())
                .isEqualTo("{\"do_remote_decode\":true,\"do_remote_prefill\":false,\"remote_engine_id\":null,"
                        + "\"remote_block_ids\":null,\"remote_host\":null,\"remote_port\":null}");
        JsonNode decode = json(gateway.lastRequest());
        assertThat(decode.path("max_tokens").asInt()).isEqualTo(50);
        assertThat(decode.path("min_tokens").asInt()).isEqualTo(2);
        assertThat(gateway.lastRequest().text()).contains("\"x\":[[1.50]]");
        assertThat(decode.path("kv_transfer_params").path("do_remote_prefill").asBoolean())
                .isTrue();
        assertThat(decode.path("kv_transfer_params").path("do_remote_decode").asBoolean(true))
                .isFalse();
        assertThat(meter("miss")).isPositive();
    }

    private static double meter(String result) {
        return coordinator
                .context()
                .getBean(MeterRegistry.class)
                .counter("gateway.disagg.conditional.decodes", "result", result)
                .count();
    }

    @Test
    @Tag("pd-T42")
    @DisplayName("T42: what the conditional decode answers otherwise is the client's, and nobody prefills")
    void conditionalDecodeEnds() {
        gateway.script(Reply.error(404, "model_not_found"), Reply.chat("from the cache"), Reply.error(500, "secret"));

        RawClient.Answer unknown = chat(BODY);
        RawClient.Answer cached = chat(BODY);
        RawClient.Answer broken = chat(BODY);

        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.body()).contains("model_not_found");
        assertThat(cached.body()).contains("from the cache");
        assertThat(broken.status()).isEqualTo(502);
        assertThat(broken.body()).doesNotContain("secret", "scripted");
        assertThat(phases()).containsExactly("decode?", "decode?", "decode?");
    }

    @Test
    @DisplayName("who asks for cached decoding only is told that there is nothing cached")
    void clientsPreference() {
        assertThat(chat(BODY, "prefer: respond-async, If-Available;q=1").status())
                .isEqualTo(412);

        assertThat(phases()).containsExactly("decode?");
    }

    @Test
    @Tag("pd-S12")
    @DisplayName(
            "S12: images are fetched, rendered and encoded once each; prefill gets the embeddings, decode the hashes")
    void images() {
        renderer.always(Reply.json(200, """
                {"token_ids":[7,8,9,9,9,9,10],"features":{"mm_hashes":{"image":["h1","h1","h2"]},"mm_placeholders":\
                {"image":[{"offset":2,"length":2},{"offset":4,"length":1},{"offset":5,"length":1}]},\
                "kwargs_data":{"image":[null,null,null]}}}"""));
        String address = "http://" + images.hostPort() + "/a.gif?x=1";

        RawClient.Answer answer = chat(withImages(address, address, "data:image/png;base64,AAAA"));

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(images.requests()).hasSize(1);
        assertThat(images.lastRequest().uri()).isEqualTo("/a.gif?x=1");
        assertThat(images.lastRequest().hasHeader("authorization")).isFalse();
        assertThat(images.lastRequest().header("host")).contains(images.hostPort());
        assertThat(phases()).containsExactlyInAnyOrder("decode?", "encode", "encode", "prefill", "decode");
        assertThat(gateway.requests()).noneMatch(request -> request.text().contains("http://"));
        JsonNode first = json(gateway.requests().get(1));
        assertThat(first.path("messages").toString()).contains(URI).doesNotContain("text");
        assertThat(first.path("max_tokens").asInt()).isEqualTo(1);
        assertThat(first.path("tokens").toString())
                .isEqualTo("{\"token_ids\":[7,9,9],\"features\":{\"mm_hashes\":{\"image\":[\"h1\"]},"
                        + "\"mm_placeholders\":{\"image\":[{\"offset\":1,\"length\":2}]}}}");
        assertThat(json(gateway.requests().get(2))
                        .path("tokens")
                        .path("features")
                        .toString())
                .contains("h2");
        assertThat(gateway.requests().get(1).header("x-request-id").orElse("")).endsWith("-enc-0");
        JsonNode prefill = json(gateway.requests().get(3));
        assertThat(prefill.path("ec_transfer_params")
                        .path("h1")
                        .path("peer_host")
                        .asString())
                .isEqualTo("10.1.1.1");
        assertThat(prefill.path("messages").toString()).doesNotContain("uuid");
        JsonNode decode = json(gateway.lastRequest());
        assertThat(decode.has("ec_transfer_params")).isFalse();
        JsonNode content = decode.path("messages").path(0).path("content");
        assertThat(content.path(0).path("uuid").asString()).isEqualTo("h1");
        assertThat(content.path(0).path("image_url").path("url").asString()).isEqualTo(URI);
        assertThat(content.path(2).path("uuid").asString()).isEqualTo("h2");
        assertThat(content.path(3).has("uuid")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "http://10.0.0.7/a.gif, nothing is fetched from the host",
        "http://127.0.0.1.images.example.org/, nothing is fetched from the host",
        "ftp://127.0.0.1/a, another scheme",
        "file:///etc/passwd, an address is none",
        "http://user@127.0.0.1/, an address is none",
        "http://2130706433/, nothing is fetched from the host",
        "http://[::ffff:10.0.0.1]/, nothing is fetched from the host",
        "http://no-such-name.images.example/, cannot be reached"
    })
    @DisplayName("addresses that must not be contacted are refused before anything is sent")
    void foreignAddresses(String address, String why) {
        RawClient.Answer answer = chat(withImages(address));

        assertThat(answer.status()).as(answer.body()).isEqualTo(400);
        assertThat(answer.body()).contains(why);
        assertThat(gateway.requests()).isEmpty();
        assertThat(renderer.requests()).isEmpty();
    }

    private static List<String> hiddenAddresses() {
        String url = "http://169.254.169.254/a";
        return List.of(
                "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url + "a".repeat(17 << 10) + "\"}}",
                "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url + "\",\"data\":\"AAAA\"}}",
                "{\"type\":\"image_url\",\"image_url\":{\"data\":\"data:,\"}}",
                "{\"type\":\"video_url\",\"video_url\":\"" + url + "\",\"image_url\":\"data:image/png;base64,AA==\"}",
                "{\"type\":\"image_url\",\"image_url\":\"" + url + "\",\"image_url\":\"" + URI + "\"}",
                "{\"type\":\"file\",\"file_url\":\"" + url + "\"}",
                "{\"type\":\"file\",\"file\":{\"file_data\":\"" + url + "\"}}",
                "{\"type\":\"tool_result\",\"content\":[{\"type\":\"image_url\",\"image_url\":\"" + url + "\"}]}",
                "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"" + url + "\"}}");
    }

    @ParameterizedTest
    @MethodSource("hiddenAddresses")
    @DisplayName("no address gets past, however it is put into a chat")
    void addressesThatHide(String part) {
        RawClient.Answer answer =
                chat("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[" + part + "]}]}");

        assertThat(answer.status()).as(answer.body()).isEqualTo(400);
        assertThat(gateway.requests()).isEmpty();
        assertThat(renderer.requests()).isEmpty();
    }

    @Test
    @DisplayName("addresses are fetched for chats alone, and refused everywhere else")
    void addressesOnOtherRoutes() {
        String url = "http://" + images.hostPort() + "/a";

        assertThat(post(
                                "/v1/messages",
                                "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
                                        + "\"image\",\"source\":{\"type\":\"url\",\"url\":\"" + url + "\"}}]}]}")
                        .status())
                .isEqualTo(400);
        assertThat(post(
                                "/v1/responses",
                                "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\","
                                        + "\"image_url\":\"" + url + "\"}]}]}")
                        .status())
                .isEqualTo(400);
        assertThat(gateway.requests()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "302, x, 400, status 302",
        "404, x, 400, status 404",
        "500, x, 502, status 500",
        "200, <html>, 400, JPEG"
    })
    @DisplayName("an image that cannot be had ends the request; redirections are not followed")
    void unusableImages(int status, String body, int expected, String why) {
        images.always(Reply.json(status, body).header("location", "http://" + images.hostPort() + "/b"));

        RawClient.Answer answer = chat(withImages("http://" + images.hostPort() + "/a"));

        assertThat(answer.status()).isEqualTo(expected);
        assertThat(answer.body()).contains(why);
        assertThat(images.requests()).hasSize(1);
        assertThat(gateway.requests()).isEmpty();
    }

    @Test
    void imagesAreBoundInSizeTimeAndNumber() {
        String address = "http://" + images.hostPort() + "/a";
        images.script(Reply.json(200, GIF + "x".repeat(2_000)), Reply.none(Reply.Cut.STALL));

        assertThat(chat(withImages(address)).status()).isEqualTo(400);
        assertThat(chat(withImages(address)).status()).isEqualTo(502);
        assertThat(chat(withImages(address, address, address, address)).body()).contains("at most 3");
        assertThat(images.requests()).hasSize(2);
        assertThat(gateway.requests()).isEmpty();
    }

    @Test
    @DisplayName("a client that leaves ends what is under way")
    void clientLeaves() {
        gateway.answering(request -> request.header("epp-profile").orElse("").equals("prefill")
                ? Reply.none(Reply.Cut.STALL)
                : phase(request));
        try (RawClient client = RawClient.connect(coordinator.port())) {
            client.send(RawClient.post(CHAT, BODY, AUTH));
            await("prefill").until(() -> phases().contains("prefill"));
        }
        await("closed").until(() -> gateway.requests().get(1).isAborted());
        assertThat(phases()).containsExactly("decode?", "prefill");
    }

    @ParameterizedTest
    @CsvSource({
        "render, 400, 400",
        "render, 500, 502",
        "prefill, 422, 422",
        "prefill, 429, 429",
        "prefill, 503, 502",
        "encode, 413, 413",
        "encode, 500, 502"
    })
    @DisplayName("4xx of a phase goes on as a status, everything else is 502; no text of others is shown")
    void errorsOfPhases(String phase, int status, int expected) {
        Reply error = Reply.json(
                status, "{\"error\":{\"message\":\"secret\",\"type\":\"t\",\"param\":\"p\",\"code\":\"c\"}}");
        renderer.always(phase.equals("render") ? error : Reply.json(200, ONE_IMAGE));
        gateway.answering(request -> request.header("epp-profile").orElse("").equals(phase) ? error : phase(request));

        RawClient.Answer answer = chat(withImages(URI));

        assertThat(answer.status()).as(answer.body()).isEqualTo(expected);
        assertThat(answer.body()).contains("\"error\"").doesNotContain("secret");
        assertThat(answer.header("retry-after")).isEqualTo(expected == 429 ? "1" : null);
        assertThat(phases()).doesNotContain("decode");
    }

    @Test
    @DisplayName("F8: a decode endpoint that cannot use the blocks computes the prompt, once, without them")
    void unusableBlocks() {
        gateway.answering(request -> request.text().contains(HANDOFF.substring(1, 10))
                        && json(request)
                                .path("kv_transfer_params")
                                .path("do_remote_prefill")
                                .asBoolean()
                ? Reply.error(500, "kv load failed")
                : phase(request));

        RawClient.Answer answer = chat(BODY);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("x-llmd-disaggregation-fallback")).isEqualTo("decode-failed");
        assertThat(phases()).containsExactly("decode?", "prefill", "decode", "decode");
        assertThat(json(gateway.lastRequest()).has("kv_transfer_params")).isFalse();
        assertThat(json(gateway.lastRequest()).path("tokens").has("token_ids")).isTrue();
        assertThat(renderer.requests()).hasSize(1);
    }

    @Test
    @DisplayName("F4: an answer without a handoff leaves the prompt to the decode endpoint")
    void noHandoff() {
        gateway.answering(request -> request.header("epp-profile").orElse("").equals("prefill")
                ? Reply.json(200, "{\"choices\":[]}")
                : phase(request));

        assertThat(chat(BODY).header("x-llmd-disaggregation-fallback")).isEqualTo("handoff-missing");
        assertThat(json(gateway.lastRequest()).has("kv_transfer_params")).isFalse();
    }

    @Test
    @Tag("pd-T23")
    @DisplayName("T23: several choices are one leg")
    void severalChoices() {
        assertThat(chat(BODY.replace("{\"model\"", "{\"n\":2,\"model\"")).status())
                .isEqualTo(200);

        assertThat(phases()).containsExactly("decode");
    }

    @Test
    void completionsBecomeTokenIds() {
        renderer.always(Reply.json(200, "[" + TEXT_ONLY + "]"));

        post("/v1/completions", "{\"model\":\"m\",\"prompt\":\"once\",\"max_tokens\":9}");
        post("/v1/completions", "{\"model\":\"m\",\"prompt\":[4,5],\"max_tokens\":9}");

        assertThat(renderer.requests()).hasSize(1);
        assertThat(renderer.lastRequest().uri()).isEqualTo("/v1/completions/render");
        assertThat(gateway.requests()).hasSize(6);
        assertThat(json(gateway.requests().getFirst()).path("prompt").toString())
                .isEqualTo("[1,2,3]");
        assertThat(json(gateway.lastRequest()).path("prompt").toString()).isEqualTo("[4,5]");
    }

    private static RawClient.Answer post(String path, String body) {
        return coordinator.post(path, body, AUTH);
    }

    @Test
    void generateIsNotRenderedButChecked() {
        String body = "{\"model\":\"m\",\"token_ids\":[1,2,3],\"features\":{\"mm_hashes\":{\"image\":[\"h\"]},"
                + "\"mm_placeholders\":{\"image\":[{\"offset\":1,\"length\":%d}]}},\"sampling_params\":{\"max_tokens\":9}}";

        assertThat(post("/inference/v1/generate", body.formatted(3)).status()).isEqualTo(400);
        assertThat(post("/inference/v1/generate", body.formatted(2)).status()).isEqualTo(200);

        assertThat(renderer.requests()).isEmpty();
        assertThat(phases()).containsExactly("decode?", "prefill", "decode");
        JsonNode prefill = json(gateway.requests().get(1));
        assertThat(prefill.path("sampling_params").path("max_tokens").asInt()).isEqualTo(1);
        assertThat(prefill.path("sampling_params").path("extra_args").has("kv_transfer_params"))
                .isTrue();
    }

    @Test
    void aListOfOnePromptIsThatPrompt() {
        renderer.always(Reply.json(200, "[" + TEXT_ONLY + "]"));

        assertThat(post("/v1/completions", "{\"model\":\"m\",\"prompt\":[ \"once\" ],\"max_tokens\":9}")
                        .status())
                .isEqualTo(200);
        assertThat(post("/v1/completions", "{\"model\":\"m\",\"prompt\":[[4, 5]],\"max_tokens\":9}")
                        .status())
                .isEqualTo(200);

        assertThat(renderer.requests()).hasSize(1);
        assertThat(json(renderer.lastRequest()).path("prompt").asString()).isEqualTo("once");
        assertThat(phases()).containsExactly("decode?", "prefill", "decode", "decode?", "prefill", "decode");
        assertThat(json(gateway.requests().getFirst()).path("prompt").toString())
                .isEqualTo("[1,2,3]");
        assertThat(json(gateway.lastRequest()).path("prompt").toString()).isEqualTo("[4,5]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[\"a\",\"b\"]", "[[1],[2]]"})
    void batchedPromptsAreRefused(String prompts) {
        RawClient.Answer answer = post("/v1/completions", "{\"model\":\"m\",\"prompt\":" + prompts + "}");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(gateway.requests()).isEmpty();
    }

    @Test
    @Tag("pd-T44")
    @Tag("pd-T45")
    @DisplayName("T44, T45: 65 MB are 413 before any leg, what is no JSON is 400")
    void badBodies() {
        try (RawClient client = RawClient.connect(coordinator.port())) {
            client.send("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\n" + AUTH
                    + "\r\ncontent-type: application/json\r\ncontent-length: " + (65 << 20) + "\r\n\r\n{");
            assertThat(client.receive().status()).isEqualTo(413);
        }
        assertThat(chat("{\"model\":").status()).isEqualTo(400);
        assertThat(chat("[1]").status()).isEqualTo(400);
        assertThat(renderer.requests()).isEmpty();
    }

    @Test
    @DisplayName("ids of clients are letters, digits and dashes; others are replaced")
    void requestIds() {
        assertThat(chat(BODY, "x-request-id: Az-09").header("x-request-id")).isEqualTo("Az-09");
        assertThat(chat(BODY, "x-request-id: a.b").header("x-request-id")).matches("[0-9a-f-]{36}");
    }

    @Test
    void transferParametersOfClientsDoNotGoOn() {
        chat(BODY.replace(
                "{\"model\"", "{\"kv_transfer_params\":{\"remote_host\":\"6.6.6.6\"},\"tokens\":{},\"model\""));

        assertThat(gateway.requests()).noneMatch(request -> request.text().contains("6.6.6.6"));
    }

    @Test
    @DisplayName("a decode endpoint that is too late is 502, as everything that fails behind")
    void lateDecode() {
        gateway.answering(
                request -> request.header("epp-profile").orElse("").equals("decode") && !request.hasHeader("prefer")
                        ? Reply.none(Reply.Cut.STALL)
                        : phase(request));

        RawClient.Answer answer = chat(STREAM);

        assertThat(answer.status()).as(answer.body()).isEqualTo(502);
        assertThat(phases()).containsExactly("decode?", "prefill", "decode");
    }

    @Test
    @DisplayName("what was rendered takes of the memory that all requests share, and is refused where there is none")
    void renderedPromptsAreBoundTogether() {
        int more = (int) (Runtime.getRuntime().maxMemory() / 100) + 1;
        renderer.always(Reply.json(200, TEXT_ONLY.replace("\"features\":null", "\"x\":\"" + "a".repeat(more) + "\"")));

        RawClient.Answer answer = tokensIn.post(CHAT, BODY);

        assertThat(answer.status()).as(answer.body()).isEqualTo(429);
        assertThat(answer.body()).contains("server_overloaded");
        assertThat(gateway.requests()).isEmpty();
        renderer.always(Reply.json(200, TEXT_ONLY));
        assertThat(tokensIn.post(CHAT, BODY).body()).doesNotContain("server_overloaded");
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /v1/rerank",
        "POST, /v1/load_lora_adapter",
        "POST, /v1/models",
        "DELETE, /v1/models/m",
        "GET, /metrics",
        "POST, /reset_prefix_cache",
        "POST, /sleep?level=2",
        "GET, /v1/modelsx"
    })
    @DisplayName("what is no request of clients does not get to the gateway behind")
    void pathsOfOperators(String method, String path) {
        assertThat(request(method, path).status()).isEqualTo(401);
        assertThat(request(method, path, AUTH).status()).isEqualTo(404);

        assertThat(gateway.requests()).isEmpty();
    }

    @Test
    @DisplayName("the list of models is that of the gateway behind, which hears who asks and of no phase")
    void models() {
        assertThat(get("/v1/models/m", AUTH, "epp-profile: decode", "x-forwarded-for: 6.6.6.6")
                        .status())
                .isEqualTo(200);

        RecordedRequest passed = gateway.lastRequest();
        assertThat(passed.uri()).isEqualTo("/v1/models/m");
        assertThat(passed.hasHeader("epp-profile")).isFalse();
        assertThat(passed.header("x-forwarded-for")).contains("127.0.0.1");
    }

    @Test
    @DisplayName("probes are answered, other inference requests go to the gateway, keys count")
    void otherRequests() {
        assertThat(get("/healthz").status()).isEqualTo(200);
        assertThat(get("/readyz").status()).isEqualTo(200);
        assertThat(get("/v1/models", AUTH).body()).contains("sim-8b");
        assertThat(get("/v1/models").status()).isEqualTo(401);
        assertThat(coordinator.post(CHAT, BODY).status()).isEqualTo(401);
        assertThat(gateway.requests()).isEmpty();
        assertThat(post("/v1/embeddings", "{\"model\":\"m\",\"input\":\"x\"}").status())
                .isEqualTo(200);
        assertThat(gateway.lastRequest().uri()).isEqualTo("/v1/embeddings");
        assertThat(renderer.requests()).isEmpty();
    }

    private static RawClient.Answer get(String path, String... headers) {
        return request("GET", path, headers);
    }

    private static RawClient.Answer request(String method, String path, String... headers) {
        try (RawClient client = RawClient.connect(coordinator.port())) {
            return client.send(method + " " + path + " HTTP/1.1\r\nhost: x\r\n" + String.join("\r\n", headers)
                            + (headers.length == 0 ? "" : "\r\n") + "\r\n")
                    .receive();
        }
    }

    @Test
    @DisplayName("encode and prefill as token ids, and a room that the prefill endpoint tells of")
    void tokenIdsInAndARoom() {
        renderer.always(Reply.json(200, ONE_IMAGE));
        gateway.answering(request -> request.header("epp-profile").orElse("").equals("prefill")
                ? Reply.json(
                        200,
                        "{\"kv_transfer_params\":{\"bootstrap_host\":\"p\",\"bootstrap_port\":8998,"
                                + "\"bootstrap_room\":" + room(request) + "}}")
                : phase(request));

        assertThat(tokensIn.post(CHAT, withImages(URI)).status()).isEqualTo(200);

        assertThat(phases()).containsExactly("encode", "prefill", "decode");
        RecordedRequest encode = gateway.requests().getFirst();
        assertThat(encode.uri()).isEqualTo("/inference/v1/generate");
        assertThat(encode.text())
                .isEqualTo("{\"model\":\"m\",\"token_ids\":[7,9,9,9],\"features\":{\"mm_hashes\":{\"image\":[\"h1\"]},"
                        + "\"mm_placeholders\":{\"image\":[{\"offset\":1,\"length\":3}]},\"kwargs_data\":{\"image\":"
                        + "[\"VA==\"]}},\"stream\":false,\"sampling_params\":{\"max_tokens\":1}}");
        RecordedRequest prefill = gateway.requests().get(1);
        assertThat(prefill.uri()).isEqualTo("/inference/v1/generate");
        JsonNode body = json(prefill);
        assertThat(body.path("token_ids").toString()).isEqualTo("[7,8,9,9,9,10]");
        assertThat(body.path("features")
                        .path("kwargs_data")
                        .path("image")
                        .path(0)
                        .asString())
                .isEqualTo("VA==");
        assertThat(body.path("sampling_params").path("max_tokens").asInt()).isEqualTo(1);
        assertThat(body.path("sampling_params").has("min_tokens")).isFalse();
        assertThat(body.path("sampling_params").path("extra_args").has("ec_transfer_params"))
                .isTrue();
        assertThat(body.path("kv_transfer_params"))
                .isEqualTo(body.path("sampling_params").path("extra_args").path("kv_transfer_params"));
        assertThat(gateway.lastRequest().uri()).isEqualTo(CHAT);
        assertThat(json(gateway.lastRequest())
                        .path("kv_transfer_params")
                        .path("bootstrap_room")
                        .asLong())
                .isEqualTo(room(prefill))
                .isPositive();
        gateway.answering(CoordinatorIT::phase);
        assertThat(tokensIn.post(CHAT, withImages(URI)).status()).isEqualTo(502);
        renderer.always(Reply.json(200, "{\"token_ids\":[1,2,3,4,5,6,7,8,9]}"));
        assertThat(tokensIn.post(CHAT, BODY).body()).contains("context_length_exceeded");
        renderer.always(Reply.json(200, TEXT_ONLY));
        assertThat(tokensIn.post(CHAT, withImages(URI)).status()).isEqualTo(502);
    }

    private static long room(RecordedRequest request) {
        return json(request).path("kv_transfer_params").path("bootstrap_room").asLong();
    }
}
