package io.llmd.scheduler.parser;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.ClientBody;
import io.llmd.scheduler.scheduling.MediaFeature;
import io.llmd.scheduler.scheduling.RequestBody;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExactPromptsTest {

    private static final String FEATURES = """
            {"features": {"mm_hashes": {"image": ["cat", "dog"], "audio": ["song"]},
              "mm_placeholders": {"image": [{"offset": 6, "length": 2}, {"offset": 0, "length": 3}],
                "audio": [{"length": 1, "offset": 4, "is_embed": null}]}, "kwargs_data": {"image": [null]}},
             "token_ids": [1, 1, 1, 2, 3, 9, 1, 1], "model": "m"}""";

    @Test
    void tokenIdsOfTheClientAreExact() {
        RequestBody one = parse("/v1/completions", "{\"model\": \"m\", \"prompt\": [300, 301]}");
        assertThat(one.isExact()).isTrue();
        assertThat(one.prompts().getFirst().tokenIds()).containsExactly(300, 301);
        RequestBody two = parse("/v1/completions", "{\"model\": \"m\", \"prompt\": [[1], [2, 3]]}");
        assertThat(two.isExact()).isTrue();
        assertThat(two.prompts().getLast().tokenIds()).containsExactly(2, 3);
        assertThat(parse("/inference/v1/generate", "{\"model\": \"m\", \"token_ids\": [7]}")
                        .isExact())
                .isTrue();
    }

    @Test
    void textIsAnEstimate() {
        assertThat(parse("/v1/completions", "{\"model\": \"m\", \"prompt\": \"text\"}")
                        .isExact())
                .isFalse();
        assertThat(parse("/v1/completions", "{\"model\": \"m\", \"prompt\": [\"text\", \"more\"]}")
                        .isExact())
                .isFalse();
        assertThat(parse(
                                "/v1/chat/completions",
                                "{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}")
                        .isExact())
                .isFalse();
    }

    @Test
    void theMediaAmongTokenIdsComeByTheirPlace() {
        RequestBody body = parse("/inference/v1/generate", FEATURES);
        assertThat(body.isExact()).isTrue();
        assertThat(body.prompts().getFirst().media())
                .containsExactly(
                        new MediaFeature("dog", 0, 3), new MediaFeature("song", 4, 1), new MediaFeature("cat", 6, 2));
        assertThat(body.mediaHashes()).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"mm_hashes\": {\"image\": [\"cat\"]}}",
                "{\"mm_hashes\": {\"image\": [\"cat\"]}, \"mm_placeholders\": {\"image\": []}}",
                "{\"mm_hashes\": {\"image\": [\"cat\"]}, \"mm_placeholders\": {\"image\": [{\"offset\": 0, \"length\": 9}]}}",
                "{\"mm_hashes\": {\"image\": [\"cat\"]}, \"mm_placeholders\": {\"image\": [{\"offset\": 0}]}}",
                "{\"mm_hashes\": {\"image\": [7]}, \"mm_placeholders\": {\"image\": [{\"offset\": 0, \"length\": 1}]}}",
                "{\"mm_hashes\": 7, \"mm_placeholders\": {}}"
            })
    void tokenIdsWithMediaOfUnclearPlacesAreNotExact(String features) {
        RequestBody body = parse(
                "/inference/v1/generate",
                "{\"model\": \"m\", \"token_ids\": [1, 2, 3, 4], \"features\": " + features + "}");
        assertThat(body.promptTokens()).isEqualTo(4);
        assertThat(body.isExact()).isFalse();
    }

    @Test
    void bodiesCanBeReadAgainWhereAPluginWantsTo() {
        assertThat(parse("/v1/completions", "{\"model\": \"m\", \"prompt\": \"text\"}")
                        .source())
                .isNull();
        String json = "{\"model\": \"m\", \"prompt\": \"text\"}";
        RequestParsers keeping = new RequestParsers(List.of(new OpenAiParser()), MediaEstimate.DEFAULT, true);
        ClientBody source =
                Objects.requireNonNull(parse(keeping, "/v1/completions", json).source());
        assertThat(source.path()).isEqualTo("/v1/completions");
        assertThat(new String(source.copy(), StandardCharsets.UTF_8)).isEqualTo(json);
    }

    private static RequestBody parse(String path, String json) {
        return parse(RequestParsers.standard(), path, json);
    }

    private static RequestBody parse(RequestParsers parsers, String path, String json) {
        ParseOutcome outcome = parsers.parse(path, Map.of(), ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8)));
        return ((ParseOutcome.Parsed) outcome).body();
    }
}
