package io.llmd.simulator.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class WordTokenizerTest {
    private final Tokenizer tokenizer = new WordTokenizer();

    @Test
    void englishHasAboutFourCharactersPerToken() {
        String text = "The scheduler looks at every endpoint that serves the model and picks the one with the best"
                + " score, so that long prompts go where their prefix is in the cache already and short ones go"
                + " where nobody waits.";
        double charactersPerToken = (double) text.length() / tokenizer.encode(text).length;
        assertThat(charactersPerToken).isBetween(3.2, 4.8);
    }

    @Test
    void idsAreStable() {
        assertThat(tokenizer.encode(" the 🎉.\n")).containsExactly(2348677, 32, 128137, 46, 10);
    }

    @Test
    void largestIdIsThatOfFiveUnderscores() {
        assertThat(tokenizer.encode("_____")).containsExactly(tokenizer.vocabularySize() - 1);
        assertThat(tokenizer.vocabularySize()).isEqualTo(1_092_785_280);
    }

    @Test
    void specialTokensAreNeverProducedByText() {
        for (SpecialToken token : SpecialToken.values()) {
            int[] special = tokenizer.special(token);
            assertThat(special).hasSize(1);
            assertThat(tokenizer.decode(special)).isEqualTo(token.text());
            assertThat(tokenizer.encode(token.text())).doesNotContain(special[0]);
            assertThat(tokenizer.isSpecial(special[0])).isTrue();
        }
    }

    @Test
    void equalKeysGiveEqualTextAndOthersDoNot() {
        assertThat(text(1)).isEqualTo(text(1)).isNotEqualTo(text(2)).matches("[A-Z][a-z]*( [a-z]+)+");
    }

    private String text(long key) {
        int[] tokens = new int[10];
        Arrays.setAll(tokens, tokenizer.output(key)::tokenAt);
        return tokenizer.decode(tokens);
    }
}
