package io.llmd.scheduler.parser;

import static io.llmd.scheduler.parser.ParserFixture.malformed;
import static io.llmd.scheduler.parser.ParserFixture.parsed;
import static io.llmd.scheduler.parser.ParserFixture.tokens;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenParsersTest {

    private final VllmHttpParser vllm = new VllmHttpParser();
    private final SglangHttpParser sglang = new SglangHttpParser();

    @Test
    void vllmsTokensAreExactAndItsLimitIsAmongTheSamplingParameters() {
        RequestBody body = parsed(vllm, "inference/v1/generate", """
                {"sampling_params":{"temperature":0,"max_tokens":9},"token_ids":[1,70000,4294967295],"model":"m",
                 "cache_salt":"s","stream":true,"features":{"mm_hashes":{"image":["h1","h2","h1"]},
                 "mm_placeholders":{"image":[{"offset":0,"length":2}]}}}""");
        assertThat(body.api()).isEqualTo(Api.GENERATE);
        assertThat(tokens(body)).containsExactly(1, 70000, -1);
        assertThat(body.maxOutputTokens()).isEqualTo(9);
        assertThat(body.cacheSalt()).isEqualTo("s");
        assertThat(body.stream()).isTrue();
        assertThat(body.mediaHashes()).hasSize(2);
    }

    @Test
    void sglangNamesNoModel() {
        RequestBody body = parsed(
                sglang,
                "generate",
                "{\"input_ids\":[5,6],\"extra_key\":\"s\",\"sampling_params\":{\"max_new_tokens\":3,\"max_tokens\":8}}");
        assertThat(body.model()).isEmpty();
        assertThat(tokens(body)).containsExactly(5, 6);
        assertThat(body.cacheSalt()).isEqualTo("s");
        assertThat(body.maxOutputTokens()).isEqualTo(3);
        assertThat(body.stream()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"input_ids\":[]}",
                "{\"input_ids\":null}",
                "{\"input_ids\":\"text\"}",
                "{\"input_ids\":[[1,2],[3]]}",
                "{\"input_ids\":[-1]}",
                "{\"input_ids\":[1],\"extra_key\":7}"
            })
    void whatHasNoListOfTokensIsRefused(String body) {
        assertThat(malformed(sglang, "generate", body)).contains("(expected: ");
    }

    @Test
    void vllmsRequestsNeedAModel() {
        assertThat(malformed(vllm, "inference/v1/generate", "{\"token_ids\":[1]}"))
                .isEqualTo("model: missing (expected: the name of a model)");
    }
}
