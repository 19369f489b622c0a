package io.llmd.openai;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiRouteTest {

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "/v1/chat/completions, CHAT_COMPLETIONS",
        "/chat/completions, CHAT_COMPLETIONS",
        "/v1/chat/completions/, CHAT_COMPLETIONS",
        "/v1/completions, COMPLETIONS",
        "/completions/, COMPLETIONS",
        "/v1/embeddings, EMBEDDINGS",
        "/embeddings, EMBEDDINGS",
        "/v1/responses, RESPONSES",
        "/v1/messages, MESSAGES",
        "/inference/v1/generate, GENERATE",
        "/tokenize, TOKENIZE",
        "/v1/tokenize, TOKENIZE",
        "/detokenize, DETOKENIZE",
        "/v1/detokenize/, DETOKENIZE"
    })
    void routeIsFoundWithAndWithoutVersionAndSlash(String path, ApiRoute route) {
        assertThat(ApiRoute.match(path)).isEqualTo(route);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "",
                "/",
                "/v1",
                "/v1/",
                "//v1/chat/completions",
                "/v1//chat/completions",
                "/v1/chat/completions//",
                "/v1/v1/chat/completions",
                "/v1/../v1/chat/completions",
                "/v1/./chat/completions",
                "/v1/%2e%2e/chat/completions",
                "/v1/chat%2fcompletions",
                "/v1/chat/completions;jsessionid=1",
                "/V1/chat/completions",
                "/v1/Chat/completions",
                "v1/chat/completions",
                "/v1/chat/completionsx",
                "/v1/chat",
                "/v2/chat/completions",
                "http://other/v1/chat/completions",
                "/actuator/env"
            })
    void otherSpellingsAreNoRoute(String path) {
        assertThat(ApiRoute.match(path)).isNull();
    }
}
