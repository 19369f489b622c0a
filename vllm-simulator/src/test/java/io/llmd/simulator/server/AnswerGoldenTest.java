package io.llmd.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.config.OutputLength;
import io.llmd.simulator.config.SimulatorSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The bytes of answers, pinned by files. */
class AnswerGoldenTest {
    private static final String SAID = "\"messages\":[{\"role\":\"user\",\"content\":\"How deep is the lake?\"}]";
    private static final String TOOLS = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"depth\","
            + "\"parameters\":{\"type\":\"object\",\"properties\":{\"lake\":{\"type\":\"string\",\"maxLength\":6},"
            + "\"exact\":{\"type\":\"boolean\"}},\"required\":[\"lake\",\"exact\"]}}}]";

    private final SimulatorSettings settings = SimulatorSettings.builder()
            .outputLength(new OutputLength.Fixed(6))
            .embeddingDimensions(4)
            .imageTokens(4)
            .build();

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            chat.json                  | /v1/chat/completions        | {SAID}
            chat-full.json             | /v1/chat/completions        | {SAID,"max_tokens":2,"n":2,"logprobs":true,"top_logprobs":2,"prompt_logprobs":0,"return_token_ids":true,"return_prompt_text":true,"stop":"nothing"}
            chat-tools.json            | /v1/chat/completions        | {SAID,TOOLS,"tool_choice":"required"}
            chat-schema.json           | /v1/chat/completions        | {SAID,"response_format":{"type":"json_schema","json_schema":{"name":"d","schema":{"type":"object","properties":{"metres":{"type":"integer","minimum":3,"maximum":9}},"required":["metres"]}}}}
            chat-stream.sse            | /v1/chat/completions        | {SAID,"stream":true,"max_tokens":3,"stream_options":{"include_usage":true}}
            chat-stream-full.sse       | /v1/chat/completions        | {SAID,"stream":true,"max_tokens":2,"n":2,"logprobs":true,"top_logprobs":1,"return_token_ids":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}
            chat-stream-tools.sse      | /v1/chat/completions        | {SAID,TOOLS,"stream":true,"tool_choice":{"type":"function","function":{"name":"depth"}}}
            chat-batch.json            | /v1/chat/completions/batch  | {"messages":[[{"role":"user","content":"a"}],[{"role":"user","content":"b"}]],"max_tokens":2}
            completion.json            | /v1/completions             | {"prompt":"How deep","max_tokens":3}
            completion-echo.json       | /v1/completions             | {"prompt":"How deep","max_tokens":2,"echo":true,"logprobs":1}
            completion-stream.sse      | /v1/completions             | {"prompt":["How","deep"],"max_tokens":2,"stream":true,"stream_options":{"include_usage":true}}
            completion-stream-echo.sse | /v1/completions             | {"prompt":"How deep","max_tokens":2,"stream":true,"echo":true,"logprobs":0}
            responses-stream.sse       | /v1/responses               | {"request_id":"resp_1","input":"How deep?","max_output_tokens":2,"stream":true}
            responses.json             | /v1/responses               | {"request_id":"resp_1","input":"How deep?","max_output_tokens":2,"temperature":0.5}
            generate.json              | /inference/v1/generate      | {"token_ids":[300,301,302],"sampling_params":{"max_tokens":2,"logprobs":1}}
            generate-stream.sse        | /inference/v1/generate      | {"token_ids":[300,301,302],"sampling_params":{"max_tokens":2},"stream":true,"stream_options":{"include_usage":true}}
            messages.json              | /v1/messages                | {SAID,"model":"sim-8b","max_tokens":9,"system":"Be brief.","stop_sequences":["zzz"]}
            messages-stream.sse        | /v1/messages                | {SAID,"model":"sim-8b","max_tokens":3,"stream":true}
            messages-count.json        | /v1/messages/count_tokens   | {SAID,"model":"sim-8b"}
            render-chat.json           | /v1/chat/completions/render | {"messages":[{"role":"user","content":[{"type":"text","text":"See"},{"type":"image_url","image_url":{"url":"http://h/a.png"}}]}],"max_tokens":3,"return_token_offsets":true}
            render-completion.json     | /v1/completions/render      | {"prompt":["a","b"],"max_tokens":3,"top_k":5,"return_token_offsets":true}
            tokenize.json              | /tokenize                   | {"prompt":"How deep","return_token_strs":true}
            embeddings.json            | /v1/embeddings              | {"input":["How deep","is it"]}
            embeddings-base64.json     | /v1/embeddings              | {"input":"How deep","encoding_format":"base64","dimensions":2}
            pooling.json               | /pooling                    | {"input":"How deep"}
            classify.json              | /classify                   | {"input":["How deep","is it"]}
            score.json                 | /v1/score                   | {"text_1":"deep lake","text_2":["lake deep","iron"]}
            rerank.json                | /rerank                     | {"query":"deep lake","documents":["iron","a deep lake"],"top_n":1}
            """)
    void answersDoNotChange(String file, String path, String body) throws IOException {
        String answer = new AnsweredCall(settings, 16)
                .post(path, body.replace("SAID", SAID).replace("TOOLS", TOOLS));
        assertThat(shown(answer)).isEqualTo(golden(file));
    }

    @ParameterizedTest
    @CsvSource({"chat-stream-reasoning.sse, true", "chat-reasoning.json, false"})
    void reasoningComesFirst(String file, boolean stream) throws IOException {
        SimulatorSettings thinking = SimulatorSettings.builder()
                .outputLength(new OutputLength.Fixed(12))
                .answers(answers -> answers.reasoning(true))
                .build();
        String body = "{" + SAID + ",\"stream_options\":" + (stream ? "{\"include_usage\":true}" : "null")
                + ",\"stream\":" + stream + "}";
        assertThat(shown(new AnsweredCall(thinking, 0).post("/v1/chat/completions", body)))
                .isEqualTo(golden(file));
    }

    private static String shown(String answer) {
        return answer.endsWith("\n") ? answer : answer + "\n";
    }

    private static String golden(String file) throws IOException {
        try (InputStream in = AnswerGoldenTest.class.getResourceAsStream("/golden/answers/" + file)) {
            return in == null ? "no file " + file : new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
