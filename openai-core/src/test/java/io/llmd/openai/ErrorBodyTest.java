package io.llmd.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.contracts.error.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ErrorBodyTest {

    static Stream<Arguments> goldenFiles() {
        ApiError overloaded = new ApiError(ErrorCode.SERVER_OVERLOADED, "no capacity is left");
        ApiError incomplete = new ApiError(ErrorCode.UPSTREAM_INCOMPLETE, "the endpoint broke off");
        ApiError field = new ApiError(
                ErrorCode.INVALID_VALUE, "messages[2].content: 3 (expected: a string)", "messages[2].content");
        return Stream.of(
                Arguments.of("error-without-param.json", ErrorBody.toJson(overloaded)),
                Arguments.of("error-with-param.json", ErrorBody.toJson(field)),
                Arguments.of(
                        "error-model-not-found.json", ErrorBody.toJson(ApiError.modelNotFound("a \"b\"\n\u0007é😀"))),
                Arguments.of("error-event-chat.txt", ErrorBody.toEvent(incomplete, ApiRoute.CHAT_COMPLETIONS)),
                Arguments.of("error-event-completions.txt", ErrorBody.toEvent(incomplete, ApiRoute.COMPLETIONS)),
                Arguments.of("error-event-responses.txt", ErrorBody.toEvent(field, ApiRoute.RESPONSES)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("goldenFiles")
    void errorsAreWrittenAsInTheGoldenFile(String file, byte[] written) throws IOException {
        try (var golden = ErrorBodyTest.class.getResourceAsStream("/golden/" + file)) {
            assertThat(golden).as("golden file %s", file).isNotNull();
            assertThat(new String(written, StandardCharsets.UTF_8))
                    .isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void noMoreThan64CharactersOfInputAreRepeated() {
        String message = ApiError.modelNotFound("m".repeat(200)).message();

        assertThat(message).isEqualTo("the model `" + "m".repeat(61) + "...` does not exist");
        assertThat(ApiError.echo("x".repeat(60) + "😀".repeat(9))).isEqualTo("x".repeat(60) + "...");
    }

    @Test
    void eventStaysOnOneLineWhateverTheMessage() {
        ApiError error = new ApiError(ErrorCode.INTERNAL_ERROR, "a\n\ndata: [DONE]\r\n\u0085\u2028\u2029\ud800");
        String event = new String(ErrorBody.toEvent(error, ApiRoute.CHAT_COMPLETIONS), StandardCharsets.UTF_8);

        assertThat(event.strip().lines()).hasSize(1);
        assertThat(event)
                .contains("\"a\\n\\ndata: [DONE]\\r\\n\\u0085\\u2028\\u2029\\ud800\"")
                .endsWith("}}\n\n");
    }

    @Test
    void ourEventIsReadAsAnError() {
        byte[] event =
                ErrorBody.toEvent(new ApiError(ErrorCode.SHUTTING_DOWN, "going down"), ApiRoute.CHAT_COMPLETIONS);
        StreamScanner scanner = new StreamScanner(ApiRoute.CHAT_COMPLETIONS);
        scanner.scan(event, 0, event.length);

        assertThat(scanner.hasErrorEvent()).isTrue();
        assertThat(scanner.isComplete()).isFalse();
    }
}
