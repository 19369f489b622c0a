package io.llmd.simulator.token;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.simulator.engine.OutputTokens;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class WordTokenizerPropertyTest {
    private final Tokenizer tokenizer = new WordTokenizer();

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.oneOf(
                Arbitraries.strings().ascii().ofMaxLength(80),
                Arbitraries.strings().withChars("aZ09_ .,\n\t").ofMaxLength(80),
                Arbitraries.of("é", "你", "🎉", "\u0000", "\uFFFF", " ", "word", "  ", "\uD83D\uDE00")
                        .list()
                        .ofMaxSize(30)
                        .map(parts -> String.join("", parts)));
    }

    @Property(tries = 1000, seed = "1")
    void bytesComeBackExactly(@ForAll byte[] bytes) {
        assertThat(WordTokenizer.decodeBytes(WordTokenizer.encode(bytes))).isEqualTo(bytes);
    }

    @Property(tries = 1000, seed = "2")
    void textComesBackExactly(@ForAll("texts") String text) {
        assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
        assertThat(Arrays.stream(tokenizer.encode(text)))
                .allMatch(token -> token >= 0 && token < tokenizer.vocabularySize());
    }

    @Property(tries = 300, seed = "3")
    void generatedTextGivesItsTokensAgain(@ForAll long key, @ForAll @IntRange(min = 1, max = 200) int length) {
        OutputTokens output = tokenizer.output(key);
        int[] tokens = new int[length];
        Arrays.setAll(tokens, output::tokenAt);
        assertThat(tokenizer.encode(tokenizer.decode(tokens))).isEqualTo(tokens);
    }

    @Property(tries = 200, seed = "5")
    void anyIdDecodesToSomething(@ForAll int token) {
        assertThat(tokenizer.decode(token)).isNotNull();
        assertThat(new String(WordTokenizer.decodeBytes(new int[] {token}), StandardCharsets.UTF_8))
                .isNotEmpty();
    }
}
