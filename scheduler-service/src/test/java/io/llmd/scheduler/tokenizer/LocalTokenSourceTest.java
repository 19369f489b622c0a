package io.llmd.scheduler.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.scheduling.Prompt;
import io.llmd.scheduler.scheduling.RequestBody;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class LocalTokenSourceTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private static final TokenFixture HEARD = new TokenFixture();
    private static LocalTokenSource source;

    @BeforeAll
    static void load() {
        source = source(Recordings.MODEL, null, HEARD);
        source.start();
    }

    @AfterAll
    static void close() {
        source.close();
    }

    /** Tokens are those of a real vLLM with the same files, twice: made, and put together of kept pieces. */
    @TestFactory
    List<DynamicTest> promptsHaveTheTokensThatVllmGaveThem() {
        List<DynamicTest> tests = new ArrayList<>();
        List<String> unsupported = new ArrayList<>();
        for (Recordings.Exchange exchange : Recordings.of(
                "core-chats.json",
                "core-completions.json",
                "core-tools.json",
                "forced-tools.json",
                "core-other-apis.json")) {
            String path = exchange.path().replace("/render", "");
            boolean isAnswered = exchange.status() == 200 && !exchange.request().contains("\"stream\": true");
            if (isAnswered && path.matches("/v1/(chat/)?completions")) {
                RequestBody body = TokenFixture.bodyIfAny(path, exchange.request());
                if (body != null && !body.isExact() && source.takes(body)) {
                    tests.add(DynamicTest.dynamicTest(exchange.name(), () -> {
                        for (int i = 0; i < 2; i++) {
                            List<Prompt> prompts = tokens(body, exchange.request());
                            if (prompts.isEmpty()) {
                                unsupported.add(exchange.name());
                            } else {
                                compare(prompts, exchange.json());
                            }
                        }
                    }));
                }
            }
        }
        assertThat(tests).hasSizeGreaterThan(60);
        tests.add(DynamicTest.dynamicTest(
                "only prompts that the engine cuts are left out",
                () -> assertThat(unsupported).containsOnly("truncate_prompt_tokens")));
        return tests;
    }

    private static void compare(List<Prompt> prompts, JsonNode answer) {
        if (answer.isArray()) {
            for (int i = 0; i < answer.size(); i++) {
                assertThat(prompts.get(i).tokenIds())
                        .containsExactly(Recordings.ints(answer.get(i).path("token_ids")));
            }
        } else if (answer.has("token_ids")) {
            assertThat(prompts.getFirst().tokenIds()).containsExactly(Recordings.ints(answer.path("token_ids")));
        } else if (answer.path("prompt_token_ids").isArray()) {
            assertThat(prompts.getFirst().tokenIds()).containsExactly(Recordings.ints(answer.path("prompt_token_ids")));
        } else {
            int all = prompts.stream().mapToInt(Prompt::tokens).sum();
            assertThat(all).isEqualTo(answer.path("usage").path("prompt_tokens").asInt());
        }
    }

    @Test
    void ofAConversationThatGoesOnOnlyWhatIsNewIsTokenized() {
        TokenFixture heard = new TokenFixture();
        LocalTokenSource fresh = source(Recordings.MODEL, null, heard);
        fresh.start();
        try {
            chat(
                    fresh,
                    "{\"role\": \"system\", \"content\": \"Be kind.\"}, {\"role\": \"user\", \"content\": \"Hello\"}");
            heard.events.clear();
            chat(
                    fresh,
                    "{\"role\": \"system\", \"content\": \"Be kind.\"}, {\"role\": \"user\", \"content\": \"Hello\"},"
                            + " {\"role\": \"assistant\", \"content\": \"Yes?\"}, {\"role\": \"user\", \"content\": \"Bye\"}");
            assertThat(heard.events).singleElement().asString().isEqualTo("PIECES 8/10");
        } finally {
            fresh.close();
        }
    }

    private static void chat(LocalTokenSource fresh, String messages) {
        String json = "{\"model\": \"m\", \"messages\": [" + messages + "]}";
        assertThat(fresh.tokenize(TokenFixture.body("/v1/chat/completions", json), TokenFixture.utf8(json))
                        .toCompletableFuture())
                .succeedsWithin(TIMEOUT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"chat_template\": \"x\"",
                "\"chat_template_kwargs\": {\"chat_template\": \"x\"}",
                "\"continue_final_message\": true",
                "\"truncate_prompt_tokens\": 3",
                "\"add_generation_prompt\": \"no\"",
                "\"tools\": [7]"
            })
    void chatsWhoseTokensWouldNotBeExactGetNone(String field) {
        String json = "{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}], " + field + "}";
        assertThat(tokens(TokenFixture.body("/v1/chat/completions", json), json))
                .isEmpty();
    }

    @Test
    void mediaAndOtherApisAreNotTaken() {
        String image = "{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\","
                + " \"image_url\": {\"url\": \"http://x/cat.png\"}}]}]}";
        assertThat(source.takes(TokenFixture.body("/v1/chat/completions", image)))
                .isFalse();
        assertThat(source.takes(TokenFixture.body("/v1/responses", "{\"model\": \"m\", \"input\": \"hi\"}")))
                .isFalse();
        assertThat(source.takes(TokenFixture.completion("hi"))).isTrue();
    }

    @Test
    void missingFilesAreNamed(@TempDir Path folder) {
        assertThatThrownBy(() -> source(folder, null, HEARD))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tokenizer: " + folder + " (expected: a tokenizer.json, or a folder that has one)");
        assertThatThrownBy(() -> source(Recordings.MODEL, folder.resolve("none.jinja"), HEARD))
                .hasMessageContaining("chatTemplate: ")
                .hasMessageContaining("cannot be read");
    }

    @Test
    void aTemplateOfOnesOwnIsUsedAndOneThatTellsTheTimeIsNotKept(@TempDir Path folder) throws IOException {
        Path template =
                Files.writeString(folder.resolve("t.jinja"), "{{ strftime_now('%Y') }} {{ messages[0].content }}");
        LocalTokenSource dated = source(Recordings.MODEL, template, HEARD);
        dated.start();
        String json = "{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"you\"}]}";
        RequestBody body = TokenFixture.body("/v1/chat/completions", json);
        assertThat(dated.isStable(body)).isFalse();
        assertThat(source.isStable(body)).isTrue();
        int[] chat = dated.tokenize(body, TokenFixture.utf8(json))
                .toCompletableFuture()
                .join()
                .getFirst()
                .tokenIds();
        String text = "{\"model\": \"m\", \"prompt\": \"2026 you\", \"add_special_tokens\": false}";
        assertThat(chat)
                .containsExactly(tokens(TokenFixture.body("/v1/completions", text), text)
                        .getFirst()
                        .tokenIds());
        dated.close();
    }

    @Test
    void brokenTemplatesAndTokenizersFail(@TempDir Path folder) throws IOException {
        Path template = Files.writeString(folder.resolve("t.jinja"), "{% for %}");
        assertThatThrownBy(() -> source(Recordings.MODEL, template, HEARD)).hasMessageStartingWith("chat template: ");
        Files.writeString(folder.resolve("tokenizer.json"), "{}");
        LocalTokenSource broken = source(folder, null, HEARD);
        broken.start();
        assertThat(broken.tokenize(TokenFixture.completion("hi"), TokenFixture.utf8(TokenFixture.completionJson("hi")))
                        .toCompletableFuture())
                .failsWithin(TIMEOUT)
                .withThrowableThat()
                .withMessageContaining("cannot be read");
        broken.close();
    }

    @Test
    void aClosedTokenizerFailsInsteadOfUsingWhatIsGone() {
        LocalTokenSource closed = source(Recordings.MODEL, null, HEARD);
        closed.start();
        String json = TokenFixture.completionJson("hi");
        assertThat(closed.tokenize(TokenFixture.completion("hi"), TokenFixture.utf8(json))
                        .toCompletableFuture())
                .succeedsWithin(TIMEOUT);
        closed.close();
        assertThat(closed.tokenize(TokenFixture.completion("hi"), TokenFixture.utf8(json))
                        .toCompletableFuture())
                .failsWithin(TIMEOUT)
                .withThrowableThat()
                .withMessageContaining("is closed");
    }

    private static LocalTokenSource source(Path model, @Nullable Path template, TokenFixture listener) {
        return new LocalTokenSource(
                "tokens", model, template, 1 << 20, listener, () -> LocalDateTime.of(2026, 1, 2, 3, 4));
    }

    private static List<Prompt> tokens(RequestBody body, String json) {
        return source.tokenize(body, TokenFixture.utf8(json))
                .toCompletableFuture()
                .orTimeout(TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                .join();
    }
}
