package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.config.SimulatorSettings;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ResponsesTest {
    private static final String PATH = "/v1/responses";

    private final AnsweredCall call =
            new AnsweredCall(SimulatorSettings.builder().build(), 0);

    @Test
    void responsesAreRemembered() {
        JsonNode made = Json.read(call.post(PATH, "{\"input\":\"Hi\",\"max_output_tokens\":3}"));
        assertThat(read(made.path("id").stringValue())).isEqualTo(made);
    }

    @Test
    void streamedResponsesAreRemembered() {
        String stream = call.post(PATH, "{\"input\":\"Hi\",\"stream\":true,\"max_output_tokens\":3}");
        String id = stream.replaceFirst("(?s).*?\"id\":\"(resp_[0-9a-f]{16})\".*", "$1");
        assertThat(read(id).path("status").stringValue()).isEqualTo("incomplete");
    }

    @Test
    void unwantedResponsesAreForgotten() {
        JsonNode made = Json.read(call.post(PATH, "{\"input\":\"Hi\",\"store\":false}"));
        assertThatExceptionOfType(ApiException.class)
                .isThrownBy(() -> read(made.path("id").stringValue()))
                .satisfies(e -> assertThat(e.status()).isEqualTo(404));
    }

    @Test
    void conversationGoesOn() {
        JsonNode first = Json.read(call.post(PATH, "{\"input\":\"Hi\",\"instructions\":\"Be brief.\"}"));
        String id = first.path("id").stringValue();
        JsonNode second = Json.read(call.post(
                PATH, "{\"input\":\"More\",\"previous_response_id\":\"" + id + "\",\"instructions\":\"Now\"}"));
        JsonNode alone = Json.read(call.post(PATH, "{\"input\":\"More\",\"instructions\":\"Now\"}"));
        int said = first.at("/usage/output_tokens").intValue();
        assertThat(second.at("/usage/input_tokens").intValue())
                .isGreaterThanOrEqualTo(alone.at("/usage/input_tokens").intValue() + said);
        assertThat(second.path("previous_response_id").stringValue()).isEqualTo(id);
    }

    @Test
    void backgroundWorkIsQueuedAndThenThere() {
        Reply.Background background = background("{\"input\":\"Hi\",\"background\":true,\"max_output_tokens\":500}");
        background.started().accept(() -> {});
        JsonNode queued = Json.read(call.text(background));
        assertThat(queued.path("status").stringValue()).isEqualTo("queued");
        String id = queued.path("id").stringValue();
        assertThat(read(id)).isEqualTo(queued);

        call.complete(background.work());
        assertThat(read(id).path("status").stringValue()).isEqualTo("completed");
        assertThat(read(id).path("output")).isNotEmpty();
    }

    @Test
    void backgroundWorkCanBeCancelled() {
        Reply.Background background = background("{\"input\":\"Hi\",\"background\":true}");
        AtomicInteger aborted = new AtomicInteger();
        background.started().accept(aborted::incrementAndGet);
        String id = Json.read(call.text(background)).path("id").stringValue();

        JsonNode cancelled = Json.read(call.text(call.reply("POST", PATH + "/" + id + "/cancel", "{}")));
        assertThat(cancelled.path("status").stringValue()).isEqualTo("cancelled");
        assertThat(aborted).hasValue(1);
        call.complete(background.work());
        assertThat(read(id).path("status").stringValue()).isEqualTo("cancelled");
    }

    @Test
    void onlyBackgroundWorkCanBeCancelled() {
        String id = Json.read(call.post(PATH, "{\"input\":\"Hi\"}")).path("id").stringValue();
        assertThatExceptionOfType(ApiException.class)
                .isThrownBy(() -> call.reply("POST", PATH + "/" + id + "/cancel", "{}"))
                .withMessage("Cannot cancel a synchronous response.");
    }

    @Test
    void toolsAreCalled() {
        JsonNode made = Json.read(call.post(
                PATH,
                "{\"input\":\"Hi\",\"tool_choice\":\"required\",\"tools\":[{\"type\":\"function\",\"name\":\"f\","
                        + "\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":{\"const\":1}},"
                        + "\"required\":[\"a\"]}}]}"));
        assertThat(made.at("/output/0/type").stringValue()).isEqualTo("function_call");
        assertThat(made.at("/output/0/arguments").stringValue()).isEqualTo("{\"a\": 1}");
    }

    private Reply.Background background(String body) {
        assertThat(call.reply("POST", PATH, body)).isInstanceOf(Reply.Background.class);
        return (Reply.Background) call.reply("POST", PATH, body);
    }

    private JsonNode read(String id) {
        return Json.read(call.text(call.reply("GET", PATH + "/" + id, "")));
    }
}
