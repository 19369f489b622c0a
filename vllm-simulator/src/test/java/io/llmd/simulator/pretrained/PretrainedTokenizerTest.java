package io.llmd.simulator.pretrained;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.entry;

import io.llmd.simulator.engine.OutputTokens;
import io.llmd.simulator.token.SpecialToken;
import io.llmd.simulator.token.TokenDecoder;
import io.llmd.simulator.token.Tokenizer;
import io.llmd.token.chat.Modality;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainedTokenizerTest {
    private static PretrainedTokenizer byteLevel;
    private static PretrainedTokenizer marked;

    @BeforeAll
    static void load(@TempDir Path one, @TempDir Path two) throws IOException {
        byteLevel = new PretrainedTokenizer(TinyTokenizer.byteLevel(one));
        marked = new PretrainedTokenizer(TinyTokenizer.marked(two).resolve("tokenizer.json"));
    }

    @AfterAll
    static void close() {
        byteLevel.close();
        marked.close();
    }

    @Test
    void textBecomesTokensOfTheVocabularyAndComesBack() {
        int[] tokens = byteLevel.encode(" the and");
        assertThat(tokens).hasSize(2);
        assertThat(Arrays.stream(tokens).mapToObj(byteLevel::tokenString)).containsExactly("Ġthe", "Ġand");
        assertThat(byteLevel.decode(byteLevel.encode("Größe 🎉 the\n"))).isEqualTo("Größe 🎉 the\n");
        assertThat(marked.decode(marked.encode("the 🎉 and"))).isEqualTo("the 🎉 and");
    }

    @Test
    void longTextsAreNotTruncatedWhateverTheFileSays() {
        assertThat(byteLevel.encode(" the".repeat(3000))).hasSize(3000);
        assertThat(byteLevel.encodePrompt(" the".repeat(3000))).hasSize(3001);
    }

    @Test
    void aPromptGetsWhatThePostProcessorAdds() {
        assertThat(byteLevel.decode(byteLevel.encodePrompt("Hi"))).isEqualTo("<|begin|>Hi");
        assertThat(byteLevel.decode(byteLevel.encode("Hi"))).isEqualTo("Hi");
        assertThat(byteLevel.beginOfText()).hasValue(byteLevel.encodePrompt("")[0]);
        assertThat(byteLevel.decode(byteLevel.endOfText().orElseThrow())).isEqualTo("<|end|>");
    }

    @Test
    void specialTokensAreThoseOfTheVocabularyOrSpeltOut() {
        int[] start = byteLevel.special(SpecialToken.MESSAGE_START);
        assertThat(start).containsExactly(byteLevel.encode("<|im_start|>")).hasSize(1);
        assertThat(byteLevel.isSpecial(start[0])).isTrue();
        assertThat(byteLevel.isSpecial(0)).isFalse();
        assertThat(byteLevel.isSpecial(-1)).isFalse();
        assertThat(byteLevel.decode(byteLevel.special(SpecialToken.TOOLS))).isEqualTo("<|tools|>");
    }

    @Test
    void placeholdersAreThoseOfTheModality() {
        assertThat(byteLevel.tokenString(byteLevel.placeholder(Modality.IMAGE))).isEqualTo("<|image_pad|>");
        assertThat(byteLevel.tokenString(byteLevel.placeholder(Modality.VIDEO))).isEqualTo("<|video_pad|>");
        assertThat(byteLevel.tokenString(byteLevel.placeholder(Modality.AUDIO))).isEqualTo("<|image_pad|>");
    }

    @Test
    void idsOutsideTheVocabularyHaveNoName() {
        int size = byteLevel.vocabularySize();
        assertThat(byteLevel.tokenString(size - 1)).isEqualTo("<|video_pad|>");
        assertThat(byteLevel.tokenString(size)).isEmpty();
        assertThat(byteLevel.tokenString(-1)).isEmpty();
        assertThat(byteLevel.decode(size)).isEmpty();
    }

    @Test
    void generatedTextGivesItsTokensAgain() {
        for (Tokenizer tokenizer : List.of(byteLevel, marked)) {
            OutputTokens output = tokenizer.output(7);
            int[] tokens = new int[100];
            Arrays.setAll(tokens, output::tokenAt);
            String text = tokenizer.decode(tokens);
            assertThat(text).matches("[A-Z][a-z]*( [A-Za-z]+|\\.)+");
            assertThat(tokenizer.encode(text)).isEqualTo(tokens);
            assertThat(tokens).doesNotContain(tokenizer.endOfText().orElseThrow());
        }
    }

    @Test
    void aVocabularyWithoutWordsStillGivesTextWithinIt(@TempDir Path folder) throws IOException {
        try (PretrainedTokenizer letters = new PretrainedTokenizer(TinyTokenizer.byteLevel(folder, List.of("the")))) {
            OutputTokens output = letters.output(7);
            int[] tokens = new int[40];
            Arrays.setAll(tokens, output::tokenAt);
            assertThat(Arrays.stream(tokens)).allMatch(token -> token >= 0 && token < letters.vocabularySize());
            assertThat(letters.decode(tokens)).hasSizeGreaterThanOrEqualTo(40).doesNotContain("\uFFFD");
        }
    }

    @Test
    void decodingTokenByTokenGivesWholeCharactersAndTheSameText() {
        for (PretrainedTokenizer tokenizer : List.of(byteLevel, marked)) {
            for (String text : List.of("the Größe 🎉🎉 and 你好 was", "🎉", "a", " the  and ", "é")) {
                int[] tokens = tokenizer.encode(text);
                List<String> pieces = pieces(tokenizer, tokens);
                assertThat(pieces).noneMatch(piece -> piece.contains("\uFFFD"));
                assertThat(String.join("", pieces)).isEqualTo(tokenizer.decode(tokens));
            }
        }
    }

    @Test
    void whatNeverBecomesACharacterIsGivenAsReplacements() {
        int[] half = Arrays.copyOf(byteLevel.encode("🎉"), 2);
        assertThat(String.join("", pieces(byteLevel, half)))
                .isEqualTo(byteLevel.decode(half))
                .contains("\uFFFD");
        int[] trails = new int[9];
        Arrays.fill(trails, 0x80);
        TokenDecoder decoder = byteLevel.decoder();
        List<String> pieces = Arrays.stream(trails).mapToObj(decoder::append).toList();
        assertThat(pieces).filteredOn(piece -> !piece.isEmpty()).hasSize(2);
    }

    @Test
    void specialTokensAreLeftOutOfAnAnswer() {
        int[] tokens = byteLevel.encode("Hi<|im_end|> the<|end|>");
        assertThat(String.join("", pieces(byteLevel, tokens))).isEqualTo("Hi the");
    }

    @Test
    void descriptionIsTheConfiguration() {
        assertThat(byteLevel.description())
                .containsEntry("tokenizer_class", "TinyTokenizer")
                .containsEntry("eos_token", "<|end|>");
        assertThat(byteLevel.specialTokens())
                .containsOnly(entry("bos_token", "<|begin|>"), entry("eos_token", "<|end|>"));
    }

    @Test
    void chatTemplateIsThatOfItsFileOrTheDefaultOfTheConfiguration(@TempDir Path folder) throws IOException {
        TinyTokenizer.byteLevel(folder);
        Path config = folder.resolve("tokenizer_config.json");
        assertThat(template(folder)).isEmpty();
        Files.writeString(config, "{\"chat_template\":\"one\"}");
        assertThat(template(folder)).hasValue("one");
        Files.writeString(
                config,
                "{\"chat_template\":[{\"name\":\"tool_use\",\"template\":\"two\"},"
                        + "{\"name\":\"default\",\"template\":\"three\"}]}");
        assertThat(template(folder)).hasValue("three");
        Files.writeString(folder.resolve("chat_template.jinja"), "four");
        assertThat(template(folder)).hasValue("four");
    }

    private static Optional<String> template(Path folder) {
        try (PretrainedTokenizer tokenizer = new PretrainedTokenizer(folder)) {
            return tokenizer.chatTemplate();
        }
    }

    @Test
    void missingAndBrokenFilesAreNamed(@TempDir Path folder) throws IOException {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PretrainedTokenizer(folder))
                .withMessage("tokenizer: " + folder + " (expected: a tokenizer.json, or a folder that has one)");
        Path file = folder.resolve("tokenizer.json");
        for (String content : List.of("[]", "{", "{}", "{\"model\":{\"vocab\":{\"a\":0}}}")) {
            Files.writeString(file, content);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new PretrainedTokenizer(folder))
                    .withMessageStartingWith("tokenizer: ");
        }
    }

    @Test
    void tokenizerWithoutConfigurationHasNoBeginAndNoEnd(@TempDir Path folder) throws IOException {
        Files.delete(TinyTokenizer.byteLevel(folder).resolve("tokenizer_config.json"));
        try (PretrainedTokenizer plain = new PretrainedTokenizer(folder)) {
            assertThat(plain.beginOfText()).isEmpty();
            assertThat(plain.endOfText()).isEmpty();
            assertThat(plain.description()).containsKey("tokenizer_class");
        }
    }

    private static List<String> pieces(Tokenizer tokenizer, int[] tokens) {
        TokenDecoder decoder = tokenizer.decoder();
        List<String> pieces = new ArrayList<>();
        for (int token : tokens) {
            pieces.add(decoder.append(token));
        }
        pieces.add(decoder.end());
        return pieces;
    }
}
