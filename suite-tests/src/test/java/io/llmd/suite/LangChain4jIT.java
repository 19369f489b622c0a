package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** LangChain4j against the suite, unmodified. */
class LangChain4jIT {

    private static final ToolSpecification WEATHER = ToolSpecification.builder()
            .name("weather")
            .description("Weather of a place")
            .parameters(JsonObjectSchema.builder()
                    .addStringProperty("place")
                    .required("place")
                    .build())
            .build();

    private static RunningSuite suite;

    @BeforeAll
    static void start() {
        suite = RunningSuite.start(
                2, settings -> settings.option("time-to-first-token", "20ms").option("inter-token-latency", "1ms"));
    }

    @AfterAll
    static void stop() {
        suite.close();
    }

    @Test
    void oneAnswerAndAStreamHaveTheSameTextAndUsage() throws Exception {
        ChatResponse whole =
                chat(RunningSuite.KEY, RunningSuite.MODEL, 24).chat(UserMessage.from("Name three rivers."));
        Streamed streamed = new Streamed();
        streaming(24).chat("Name three rivers.", streamed);
        ChatResponse last = streamed.end.get(30, TimeUnit.SECONDS);

        assertThat(whole.aiMessage().text()).isNotEmpty();
        assertThat(streamed.text.toString()).isEqualTo(whole.aiMessage().text());
        assertThat(last.tokenUsage().outputTokenCount())
                .isEqualTo(whole.tokenUsage().outputTokenCount())
                .isPositive();
    }

    @Test
    void aToolIsCalledAndItsResultAnswered() {
        ChatResponse first = chat(RunningSuite.KEY, RunningSuite.MODEL, 200).chat(askForTool());
        ToolExecutionRequest call = first.aiMessage().toolExecutionRequests().getFirst();
        ChatResponse second = chat(RunningSuite.KEY, RunningSuite.MODEL, 5)
                .chat(
                        UserMessage.from("Weather in Bern?"),
                        first.aiMessage(),
                        ToolExecutionResultMessage.from(call, "rain"));

        assertThat(call.name()).isEqualTo("weather");
        assertThat(call.arguments()).contains("place");
        assertThat(second.aiMessage().text()).isNotEmpty();
    }

    @Test
    void toolCallsOfAStreamArePutTogether() throws Exception {
        Streamed streamed = new Streamed();
        streaming(200).chat(askForTool(), streamed);

        List<ToolExecutionRequest> calls =
                streamed.end.get(30, TimeUnit.SECONDS).aiMessage().toolExecutionRequests();
        assertThat(calls).isNotEmpty().allSatisfy(call -> {
            assertThat(call.name()).isEqualTo("weather");
            assertThat(call.arguments()).startsWith("{").endsWith("}");
        });
    }

    @Test
    void embeddingsAnswer() {
        OpenAiEmbeddingModel model = OpenAiEmbeddingModel.builder()
                .baseUrl(suite.baseUrl())
                .apiKey(RunningSuite.KEY)
                .modelName(RunningSuite.MODEL)
                .build();

        assertThat(model.embedAll(List.of(TextSegment.from("one"), TextSegment.from("two")))
                        .content())
                .hasSize(2)
                .allSatisfy(embedding -> assertThat(embedding.vector()).isNotEmpty());
    }

    @Test
    void errorsHaveTheirExceptions() {
        assertThatThrownBy(() -> chat("sk-wrong", RunningSuite.MODEL, 4).chat("Hello"))
                .isInstanceOf(AuthenticationException.class);
        assertThatThrownBy(() -> chat(RunningSuite.KEY, "gpt-none", 4).chat("Hello"))
                .isInstanceOf(ModelNotFoundException.class);
    }

    private static ChatRequest askForTool() {
        return ChatRequest.builder()
                .messages(UserMessage.from("Weather in Bern?"))
                .toolSpecifications(WEATHER)
                .toolChoice(ToolChoice.REQUIRED)
                .build();
    }

    private static OpenAiChatModel chat(String key, String model, int maxTokens) {
        return OpenAiChatModel.builder()
                .baseUrl(suite.baseUrl())
                .apiKey(key)
                .modelName(model)
                .maxTokens(maxTokens)
                .maxRetries(0)
                .build();
    }

    private static OpenAiStreamingChatModel streaming(int maxTokens) {
        return OpenAiStreamingChatModel.builder()
                .baseUrl(suite.baseUrl())
                .apiKey(RunningSuite.KEY)
                .modelName(RunningSuite.MODEL)
                .maxTokens(maxTokens)
                .build();
    }

    /** Keeps what a stream brings. */
    private static final class Streamed implements StreamingChatResponseHandler {
        private final StringBuffer text = new StringBuffer();
        private final CompletableFuture<ChatResponse> end = new CompletableFuture<>();

        @Override
        public void onPartialResponse(String part) {
            text.append(part);
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            end.complete(response);
        }

        @Override
        public void onError(Throwable error) {
            end.completeExceptionally(error);
        }
    }
}
