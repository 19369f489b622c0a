package io.llmd.launcher.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkScanTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
                "{\"choices\": [{\"delta\": {\"content\": \" b\"}}]}",
                "{\"choices\":[{\"text\":\"c\"}]}",
                "{\"choices\":[{\"delta\":{\"content\":null,\"reasoning_content\":\"d\"}}]}",
                "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\"}}]}}]}"
            })
    void generatedTextIsSeen(String chunk) {
        byte[] bytes = chunk.getBytes(StandardCharsets.UTF_8);

        assertThat(ChunkScan.hasText(bytes, 0, bytes.length)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}",
                "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}",
                "{\"choices\":[],\"usage\":{\"prompt_tokens\":1}}",
                "{\"id\":\"\\\"content\\\":\\\"x\"}",
                "[DONE]",
                "",
                "{\"content\":"
            })
    void emptyOrAbsentTextIsNoToken(String chunk) {
        byte[] bytes = chunk.getBytes(StandardCharsets.UTF_8);

        assertThat(ChunkScan.hasText(bytes, 0, bytes.length)).isFalse();
    }

    @Test
    void usageAndErrorCountOnlyAsObjects() {
        assertThat(usage("{\"usage\":{\"a\":1}}")).isTrue();
        assertThat(usage("{\"usage\":null}")).isFalse();
        assertThat(error("{\"error\": {\"code\":\"x\"}}")).isTrue();
        assertThat(error("{\"choices\":[{\"delta\":{\"content\":\"\\\"error\\\": {\"}}]}"))
                .isFalse();
    }

    @Test
    void doneIsTheWholePayload() {
        byte[] bytes = "xx[DONE]".getBytes(StandardCharsets.UTF_8);

        assertThat(ChunkScan.isDone(bytes, 2, 8)).isTrue();
        assertThat(ChunkScan.isDone(bytes, 0, 8)).isFalse();
    }

    private static boolean usage(String chunk) {
        byte[] bytes = chunk.getBytes(StandardCharsets.UTF_8);
        return ChunkScan.hasUsage(bytes, 0, bytes.length);
    }

    private static boolean error(String chunk) {
        byte[] bytes = chunk.getBytes(StandardCharsets.UTF_8);
        return ChunkScan.hasError(bytes, 0, bytes.length);
    }
}
