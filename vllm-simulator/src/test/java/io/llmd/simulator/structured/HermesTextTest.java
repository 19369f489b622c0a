package io.llmd.simulator.structured;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.output.Script;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HermesTextTest {

    @Test
    void callsThatAreWrittenAreFoundAgain() {
        HermesText text = new HermesText();
        text.add("x", "first", Json.read("{\"a\":{\"b\":\"}\"}}"));
        text.add("y", "second", Json.read("{}"));

        List<Script.Part> read = HermesText.read(text.text(), new Draws(1));
        assertThat(read)
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("id")
                .isEqualTo(text.parts());
        assertThat(read)
                .allSatisfy(part -> assertThat(((Script.Call) part).id()).matches("chatcmpl-tool-[0-9a-f]{16}"));
    }

    @Test
    void textBeforeCallsIsContent() {
        String text = "So: <tool_call>{\"name\":\"f\",\"arguments\":{\"a\": 1}}</tool_call> done";
        List<Script.Part> parts = HermesText.read(text, new Draws(1));
        assertThat(parts).hasSize(2);
        assertThat(parts.get(0)).isEqualTo(new Script.Content(0, 4));
        Script.Call call = (Script.Call) parts.get(1);
        assertThat(call.name()).isEqualTo("f");
        assertThat(text.substring(call.start(), call.end())).isEqualTo("{\"a\": 1}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "no calls",
                "<tool_call>",
                "<tool_call></tool_call>",
                "<tool_call>\n{\"name\": \"f\", \"arg",
                "<tool_call>{\"name\":\"f\"}</tool_call>",
                "<tool_call>{\"name\":\"f\",\"arguments\":</tool_call>",
                "<tool_call>}</tool_call>"
            })
    void whatIsNoCallIsLeftAsItIs(String text) {
        assertThat(HermesText.read(text, new Draws(1))).isEmpty();
    }
}
