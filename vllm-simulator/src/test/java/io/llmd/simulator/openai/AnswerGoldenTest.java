package io.llmd.simulator.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.api.Answer;
import io.llmd.simulator.api.BodySchema;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.engine.FinishReason;
import io.llmd.simulator.output.Choice;
import io.llmd.simulator.output.OutputPlan;
import io.llmd.simulator.output.Sampling;
import io.llmd.simulator.output.SequenceEnd;
import io.llmd.simulator.token.RenderedPrompt;
import io.llmd.simulator.token.Tokenizer;
import io.llmd.simulator.token.WordTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The bytes of answers, pinned by files. */
class AnswerGoldenTest {
    private static final SimulatorSettings SETTINGS =
            SimulatorSettings.builder().build();
    private static final Tokenizer TOKENIZER = new WordTokenizer();
    private static final int[] PROMPT = TOKENIZER.encode("How deep is the lake?");
    private static final String FINGERPRINT = "vllm-0.21.0-tp1-5054d0df";

    @Test
    void chatStream() throws IOException {
        Sampling sampling = sampling("{\"max_tokens\":3,\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
        assertStream("chat-stream.sse", new ChatAnswer(head("chatcmpl-a1", sampling, false)), sampling, 16);
    }

    @Test
    void chatStreamOfTwoChoicesWithEverything() throws IOException {
        Sampling sampling = sampling("{\"max_tokens\":2,\"n\":2,\"stream\":true,\"return_token_ids\":true,"
                + "\"stream_options\":{\"include_usage\":true,\"continuous_usage_stats\":true}}");
        assertStream("chat-stream-full.sse", new ChatAnswer(head("chatcmpl-a1", sampling, true)), sampling, 0);
    }

    @Test
    void completionStream() throws IOException {
        Sampling sampling = sampling("{\"max_tokens\":3,\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
        assertStream(
                "completion-stream.sse",
                new CompletionAnswer(head("cmpl-a1", sampling, false), List.of()),
                sampling,
                0);
    }

    @Test
    void completionStreamWithoutUsageButWithEcho() throws IOException {
        Sampling sampling = sampling("{\"max_tokens\":2,\"stream\":true}");
        CompletionAnswer answer =
                new CompletionAnswer(head("cmpl-a1", sampling, true), List.of("How deep is the lake?"));
        assertStream("completion-stream-echo.sse", answer, sampling, 0);
    }

    @Test
    void responsesStream() throws IOException {
        Sampling sampling = sampling("{\"max_tokens\":2,\"stream\":true}");
        assertStream("responses-stream.sse", responses(), sampling, 16);
    }

    @Test
    void chatBody() throws IOException {
        Sampling sampling = sampling("{\"max_tokens\":3}");
        assertBody("chat.json", new ChatAnswer(head("chatcmpl-a1", sampling, false)), sampling, 16);
    }

    @Test
    void chatBodyWithEverything() throws IOException {
        Sampling sampling = sampling("{\"max_tokens\":2,\"n\":2,\"return_token_ids\":true,\"stop\":\"nothing\"}");
        assertBody("chat-full.json", new ChatAnswer(head("chatcmpl-a1", sampling, true)), sampling, 0);
    }

    @Test
    void completionBody() throws IOException {
        Sampling sampling = sampling("{\"max_tokens\":3}");
        assertBody("completion.json", new CompletionAnswer(head("cmpl-a1", sampling, false), List.of()), sampling, 0);
    }

    @Test
    void responsesBody() throws IOException {
        assertBody("responses.json", responses(), sampling("{\"max_tokens\":2}"), 16);
    }

    private static ResponsesAnswer responses() {
        RequestFields request = fields("{\"max_output_tokens\":2,\"temperature\":0.5}");
        return new ResponsesAnswer("resp_a1", "msg_a1", 1_781_036_045L, "m", true, request);
    }

    private static AnswerHead head(String id, Sampling sampling, boolean logprobs) {
        return new AnswerHead(id, 1_781_036_045L, "m", FINGERPRINT, sampling, true, logprobs);
    }

    private static void assertStream(String file, Answer answer, Sampling sampling, int cached) throws IOException {
        StringBuilder out = new StringBuilder();
        List<Choice> choices = choices(sampling);
        answer.open(out);
        answer.firstOutput(out, choices);
        for (Choice choice : choices) {
            choice.ended(new SequenceEnd(FinishReason.LENGTH, cached, null));
        }
        for (int token = 1; token <= choices.getFirst().plan().length(); token++) {
            for (Choice choice : choices) {
                int from = choice.sent();
                choice.produced(token, 0);
                String text = choice.takeText(token);
                answer.output(out, choice, from, text, token == choice.plan().length());
            }
        }
        answer.close(out, choices);
        assertThat(out.toString()).isEqualTo(golden(file));
    }

    private static void assertBody(String file, Answer answer, Sampling sampling, int cached) throws IOException {
        List<Choice> choices = choices(sampling);
        for (Choice choice : choices) {
            choice.produced(choice.plan().length(), 0);
            choice.ended(new SequenceEnd(FinishReason.LENGTH, cached, null));
        }
        String body = new String(Json.bytes(answer.body(choices)), StandardCharsets.UTF_8) + "\n";
        assertThat(body).isEqualTo(golden(file));
    }

    private static List<Choice> choices(Sampling sampling) {
        List<Choice> choices = new ArrayList<>();
        for (int i = 0; i < sampling.n(); i++) {
            choices.add(new Choice(
                    i,
                    i,
                    PROMPT,
                    OutputPlan.of(SETTINGS, TOKENIZER, RenderedPrompt.of(PROMPT), sampling, i),
                    () -> {}));
        }
        return choices;
    }

    private static Sampling sampling(String body) {
        return SamplingFields.read(fields(body), null, 0, "max_tokens");
    }

    private static RequestFields fields(String body) {
        return BodySchema.ANY.read(body.getBytes(StandardCharsets.UTF_8));
    }

    private static String golden(String file) throws IOException {
        try (InputStream in = AnswerGoldenTest.class.getResourceAsStream("/golden/" + file)) {
            return in == null ? "no file " + file : new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
