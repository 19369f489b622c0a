package io.llmd.simulator.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.api.RequestFields;
import io.llmd.simulator.chat.ModelTemplate;
import io.llmd.simulator.pretrained.PretrainedTokenizer;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Prompts have the tokens that a real vLLM gave them, with the same tokenizer and chat template. */
class RealVllmPromptsTest {
    private static final Path RECORDINGS = Path.of("src/test/resources/golden/real-vllm");
    private static final List<String> FILES =
            List.of("core-chats.json", "core-tools.json", "forced-tools.json", "core-other-apis.json");
    private static final Set<String> PATHS = Set.of("/v1/chat/completions", "/tokenize");
    private static final JsonMapper MAPPER = new JsonMapper();

    private static PretrainedTokenizer tokenizer;
    private static ChatMessages messages;

    @BeforeAll
    static void load() {
        tokenizer = new PretrainedTokenizer(RECORDINGS.resolve("model"));
        String template = tokenizer.chatTemplate().orElseThrow();
        messages = new ChatMessages(new ModelTemplate(tokenizer, template, 1, LocalDateTime::now));
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    @TestFactory
    List<DynamicTest> promptsHaveTheirTokens() {
        List<DynamicTest> tests = new ArrayList<>();
        for (String file : FILES) {
            Path path = RECORDINGS.resolve("0.32.0").resolve(file);
            for (JsonNode exchange : MAPPER.readTree(path.toFile())) {
                if (isComplete(exchange)) {
                    tests.add(DynamicTest.dynamicTest(
                            file + ": " + exchange.path("name").asString(), () -> compare(exchange)));
                }
            }
        }
        assertThat(tests).hasSizeGreaterThan(50);
        return tests;
    }

    /** Whether it was answered in one piece, and the whole prompt was used. */
    private static boolean isComplete(JsonNode exchange) {
        String request = exchange.path("request").path("body").asString("");
        return PATHS.contains(exchange.path("request").path("path").asString())
                && exchange.path("response").path("status").asInt() == 200
                && !request.contains("\"stream\": true")
                && !request.contains("truncate_prompt_tokens");
    }

    private static void compare(JsonNode exchange) {
        ObjectNode request = body(exchange.path("request"));
        ObjectNode answer = body(exchange.path("response"));
        int[] tokens = tokens(new RequestFields(request));
        JsonNode ids = answer.has("tokens") ? answer.path("tokens") : answer.path("prompt_token_ids");
        if (ids.isArray()) {
            assertThat(tokens)
                    .containsExactly(IntStream.range(0, ids.size())
                            .map(i -> ids.get(i).asInt())
                            .toArray());
        } else {
            int count = answer.path("usage").path("prompt_tokens").asInt();
            assertThat(tokens).as(tokenizer.decode(tokens)).hasSize(count);
        }
        for (int i = 0; i < answer.path("token_strs").size(); i++) {
            assertThat(tokenizer.tokenString(tokens[i]))
                    .isEqualTo(answer.path("token_strs").get(i).asString());
        }
    }

    private static int[] tokens(RequestFields fields) {
        String prompt = fields.string("prompt");
        if (prompt == null) {
            return messages.render(fields).tokens();
        }
        return fields.bool("add_special_tokens", true) ? tokenizer.encodePrompt(prompt) : tokenizer.encode(prompt);
    }

    private static ObjectNode body(JsonNode message) {
        return (ObjectNode) MAPPER.readTree(message.path("body").asString());
    }
}
