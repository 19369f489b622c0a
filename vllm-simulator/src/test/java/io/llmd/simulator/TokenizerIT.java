package io.llmd.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.config.SimulatorSettingsBuilder;
import io.llmd.simulator.pretrained.TinyTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Endpoints with the tokenizer of a model. */
@Timeout(60)
class TokenizerIT {
    @TempDir
    private Path folder;

    @Test
    void idsOnTheWireAreThoseOfTheVocabulary() throws Exception {
        try (VllmSimulator simulator = start(settings());
                SimulatorClient client = new SimulatorClient(simulator)) {
            String tokenized = client.post("/tokenize", "{\"prompt\":\" the and\",\"return_token_strs\":true}")
                    .body();
            assertThat(tokenized).contains("\"count\":3", "\"token_strs\":[\"<|begin|>\",\"Ġthe\",\"Ġand\"]");
            assertThat(client.post("/tokenize", "{\"prompt\":\" the and\",\"add_special_tokens\":false}")
                            .body())
                    .contains("\"count\":2");
            String tokens = find("\"tokens\":(\\[[^]]*])", tokenized);
            assertThat(client.post("/detokenize", "{\"tokens\":" + tokens + "}").body())
                    .isEqualTo("{\"prompt\":\"<|begin|> the and\"}");
        }
    }

    @Test
    void anAnswerIsMadeOfTokensThatTokenizeReturnsForItsText() throws Exception {
        try (VllmSimulator simulator = start(settings());
                SimulatorClient client = new SimulatorClient(simulator)) {
            String answer = client.post(
                            "/v1/chat/completions",
                            "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":20,"
                                    + "\"ignore_eos\":true,\"return_token_ids\":true}")
                    .body();
            String content = find("\"content\":(\"[^\"]*\")", answer);
            String ids = find("\"token_ids\":(\\[[^]]*])", answer);
            assertThat(client.post("/tokenize", "{\"prompt\":" + content + ",\"add_special_tokens\":false}")
                            .body())
                    .contains("\"count\":20", "\"tokens\":" + ids);
        }
    }

    @Test
    void idsOutsideTheVocabularyAreRefused() throws Exception {
        try (VllmSimulator simulator = start(settings());
                SimulatorClient client = new SimulatorClient(simulator)) {
            var answer = client.post("/v1/completions", "{\"prompt\":[1,2,100000]}");
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body()).contains("Token id 100000 is out of vocabulary");
        }
    }

    @Test
    void tokenizerIsDescribedOnlyWhereThatIsEnabled() throws Exception {
        try (VllmSimulator described = start(settings().api(api -> api.tokenizerInfo(true)));
                VllmSimulator silent = start(settings());
                SimulatorClient client = new SimulatorClient(described);
                SimulatorClient other = new SimulatorClient(silent)) {
            assertThat(client.get("/tokenizer_info").body())
                    .contains("\"tokenizer_class\":\"TinyTokenizer\"", "\"eos_token\":\"<|end|>\"");
            assertThat(other.get("/tokenizer_info").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void missingNativeCodeEndsTheStartWithAReason() throws Exception {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Path output = folder.resolve("output");
        ProcessBuilder command = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.llmd.simulator.SimulatorMain",
                        "--port=0",
                        "--tokenizer=" + TinyTokenizer.byteLevel(folder))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        command.environment().put("RUST_LIBRARY_PATH", empty.toString());
        Process process = command.start();
        try {
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(1);
            assertThat(output).content().contains("the native code of Hugging Face tokenizers does not load on ");
        } finally {
            process.destroyForcibly();
        }
    }

    private SimulatorSettingsBuilder settings() throws IOException {
        return SimulatorSettings.builder()
                .port(0)
                .constantLatency()
                .idleTimeout(Duration.ofSeconds(10))
                .tokenizer(TinyTokenizer.byteLevel(folder));
    }

    private static VllmSimulator start(SimulatorSettingsBuilder settings) {
        return VllmSimulator.start(settings.build());
    }

    private static String find(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return matcher.group(1);
    }
}
