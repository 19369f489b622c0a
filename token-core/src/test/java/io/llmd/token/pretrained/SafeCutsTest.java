package io.llmd.token.pretrained;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.token.pretrained.SmallTokenizer.Added;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class SafeCutsTest {

    private static final Added START = new Added("<|im_start|>", "special");
    private static final Added END = new Added("<|im_end|>", "special");

    @Test
    void textIsCutBehindSpecialTokens() throws IOException {
        try (SmallTokenizer tokenizer = new SmallTokenizer(SmallTokenizer.byteLevel(), START, END)) {
            assertThat(tokenizer.cuts().pieces("<|im_start|>user\nab<|im_end|>\n"))
                    .containsExactly("<|im_start|>", "user\nab<|im_end|>", "\n");
            assertThat(tokenizer.cuts().pieces("ab <|im_end| ab")).containsExactly("ab <|im_end| ab");
            assertThat(tokenizer.cuts().pieces("")).isEmpty();
        }
    }

    @Test
    void ofTokensAtOnePlaceTheLongestIsFound() throws IOException {
        try (SmallTokenizer tokenizer =
                new SmallTokenizer(SmallTokenizer.byteLevel(), END, new Added("<|im_end|>|>"), new Added("ab<|"))) {
            assertThat(tokenizer.cuts().pieces("a<|im_end|>|>b<|im_end|>")).containsExactly("a<|im_end|>|>b<|im_end|>");
            assertThat(tokenizer.cuts().pieces("ab<|im_end|>b")).containsExactly("ab<|im_end|>b");
            assertThat(tokenizer.cuts().pieces("a<|im_end|>b")).containsExactly("a<|im_end|>", "b");
        }
    }

    @Test
    void tokensThatTakeWhiteSpaceWithThemAreNoCuts() throws IOException {
        try (SmallTokenizer tokenizer = new SmallTokenizer(
                SmallTokenizer.byteLevel(),
                new Added("<r>", "special", "rstrip"),
                new Added("<l>", "special", "lstrip"),
                END)) {
            assertThat(tokenizer.promised().pieces("a<r> b <l>a<|im_end|>b"))
                    .containsExactly("a<r> b <l>a<|im_end|>", "b");
        }
    }

    @Test
    void tokensThatAreNotSpecialOrAreNormalizedAreNoCuts() throws IOException {
        try (SmallTokenizer tokenizer = new SmallTokenizer(
                SmallTokenizer.byteLevel(), new Added("<tool>"), new Added("<n>", "special", "normalized"))) {
            assertThat(tokenizer.cuts().pieces("a<tool>b<n>a")).containsExactly("a<tool>b<n>a");
        }
    }

    @Test
    void whereATokenAsksWhatStandsBeforeItNothingIsCut() throws IOException {
        try (SmallTokenizer tokenizer =
                new SmallTokenizer(SmallTokenizer.byteLevel(), END, new Added("aa", "single_word"))) {
            assertThat(tokenizer.cuts().pieces("a<|im_end|>b")).containsExactly("a<|im_end|>b");
        }
    }

    @Test
    void whereTheStartOfATextMattersNothingIsCut() throws IOException {
        try (SmallTokenizer tokenizer = new SmallTokenizer(SmallTokenizer.marksTheStart(), START, END)) {
            assertThat(tokenizer.promised().pieces("a<|im_end|>b")).containsExactly("a<|im_end|>", "b");
            assertThat(tokenizer.cuts().pieces("a<|im_end|>b")).containsExactly("a<|im_end|>b");
        }
    }
}
