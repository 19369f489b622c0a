package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.config.VersionPreset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessKeysTest {
    private static final VersionPreset NEW = VersionPreset.of("0.32.0");

    private final AccessKeys keys = new AccessKeys(List.of("secret", "second"), NEW);

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
        assertThat(new AccessKeys(List.of(), NEW).allows("POST", "/v1/completions", null))
                .isTrue();
    }

    @Test
    void olderReleasesGuardLess() {
        AccessKeys older = new AccessKeys(List.of("secret"), VersionPreset.of("0.21.0"));
        assertThat(older.allows("POST", "/v1/completions", null)).isFalse();
        assertThat(older.allows("POST", "/inference/v1/generate", null)).isTrue();
    }
}
