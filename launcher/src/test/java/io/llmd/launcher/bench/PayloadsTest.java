package io.llmd.launcher.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class PayloadsTest {

    private final JsonMapper mapper = JsonMapper.builder().build();

    @Test
    void requestsHaveTheAgreedSizeAndDifferByText() {
        byte[] first = Payloads.chatBody(1, true);
        JsonNode body = mapper.readTree(first);
        assertThat(first).hasSize(2048);
        assertThat(body.get("stream").booleanValue()).isTrue();
        assertThat(body.get("messages").size()).isEqualTo(2);
        assertThat(Payloads.chatBody(2, true)).isNotEqualTo(first);
    }

    @Test
    void answersAndEventsHaveTheAgreedSizeAndAreJson() {
        byte[] event = Payloads.event(true);
        String text = new String(event, StandardCharsets.US_ASCII);
        assertThat(Payloads.answer()).hasSize(1024);
        assertThat(event).hasSize(225);
        assertThat(mapper.readTree(Payloads.answer()).at("/usage/total_tokens").intValue())
                .isEqualTo(550);
        assertThat(text).startsWith("data: ").endsWith("\n\n");
        assertThat(mapper.readTree(text.substring(6))
                        .at("/choices/0/finish_reason")
                        .stringValue())
                .isEqualTo("stop");
    }
}
