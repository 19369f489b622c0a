package io.llmd.scheduler.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.plugin.PluginTimer;
import io.llmd.scheduler.scheduling.MediaFeature;
import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.testsupport.FakeModelServer;
import io.llmd.testsupport.RecordedRequest;
import io.llmd.testsupport.Reply;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** Against a server with the answers that a real vLLM gave. */
class EngineTokenSourceIT {

    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final String CHAT = "/v1/chat/completions";
    private static final String MISSING = "{\"detail\":\"Not Found\"}";
    private static final String CHAT_JSON =
            "{\"model\": \"adapter\", \"messages\": [{\"role\": \"user\", \"content\": \"Hello, how are you?\"}]}";
    private static final int[] CHAT_IDS = {1, 87, 620, 201, 887, 14, 763, 456, 322, 33, 2, 201, 1, 539, 433, 730, 201};

    private final FakeModelServer server = FakeModelServer.start();
    private final Map<String, Reply> replies = new ConcurrentHashMap<>();
    private final AtomicLong nanos = new AtomicLong();
    private final List<Runnable> later = new ArrayList<>();
    private final PluginTimer timer = (delay, task) -> {
        synchronized (later) {
            later.add(task);
        }
    };
    private final EngineTokenSource source = new EngineTokenSource(
            new EngineSettings(
                    URI.create("http://" + server.hostPort()), "tiny", Duration.ofSeconds(5), Duration.ofSeconds(30)),
            timer,
            nanos::get);

    EngineTokenSourceIT() {
        reply("/v1/completions/render", "render completions");
        reply(CHAT + "/render", "render chat");
        server.answering(request -> replies.getOrDefault(request.uri(), Reply.json(404, MISSING)));
    }

    @AfterEach
    void stop() {
        source.close();
        server.close();
    }

    @Test
    void aChatHasTheTokensThatTheEngineRendersForTheBaseModel() {
        start();
        assertThat(tokens(CHAT, CHAT_JSON)).singleElement().satisfies(prompt -> {
            assertThat(prompt.isExact()).isTrue();
            assertThat(prompt.tokenIds()).containsExactly(CHAT_IDS);
        });
        RecordedRequest request = asked(CHAT + "/render").getFirst();
        assertThat(request.text())
                .isEqualTo(
                        "{\"return_mm_kwargs\":false," + CHAT_JSON.substring(1).replace("adapter", "tiny"));
        assertThat(request.header("content-type")).contains("application/json");
    }

    @Test
    void eachTextOfACompletionIsAPrompt() {
        start();
        reply("/v1/completions/render", "render completions, two prompts");
        assertThat(tokens("/v1/completions", "{\"model\": \"m\", \"prompt\": [\"Hello\", \"you\"]}"))
                .extracting(Prompt::tokens)
                .containsExactly(2, 2);
    }

    @Test
    void messagesAndResponsesAreRenderedToo() {
        start();
        reply("/v1/messages/render", "render messages");
        reply("/v1/responses/render", "render responses");
        assertThat(tokens("/v1/messages", CHAT_JSON).getFirst().tokenIds()).containsExactly(CHAT_IDS);
        assertThat(tokens("/v1/responses", "{\"model\": \"m\", \"input\": \"Hello\"}"))
                .singleElement()
                .extracting(Prompt::tokens)
                .isEqualTo(13);
        assertThat(source.takes(TokenFixture.body("/v1/embeddings", "{\"model\": \"m\", \"input\": \"Hello\"}")))
                .isFalse();
    }

    @Test
    void mediaComeWithTheirPlaces() {
        start();
        replies.put(
                CHAT + "/render",
                Reply.json(
                        200,
                        "{\"token_ids\": [1, 9, 9, 2], \"features\": {\"mm_hashes\": {\"image\": [\"cat\"]},"
                                + " \"mm_placeholders\": {\"image\": [{\"offset\": 1, \"length\": 2}]}}}"));
        assertThat(tokens(CHAT, image()))
                .singleElement()
                .extracting(Prompt::media)
                .isEqualTo(List.of(new MediaFeature("cat", 1, 2)));
    }

    @Test
    void whereRenderIsMissingTokenizeStandsIn() {
        replies.clear();
        reply("/tokenize", "tokenize messages");
        start();
        assertThat(tokens(CHAT, CHAT_JSON).getFirst().tokenIds()).containsExactly(CHAT_IDS);
        reply("/tokenize", "tokenize prompt");
        assertThat(tokens("/v1/completions", "{\"model\": \"m\", \"prompt\": [\"Once upon a time\", \"again\"]}"))
                .hasSize(2)
                .allSatisfy(prompt -> assertThat(prompt.tokenIds()).containsExactly(0, 534, 832, 262, 672));
        assertThat(new JsonMapper()
                        .readTree(asked("/tokenize").getLast().text())
                        .toString())
                .isEqualTo("{\"model\":\"tiny\",\"prompt\":\"again\",\"add_special_tokens\":true}");
        int asked = asked(CHAT + "/render").size();
        assertThat(asked).isLessThanOrEqualTo(1);

        reply(CHAT + "/render", "render chat");
        nanos.addAndGet(Duration.ofMinutes(2).toNanos());
        tokens(CHAT, CHAT_JSON);
        assertThat(asked(CHAT + "/render")).hasSize(asked + 1);
    }

