package io.llmd.gateway.disagg;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.openai.JsonMembers;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RenderedPromptTest {

    private static @Nullable RenderedPrompt readAny(String json) {
        return RenderedPrompt.of(Objects.requireNonNull(JsonMembers.read(utf8(json))));
    }

    private static RenderedPrompt read(String json) {
        return Objects.requireNonNull(readAny(json));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] json) {
        return new String(json, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "[1];1",
                "[ 1 , 22, 333 ];3",
                "[];0",
                "[ ];0",
                "[1,];-1",
                "[,1];-1",
                "[1 2];-1",
                "[1.5];-1",
                "[-1];-1",
                "[\"a\"];-1",
                "[[1]];-1",
                "7;-1"
            })
    void idsAreCounted(String json, int count) {
        assertThat(RenderedPrompt.count(utf8(json))).isEqualTo(count);
    }

    @Test
    void mediaComeByKindWithTheirPlaces() {
        RenderedPrompt prompt = read("""
                {"token_ids":[ 5, 6,6,7,8],"features":{"mm_hashes":{"image":["a","b"],"audio":["c"]},"mm_placeholders":\
                {"image":[{"offset":1,"length":2},{"length":1,"offset":4}],"audio":[{"offset":3,"length":1}]},\
                "kwargs_data":{"image":["VA==",null]}}}""");

        assertThat(prompt.tokens()).isEqualTo(5);
        assertThat(prompt.placeholders()).isEqualTo(4);
        assertThat(prompt.items("image")).extracting(RenderedPrompt.Item::hash).containsExactly("a", "b");
        assertThat(text(prompt.asTokens()))
                .isEqualTo("{\"token_ids\":[ 5, 6,6,7,8],\"features\":{\"mm_hashes\":{\"image\":[\"a\",\"b\"],"
                        + "\"audio\":[\"c\"]},\"mm_placeholders\":{\"image\":[{\"offset\":1,\"length\":2},"
                        + "{\"offset\":4,\"length\":1}],\"audio\":[{\"offset\":3,\"length\":1}]}}}");
        assertThat(text(prompt.tokensOf(prompt.items("image").get(1))))
                .isEqualTo("{\"token_ids\":[5,8],\"features\":{\"mm_hashes\":{\"image\":[\"b\"]},"
                        + "\"mm_placeholders\":{\"image\":[{\"offset\":1,\"length\":1}]}}}");
        assertThat(text(prompt.requestOf(prompt.items("image").getFirst(), utf8("\"m\""))))
                .contains("\"token_ids\":[5,6,6]", "\"kwargs_data\":{\"image\":[\"VA==\"]}", "\"max_tokens\":1");
        assertThat(text(prompt.requestOf(prompt.items("audio").getFirst(), utf8("\"m\""))))
                .contains("\"token_ids\":[5,7]", "\"kwargs_data\":{\"audio\":[null]}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"token_ids\":[]}",
                "{\"token_ids\":\"1\"}",
                "{\"token_ids\":[1],\"features\":{\"mm_hashes\":{\"image\":[\"a\"]}}}",
                "{\"token_ids\":[1],\"features\":{\"mm_hashes\":{\"image\":[\"a\"]},\"mm_placeholders\":{}}}",
                "{\"token_ids\":[1],\"features\":{\"mm_hashes\":{\"image\":[\"a\"]},\"mm_placeholders\":{\"image\":"
                        + "[{\"offset\":0,\"length\":2}]}}}",
                "{\"token_ids\":[1],\"features\":{\"mm_hashes\":{\"image\":[\"a\"]},\"mm_placeholders\":{\"image\":"
                        + "[{\"offset\":-1,\"length\":1}]}}}",
                "{\"token_ids\":[1],\"features\":{\"mm_hashes\":{\"image\":[7]},\"mm_placeholders\":{\"image\":"
                        + "[{\"offset\":0,\"length\":1}]}}}",
                "{\"token_ids\":[1],\"features\":{\"mm_hashes\":{\"image\":[\"a\"]},\"mm_placeholders\":{\"image\":"
                        + "[{\"offset\":0,\"length\":1}]},\"kwargs_data\":{\"image\":[]}}}"
            })
    void nonsenseIsNone(String json) {
        assertThat(readAny(json)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"token_ids\":[1],\"features\":null}", "{\"token_ids\":[1],\"features\":{}}"})
    void textHasNoMedia(String json) {
        assertThat(read(json).items()).isEmpty();
        assertThat(text(read(json).asTokens())).isEqualTo("{\"token_ids\":[1]}");
    }

    @Test
    void imagesAreToldByTheirFirstBytes() {
        assertThat(ImageType.of(new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff, 0}))
                .isEqualTo("image/jpeg");
        assertThat(ImageType.of(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10}))
                .isEqualTo("image/png");
        assertThat(ImageType.of(utf8("GIF87a..."))).isEqualTo("image/gif");
        assertThat(ImageType.of(utf8("RIFF....WEBPVP8 "))).isEqualTo("image/webp");
        assertThat(ImageType.of(utf8("RIFF....WAVE"))).isNull();
        assertThat(ImageType.of(utf8("<svg>"))).isNull();
        assertThat(ImageType.of(new byte[0])).isNull();
    }
}
