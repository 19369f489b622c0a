package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Decode legs carry the token ids of the prefill leg. The endpoints have different tokenizers, so that the ids of an answer tell who
 * made them. vLLM takes them from 0.27 on; earlier versions make their own.
 */
@ParameterizedClass
@ValueSource(strings = {"0.14.0", "0.32.0"})
class TokenReuseIT {

    private static final int PREFILL = 0;
    private static final int DECODE = 1;
    private static final String TOKENIZER = "../vllm-simulator/src/test/resources/golden/real-vllm/model";
    /** More tokens to the prefill endpoint than to the other one, so that its blocks are enough for both. */
    private static final String WORDS = "zqxj vkwp bghf dtcm ".repeat(50);

    private static final String IMAGE =
            "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}},"
                    + "{\"type\":\"text\",\"text\":\"what is it?\"}]";
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static RunningSuite suite;

    private final boolean takesIds;

    TokenReuseIT(String version) {
        takesIds = version.equals("0.32.0");
    }

    @BeforeParameterizedClassInvocation
    static void start(String version) {
        suite = RunningSuite.startPhases(
                List.of("prefill", "decode"),
                (role, settings) -> {
                    var common = settings.option("emulate-version", version)
                            .option("prefill-overhead", "5ms")
                            .option("inter-token-latency", "2ms")
                            .option("kv-connector", "nixl")
                            .option("kv-handshake-time", "20ms")
                            .option("nixl-side-channel-host", "127.0.0.1")
                            .option("nixl-side-channel-port", "0");
                    return role.equals("prefill") ? common.option("tokenizer", TOKENIZER) : common;
                },
                RunningSuite.SPLIT_ALWAYS,
                Map.of("gateway.disaggregation.reuse-tokens", "true"));
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        suite.close();
    }

    private static String body(String content, String more) {
        return "{\"model\":\"sim-8b\",\"max_tokens\":3,\"ignore_eos\":true" + more
                + ",\"messages\":[{\"role\":\"user\",\"content\":" + content + "}]}";
    }

    /** The token ids that an endpoint makes of a chat. */
    private static JsonNode ids(int endpoint, String content) {
        JsonNode answer = JSON.readTree(suite.askEndpoint(endpoint, body(content, ",\"return_token_ids\":true"))
                .body());
        assertThat(answer.path("prompt_token_ids")).isNotEmpty();
        return answer.path("prompt_token_ids");
    }

    private static JsonNode split(String body) {
        RunningSuite.Answer answer = suite.chat(body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(answer.fallback()).isEmpty();
        return answer.json();
    }

    @Test
    @Tag("pd-T51")
    @DisplayName("T51: the prompt of a chat is that of the prefill endpoint, token for token")
    void idsOfThePrefillEndpoint() {
        String content = "\"told " + WORDS + "\"";
        JsonNode there = ids(PREFILL, content);
        JsonNode here = ids(DECODE, content);
        assertThat(there).isNotEqualTo(here);

        JsonNode answer = split(body(content, ",\"return_token_ids\":true"));

        assertThat(answer.path("prompt_token_ids")).isEqualTo(takesIds ? there : here);
    }

    @Test
    @Tag("pd-T51")
    @DisplayName("T51: the prefill endpoint is asked for token ids although the client is not")
    void clientThatWantsNoIds() {
        String content = "\"asked " + WORDS + "\"";
        double fetched = suite.endpointMeter(DECODE, "vllm:external_prefix_cache_hits_total");

        JsonNode answer = split(body(content, ""));

        assertThat(answer.path("prompt_token_ids").isArray()).isFalse();
        assertThat(answer.at("/usage/prompt_tokens").asInt())
                .isEqualTo(ids(takesIds ? PREFILL : DECODE, content).size())
                .isNotEqualTo(ids(takesIds ? DECODE : PREFILL, content).size());
        assertThat(suite.endpointMeter(DECODE, "vllm:external_prefix_cache_hits_total") - fetched)
                .isGreaterThan(100);
    }

    @Test
    @Tag("pd-T51")
    @DisplayName("T51: a prompt with an image is made into tokens at both endpoints")
    void promptWithMedia() {
        JsonNode here = ids(DECODE, IMAGE);
        assertThat(ids(PREFILL, IMAGE)).isNotEqualTo(here);

        JsonNode answer = split(body(IMAGE, ",\"return_token_ids\":true"));

        assertThat(answer.path("prompt_token_ids")).isEqualTo(here);
    }
}
