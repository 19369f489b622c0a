package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The official Java SDK against the suite, unmodified. */
class OpenAiJavaSdkIT {

    private static RunningSuite suite;
    private static OpenAIClient client;

    @BeforeAll
    static void start() {
        suite = RunningSuite.start(
                2, settings -> settings.option("time-to-first-token", "20ms").option("inter-token-latency", "1ms"));
        client = OpenAIOkHttpClient.builder()
                .baseUrl(suite.baseUrl())
                .apiKey(RunningSuite.KEY)
                .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        suite.close();
    }

    @Test
    void chatGivesOneAnswerWithUsage() {
        ChatCompletion answer = client.chat().completions().create(chat("Name three rivers.", 12));

        assertThat(answer.choices()).hasSize(1);
        assertThat(answer.choices().getFirst().message().content().orElse("")).isNotEmpty();
        assertThat(answer.usage().orElseThrow().completionTokens()).isBetween(1L, 12L);
        assertThat(answer.usage().orElseThrow().promptTokens()).isPositive();
    }

    @Test
    void streamCarriesTheTextOfTheWholeAnswer() {
        ChatCompletion whole = client.chat().completions().create(chat("Tell me about rain.", 24));

        List<ChatCompletionChunk> chunks = new ArrayList<>();
        try (StreamResponse<ChatCompletionChunk> stream = client.chat()
                .completions()
                .createStreaming(chat("Tell me about rain.", 24).toBuilder()
                        .streamOptions(ChatCompletionStreamOptions.builder()
                                .includeUsage(true)
                                .build())
                        .build())) {
            stream.stream().forEach(chunks::add);
        }

        String text = chunks.stream()
                .flatMap(chunk -> chunk.choices().stream())
                .map(choice -> choice.delta().content().orElse(""))
                .collect(Collectors.joining());
        assertThat(text)
                .isEqualTo(whole.choices().getFirst().message().content().orElseThrow());
        assertThat(chunks.getLast().choices()).isEmpty();
        assertThat(chunks.getLast().usage().orElseThrow().completionTokens())
                .isEqualTo(whole.usage().orElseThrow().completionTokens());
    }

    @Test
    void completionsAnswer() {
        Completion answer = client.completions()
                .create(CompletionCreateParams.builder()
                        .model(RunningSuite.MODEL)
                        .prompt("Once upon a time")
                        .maxTokens(8)
                        .build());

        assertThat(answer.choices().getFirst().text()).isNotEmpty();
    }

    @Test
    void embeddingsAnswer() {
        CreateEmbeddingResponse answer = client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model(RunningSuite.MODEL)
                        .inputOfArrayOfStrings(List.of("one", "two"))
                        .build());

        assertThat(answer.data()).hasSize(2);
        assertThat(answer.data().getFirst().embedding()).isNotEmpty();
    }

    @Test
    void responsesAnswer() {
        Response answer = client.responses()
                .create(ResponseCreateParams.builder()
                        .model(RunningSuite.MODEL)
                        .input("What is a lake?")
                        .maxOutputTokens(16)
                        .build());

        assertThat(answer.output()).isNotEmpty();
        assertThat(answer.output().getFirst().message().orElseThrow().content()).isNotEmpty();
    }

    @Test
    void modelsAreListedAndFound() {
        assertThat(client.models().list().data()).extracting(Model::id).containsExactly(RunningSuite.MODEL);
        assertThat(client.models().retrieve(RunningSuite.MODEL).id()).isEqualTo(RunningSuite.MODEL);
    }

    @Test
    void unknownModelIsNotFound() {
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(chat("Hello", 4).toBuilder().model("gpt-none").build()))
                .isInstanceOfSatisfying(
                        NotFoundException.class, e -> assertThat(e.code()).contains("model_not_found"));
    }

    @Test
    void badValueIsABadRequestThatNamesTheField() {
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(chat("Hello", 4).toBuilder().temperature(3.0).build()))
                .isInstanceOfSatisfying(
                        BadRequestException.class, e -> assertThat(e.param()).contains("temperature"));
    }

    @Test
    void wrongKeyIsUnauthorized() {
        OpenAIClient stranger = OpenAIOkHttpClient.builder()
                .baseUrl(suite.baseUrl())
                .apiKey("sk-wrong")
                .build();
        try {
            assertThatThrownBy(() -> stranger.chat().completions().create(chat("Hello", 4)))
                    .isInstanceOf(UnauthorizedException.class);
        } finally {
            stranger.close();
        }
    }

    private static ChatCompletionCreateParams chat(String text, long maxTokens) {
        return ChatCompletionCreateParams.builder()
                .model(RunningSuite.MODEL)
                .addUserMessage(text)
                .maxCompletionTokens(maxTokens)
                .build();
    }
}
