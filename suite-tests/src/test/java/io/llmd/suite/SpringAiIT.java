package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.ai.openai.OpenAiEmbeddingOptions;
import org.springframework.ai.tool.function.FunctionToolCallback;

/** Spring AI against the suite, unmodified. */
class SpringAiIT {

    /** What the tool is asked. */
    record Place(String place) {}

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
    void oneAnswerAndAStreamHaveTheSameTextAndUsage() {
        OpenAiChatModel model = model(options(24).streamUsage(true).build());
        ChatResponse whole = model.call(new Prompt("Name three rivers."));
        List<ChatResponse> parts =
                model.stream(new Prompt("Name three rivers.")).collectList().block(Duration.ofSeconds(30));

        String text = parts.stream()
                .filter(part ->
                        part.getResult() != null && part.getResult().getOutput().getText() != null)
                .map(part -> part.getResult().getOutput().getText())
                .collect(Collectors.joining());
        assertThat(whole.getResult().getOutput().getText()).isNotEmpty();
        assertThat(text).isEqualTo(whole.getResult().getOutput().getText());
        assertThat(parts.getLast().getMetadata().getUsage().getCompletionTokens())
                .isEqualTo(whole.getMetadata().getUsage().getCompletionTokens())
                .isPositive();
    }

    @Test
    void aToolIsCalledAndItsResultAnswered() {
        ChatResponse first = model(withTool()).call(new Prompt("Weather in Bern?"));
        AssistantMessage.ToolCall call =
                first.getResult().getOutput().getToolCalls().getFirst();
        ChatResponse second = model(options(5).build())
                .call(new Prompt(List.of(
                        new UserMessage("Weather in Bern?"),
                        first.getResult().getOutput(),
                        ToolResponseMessage.builder()
                                .responses(
                                        List.of(new ToolResponseMessage.ToolResponse(call.id(), call.name(), "rain")))
                                .build())));

        assertThat(call.name()).isEqualTo("weather");
        assertThat(call.arguments()).contains("place");
        assertThat(second.getResult().getOutput().getText()).isNotEmpty();
    }

    @Test
    void toolCallsOfAStreamArePutTogether() {
        List<ChatResponse> parts = model(withTool()).stream(new Prompt("Weather in Bern?"))
                .collectList()
                .block(Duration.ofSeconds(30));

        assertThat(parts.stream()
                        .filter(part -> part.getResult() != null)
                        .flatMap(part -> part.getResult().getOutput().getToolCalls().stream()))
                .isNotEmpty()
                .allSatisfy(call -> {
                    assertThat(call.name()).isEqualTo("weather");
                    assertThat(call.arguments()).startsWith("{").endsWith("}");
                });
    }

    @Test
    void embeddingsAnswer() {
        OpenAiEmbeddingModel model = OpenAiEmbeddingModel.builder()
                .options(OpenAiEmbeddingOptions.builder()
                        .baseUrl(suite.baseUrl())
                        .apiKey(RunningSuite.KEY)
                        .model(RunningSuite.MODEL)
                        .build())
                .build();

        assertThat(model.embed(List.of("one", "two")))
                .hasSize(2)
                .allSatisfy(vector -> assertThat(vector).isNotEmpty());
    }

    @Test
    void errorsHaveTheirExceptions() {
        assertThatThrownBy(() -> model(options(4).apiKey("sk-wrong").build()).call(new Prompt("Hello")))
                .isInstanceOf(UnauthorizedException.class);
        assertThatThrownBy(() -> model(options(4).model("gpt-none").build()).call(new Prompt("Hello")))
                .isInstanceOf(NotFoundException.class);
    }

    private static OpenAiChatModel model(OpenAiChatOptions options) {
        return OpenAiChatModel.builder().options(options).build();
    }

    private static OpenAiChatOptions withTool() {
        return options(200)
                .toolCallbacks(FunctionToolCallback.builder("weather", (Place place) -> "rain")
                        .description("Weather of a place")
                        .inputType(Place.class)
                        .build())
                .toolChoice("required")
                .build();
    }

    private static OpenAiChatOptions.Builder options(int maxTokens) {
        return OpenAiChatOptions.builder()
                .baseUrl(suite.baseUrl())
                .apiKey(RunningSuite.KEY)
                .model(RunningSuite.MODEL)
                .maxTokens(maxTokens)
                .maxRetries(0);
    }
}
