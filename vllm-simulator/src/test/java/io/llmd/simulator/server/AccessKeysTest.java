package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessKeysTest {
    private final AccessKeys keys = new AccessKeys(List.of("secret", "second"));

    @ParameterizedTest
    @CsvSource({
        "POST, /v1/chat/completions, Bearer secret, true",
        "POST, /v1/chat/completions, bearer second, true",
        "POST, /v1/chat/completions, Bearer other, false",
        "POST, /v1/chat/completions, secret, false",
        "POST, /v1/chat/completions, , false",
        "OPTIONS, /v1/chat/completions, , true",
        "GET, /v1/nothing, , false",
        "POST, /v2/rerank, , false",
        "POST, /inference/v1/generate, , false",
        "POST, /cohere/chat, , false",
        "GET, /health, , true",
        "POST, /tokenize, , true",
        "POST, /invocations, , true"
    })
    void keyIsAskedForBelowSomePaths(String method, String path, String authorization, boolean allowed) {
        assertThat(keys.allows(method, path, authorization)).isEqualTo(allowed);
    }

    @Test
    void withoutKeysEverybodyIsLetIn() {
        assertThat(new AccessKeys(List.of()).allows("POST", "/v1/completions", null))
                .isTrue();
    }
}