    @Test
    void whatTokenizeCannotSayExactlyIsNotAsked() {
        replies.clear();
        reply("/tokenize", "tokenize messages");
        start();
        assertThat(tokens(CHAT, image())).isEmpty();
        assertThat(tokens(CHAT, CHAT_JSON.replace("{\"model\"", "{\"reasoning_effort\": \"high\", \"model\"")))
                .isEmpty();
        assertThat(tokens(CHAT, CHAT_JSON.replace("{\"model\"", "{\"truncate_prompt_tokens\": 4, \"model\"")))
                .isEmpty();
        assertThat(tokens("/v1/messages", CHAT_JSON)).isEmpty();
        assertThat(asked("/tokenize")).isEmpty();
    }

    @Test
    void aRequestThatTheEngineRefusesGetsNoTokens() {
        start();
        reply(CHAT + "/render", "render chat, messages empty");
        assertThat(tokens(CHAT, CHAT_JSON)).isEmpty();
    }

    @Test
    void aModelThatTheEngineDoesNotServeIsAFailureAndNoMissingRoute() {
        start();
        reply(CHAT + "/render", "render chat, unknown model");
        fails("/v1/chat/completions/render answered 404");
        assertThat(asked("/tokenize")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 429, 500, 503})
    void otherAnswersAreFailures(int status) {
        start();
        replies.put(CHAT + "/render", Reply.json(status, "{}"));
        fails("answered " + status);
    }

    @Test
    void answersWithoutTokensAndBrokenConnectionsAreFailures() {
        start();
        replies.put(CHAT + "/render", Reply.json(200, "{\"token_ids\": [1, 2"));
        fails("the engine's answer has no tokens");
        replies.put(CHAT + "/render", Reply.none(Reply.Cut.RESET));
        fails("");
    }

    @Test
    void anAnswerThatIsTooLargeIsAFailure() {
        start();
        replies.put(CHAT + "/render", Reply.json(200, "{\"token_ids\": [1" + ", 1".repeat(3 << 20) + "]}"));
        fails("");
    }

    @Test
    void sixteenCallsRunAtOnceAndTheOthersWait() {
        start();
        replies.put(CHAT + "/render", Reply.none(Reply.Cut.STALL));
        List<CompletableFuture<List<Prompt>>> calls = new ArrayList<>();
        for (int i = 0; i < 16 + 256; i++) {
            calls.add(call(CHAT, CHAT_JSON));
        }
        Awaitility.await("16 calls arrive").until(() -> asked(CHAT + "/render").size() == 16);
        // The warm-up may have had a place when the first calls came: then one of them was refused, and there is room
        // for another.
        calls.removeIf(CompletableFuture::isCompletedExceptionally);
        CompletableFuture<List<Prompt>> refused = Awaitility.await("a call too many")
                .until(() -> call(CHAT, CHAT_JSON), CompletableFuture::isCompletedExceptionally);
        assertThat(refused)
                .failsWithin(TIMEOUT)
                .withThrowableThat()
                .withMessageContaining("256 calls wait for the engine already");
        assertThat(calls).hasSizeBetween(15 + 256, 16 + 256);
        reply(CHAT + "/render", "render chat");
        server.dropConnections();
        for (CompletableFuture<List<Prompt>> call : calls.subList(16, calls.size())) {
            assertThat(call).succeedsWithin(TIMEOUT);
        }
        assertThat(calls.subList(0, 16)).allSatisfy(call -> assertThat(call).isCompletedExceptionally());
    }

    @Test
    void theEngineIsAskedUntilItAnswersForTheFirstTime() {
        replies.put("/v1/completions/render", Reply.json(503, "{}"));
        source.start();
        runLater();
        awaitPlan();
        reply("/v1/completions/render", "render completions");
        runLater();
        Awaitility.await("three tries")
                .until(() -> asked("/v1/completions/render").size() == 3);
        assertThat(tokens(CHAT, CHAT_JSON)).hasSize(1);
        synchronized (later) {
            assertThat(later).isEmpty();
        }
    }

    private void awaitPlan() {
        Awaitility.await("another try is planned").until(() -> {
            synchronized (later) {
                return !later.isEmpty();
            }
        });
    }

    private void runLater() {
        awaitPlan();
        Runnable task;
        synchronized (later) {
            task = later.removeFirst();
        }
        task.run();
    }

    @Test
    void afterTheEndNobodyIsAsked() {
        start();
        source.close();
        fails("the tokenizer is not in use");
    }

    private void start() {
        source.start();
        Awaitility.await("the warm-up is over")
                .until(() -> server.requests().stream().anyMatch(RecordedRequest::isAnswered));
        server.reset();
        server.answering(request -> replies.getOrDefault(request.uri(), Reply.json(404, MISSING)));
    }

    private void reply(String path, String recording) {
        Recordings.Exchange exchange = Recordings.named(recording);
        replies.put(path, Reply.json(exchange.status(), exchange.answer()));
    }

    private List<RecordedRequest> asked(String path) {
        return server.requests().stream()
                .filter(request -> request.uri().equals(path))
                .toList();
    }

    private static String image() {
        return "{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\","
                + " \"image_url\": {\"url\": \"http://x/cat.png\"}}]}]}";
    }

    private void fails(String message) {
        assertThat(call(CHAT, CHAT_JSON))
                .failsWithin(TIMEOUT)
                .withThrowableThat()
                .withMessageContaining(message);
    }

    private List<Prompt> tokens(String path, String json) {
        CompletableFuture<List<Prompt>> call = call(path, json);
        assertThat(call).succeedsWithin(TIMEOUT);
        return call.join();
    }

    private CompletableFuture<List<Prompt>> call(String path, String json) {
        RequestBody body = TokenFixture.body(path, json);
        return source.tokenize(body, TokenFixture.utf8(json)).toCompletableFuture();
    }
}
