package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.AnswerSettingsBuilder;
import io.llmd.simulator.config.OutputMode;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.token.Tokenizer;
import io.llmd.simulator.token.WordTokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class ChatAnswerTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String TOOLS = "\"tools\":["
            + "{\"type\":\"function\",\"function\":{\"name\":\"first\",\"parameters\":{\"type\":\"object\","
            + "\"properties\":{\"n\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":9}},\"required\":[\"n\"]}}},"
            + "{\"type\":\"function\",\"function\":{\"name\":\"second\"}}]";

    private final AnsweredCall call =
            new AnsweredCall(SimulatorSettings.builder().build(), 0);
    private final Tokenizer tokenizer = new WordTokenizer();

    private static AnsweredCall call(Consumer<AnswerSettingsBuilder> answers) {
        return new AnsweredCall(SimulatorSettings.builder().answers(answers).build(), 0);
    }

    @ParameterizedTest
    @CsvSource({"auto, 0", "none, 0", "required, 1"})
    void toolsAreCalledAsOftenAsTheChoiceSays(String choice, int least) {
        List<Integer> counts = new ArrayList<>();
        for (int seed = 0; seed < 100; seed++) {
            JsonNode message = message(
                    call.post(CHAT, chat("Hi", TOOLS + ",\"tool_choice\":\"" + choice + "\",\"seed\":" + seed)));
            counts.add(message.path("tool_calls").size());
        }
        assertThat(counts).allMatch(count -> count >= least && count <= 2);
        if (choice.equals("none")) {
            assertThat(counts).containsOnly(0);
        } else {
            assertThat(counts).contains(1, 2);
        }
    }

    @Test
    void onlyTheNamedToolIsCalled() {
        String choice = ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"first\"}}";
        JsonNode calls = message(call.post(CHAT, chat("Hi", TOOLS + choice))).path("tool_calls");
        assertThat(calls).hasSize(1);
        assertThat(calls.get(0).at("/function/name").stringValue()).isEqualTo("first");
        assertThat(calls.get(0).at("/function/arguments").stringValue()).matches("\\{\"n\": [1-9]}");
    }

    @Test
    void parallelCallsCanBeSwitchedOff() {
        for (int seed = 0; seed < 40; seed++) {
            String body =
                    chat("Hi", TOOLS + ",\"tool_choice\":\"required\",\"parallel_tool_calls\":false,\"seed\":" + seed);
            assertThat(message(call.post(CHAT, body)).path("tool_calls")).hasSize(1);
        }
    }

    @Test
    void callThatTheLimitCutsIsText() {
        JsonNode answer =
                Json.read(call.post(CHAT, chat("Hi", TOOLS + ",\"tool_choice\":\"required\",\"max_tokens\":8")));
        assertThat(answer.at("/choices/0/finish_reason").stringValue()).isEqualTo("length");
        assertThat(answer.at("/choices/0/message/content").stringValue()).startsWith("<tool_call>\n");
        assertThat(answer.at("/choices/0/message/tool_calls").isMissingNode()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"max_tokens\":20",
                "\"tool_choice\":\"required\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]",
                "\"response_format\":{\"type\":\"json_object\"}",
                "\"max_tokens\":30,\"stop\":[\" the\",\" a\",\"e\"]",
                "\"structured_outputs\":{\"choice\":[\"Oh <tool_call>{\\\"name\\\":\\\"f\\\",\\\"arguments\\\":{}}"
                        + "</tool_call>\"]},\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]"
            })
    void streamSaysWhatTheWholeAnswerSays(String fields) {
        for (int interval : new int[] {1, 3, 50}) {
            JsonNode whole = Json.read(call.post(CHAT, chat("Hi", fields)));
            String stream = call.post(CHAT, chat("Hi", fields + ",\"stream\":true,\"stream_interval\":" + interval));
            StringBuilder content = new StringBuilder();
            StringBuilder arguments = new StringBuilder();
            StringBuilder reasons = new StringBuilder();
            for (JsonNode event : events(stream)) {
                content.append(event.at("/choices/0/delta/content").asString(""));
                arguments.append(event.at("/choices/0/delta/tool_calls/0/function/arguments")
                        .asString(""));
                reasons.append(event.at("/choices/0/finish_reason").asString(""));
            }
            JsonNode choice = whole.at("/choices/0");
            assertThat(content.toString())
                    .isEqualTo(choice.at("/message/content").asString(""));
            assertThat(arguments.toString())
                    .isEqualTo(choice.at("/message/tool_calls/0/function/arguments")
                            .asString(""));
            assertThat(reasons.toString()).isEqualTo(choice.at("/finish_reason").asString(""));
        }
    }

    @Test
    void tokensAreThoseOfTheText() {
        ObjectNode choice = (ObjectNode) Json.read(call.post(
                        CHAT,
                        chat("Hi", "\"return_token_ids\":true,\"structured_outputs\":{\"regex\":\"[a-c]{5}[0-9]+\"}")))
                .at("/choices/0");
        int[] tokens = new int[choice.path("token_ids").size()];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = choice.path("token_ids").get(i).intValue();
        }
        String text = choice.at("/message/content").stringValue();
        assertThat(text).matches("[a-c]{5}[0-9]+");
        assertThat(tokenizer.decode(tokens)).isEqualTo(text + "<|im_end|>");
        assertThat(choice.path("finish_reason").stringValue()).isEqualTo("stop");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"json":{"type":"integer","minimum":5,"maximum":5}}     | 5
            {"json":"{\\"const\\": true}"}                              | true
            {"choice":["yes"]}                                          | yes
            {"json_object":true}                                        | \\{"answer": "[a-z]+"}
            """)
    void constrainedOutputsFollowTheirConstraint(String outputs, String expected) {
        String body = chat("Hi", "\"structured_outputs\":" + outputs);
        assertThat(message(call.post(CHAT, body)).path("content").stringValue()).matches(expected);
        String prompt = "{\"prompt\":\"Hi\",\"structured_outputs\":" + outputs + "}";
        assertThat(Json.read(call.post("/v1/completions", prompt))
                        .at("/choices/0/text")
                        .stringValue())
                .matches(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"structured_outputs\":{\"grammar\":\"root ::= x\"}",
                "\"structured_outputs\":{\"structural_tag\":\"{}\"}",
                "\"structured_outputs\":{\"json\":{\"type\":\"colour\"}}",
                "\"structured_outputs\":{\"regex\":\"(\"}"
            })
    void constraintsThatCannotBeFollowedAreRefused(String fields) {
        String body = chat("Hi", fields);
        assertThatExceptionOfType(ApiException.class)
                .isThrownBy(() -> call.post(CHAT, body))
                .satisfies(e -> assertThat(e.status()).isEqualTo(400));
    }

    @Test
    void echoModeSaysTheLastMessage() {
        AnsweredCall echo = call(answers -> answers.mode(OutputMode.ECHO));
        JsonNode answer = Json.read(echo.post(CHAT, chat("Say this again", "\"max_tokens\":50")));
        assertThat(answer.at("/choices/0/message/content").stringValue()).isEqualTo("Say this again");
        assertThat(answer.at("/choices/0/finish_reason").stringValue()).isEqualTo("stop");
        JsonNode cut = Json.read(echo.post(CHAT, chat("Say this again", "\"max_tokens\":2")));
        assertThat(cut.at("/choices/0/message/content").stringValue()).isEqualTo("Say this");
        assertThat(cut.at("/choices/0/finish_reason").stringValue()).isEqualTo("length");
        assertThat(Json.read(echo.post("/v1/completions", "{\"prompt\":\"And this\"}"))
                        .at("/choices/0/text")
                        .stringValue())
                .isEqualTo("And this");
    }

    @Test
    void reasoningIsLeftOutOnRequest() {
        AnsweredCall thinking = call(answers -> answers.reasoning(true));
        assertThat(message(thinking.post(CHAT, chat("Hi", "\"max_tokens\":40")))
                        .path("reasoning")
                        .stringValue())
                .isNotEmpty();
        assertThat(message(thinking.post(CHAT, chat("Hi", "\"max_tokens\":40,\"reasoning_effort\":\"none\"")))
                        .path("reasoning")
                        .isNull())
                .isTrue();
    }

    @Test
    void forcedUsageIsInEveryEvent() {
        AnsweredCall forced = call(answers -> answers.forceIncludeUsage(true));
        List<JsonNode> events = events(forced.post(CHAT, chat("Hi", "\"max_tokens\":3,\"stream\":true")));
        assertThat(events).hasSize(5).allMatch(event -> event.path("usage").isObject());
        assertThat(events.getLast().at("/usage/completion_tokens").intValue()).isEqualTo(3);
    }

    @Test
    void streamIntervalGathersTokens() {
        AnsweredCall slow = call(answers -> answers.streamInterval(4));
        List<JsonNode> events = events(slow.post(CHAT, chat("Hi", "\"max_tokens\":10,\"stream\":true")));
        assertThat(events).hasSize(5);
    }

    @Test
    void withoutAParserOnlyRequestsWithoutToolsAreServed() {
        AnsweredCall plain = call(answers -> answers.autoToolChoice(false));
        assertThat(plain.post(CHAT, chat("Hi", "\"max_tokens\":1"))).contains("\"content\"");
        assertThatExceptionOfType(ApiException.class)
                .isThrownBy(() -> plain.post(CHAT, chat("Hi", TOOLS)))
                .withMessageContaining("--enable-auto-tool-choice");
    }

    @Test
    void logprobsHaveAnUpperBound() {
        AnsweredCall few = call(answers -> answers.maxLogprobs(2));
        assertThat(few.post(CHAT, chat("Hi", "\"max_tokens\":1,\"logprobs\":true,\"top_logprobs\":2")))
                .contains("\"top_logprobs\":[{");
        assertThatExceptionOfType(ApiException.class)
                .isThrownBy(() -> few.post(CHAT, chat("Hi", "\"logprobs\":true,\"top_logprobs\":3")))
                .withMessageContaining("greater than max allowed: 2");
    }

    private static String chat(String said, String fields) {
        return "{\"messages\":[{\"role\":\"user\",\"content\":\"" + said + "\"}]," + fields + "}";
    }

    private static JsonNode message(String answer) {
        return Json.read(answer).at("/choices/0/message");
    }

    private static List<JsonNode> events(String stream) {
        List<JsonNode> events = new ArrayList<>();
        for (String event : stream.split("\n\n", -1)) {
            if (event.startsWith("data: {")) {
                events.add(Json.read(event.substring("data: ".length())));
            }
        }
        return events;
    }
}
