package io.llmd.scheduler.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.scheduling.MediaFeature;
import io.llmd.scheduler.scheduling.Prompt;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class RenderWireTest {

    @Test
    void theModelIsReplacedAndAllElseStays() {
        assertThat(forModel("{ \"messages\": [{\"model\": \"x\"}], \"model\" : \"ad\\u0061pter\" , \"n\": 1.50e0}"))
                .isEqualTo(
                        "{\"return_mm_kwargs\":false, \"messages\": [{\"model\": \"x\"}], \"model\" : \"base\" , \"n\":"
                                + " 1.50e0}");
        assertThat(forModel("{\"model\":\"m\",\"prompt\":\"é\\ud83d\\ude00 😀\",\"model\":\"n\"}"))
                .isEqualTo(
                        "{\"return_mm_kwargs\":false,\"model\":\"base\",\"prompt\":\"é\\ud83d\\ude00 😀\",\"model\":\"base\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "{}", "{\"model\": 7}"})
    void aBodyWithoutModelIsRefused(String body) {
        assertThatThrownBy(() -> forModel(body)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void recordedAnswersHaveTheirTokens() {
        Recordings.Exchange chat = Recordings.named("render chat");
        assertThat(RenderWire.rendered(TokenFixture.utf8(chat.answer())))
                .singleElement()
                .satisfies(prompt -> assertThat(prompt.tokenIds())
                        .containsExactly(1, 87, 620, 201, 887, 14, 763, 456, 322, 33, 2, 201, 1, 539, 433, 730, 201));
        assertThat(RenderWire.rendered(TokenFixture.utf8(
                        Recordings.named("render completions, two prompts").answer())))
                .extracting(Prompt::tokens)
                .containsExactly(2, 2);
        assertThat(RenderWire.tokenized(TokenFixture.utf8(
                                Recordings.named("tokenize prompt").answer()))
                        .tokenIds())
                .containsExactly(0, 534, 832, 262, 672);
    }

    @Test
    void mediaComeWithTheTokens() {
        Prompt prompt = RenderWire.rendered(TokenFixture.utf8("""
                        {"token_ids": [1, 9, 9, 9, 2], "features": {"mm_hashes": {"image": ["cat"]},
                         "mm_placeholders": {"image": [{"offset": 1, "length": 3}]}, "kwargs_data": null}}""")).getFirst();
        assertThat(prompt.media()).containsExactly(new MediaFeature("cat", 1, 3));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "7",
                "{}",
                "{\"token_ids\": null}",
                "{\"token_ids\": [1, \"2\"]}",
                "{\"token_ids\": [-1]}",
                "{\"token_ids\": [4294967296]}",
                "{\"token_ids\": [1",
                "[{\"token_ids\": [1]}, 7]",
                "{\"token_ids\": [1], \"features\": {\"mm_hashes\": {\"image\": [\"cat\"]}, \"mm_placeholders\": {}}}",
                "{\"token_ids\": [1], \"features\": {\"mm_hashes\": {\"image\": [\"cat\"]}, \"mm_placeholders\": {\"image\":"
                        + " [{\"offset\": 1, \"length\": 1}]}}}"
            })
    void answersOfAnotherShapeAreRefused(String answer) {
        assertThatThrownBy(() -> RenderWire.rendered(TokenFixture.utf8(answer)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("expected: token ids");
    }

    @Test
    void aTextIsAskedForWithTheModelAndItsSpecialTokens() {
        JsonNode request = new JsonMapper().readTree(RenderWire.tokenizeText("base", "a \"text\"", false));
        assertThat(request.path("model").asString()).isEqualTo("base");
        assertThat(request.path("prompt").asString()).isEqualTo("a \"text\"");
        assertThat(request.path("add_special_tokens").asBoolean(true)).isFalse();
    }

    private static String forModel(String body) {
        return new String(RenderWire.forModel(TokenFixture.utf8(body), "base"), StandardCharsets.UTF_8);
    }
}
