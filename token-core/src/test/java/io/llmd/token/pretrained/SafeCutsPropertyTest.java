package io.llmd.token.pretrained;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.token.pretrained.SmallTokenizer.Added;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** The tokens of a text are those of its pieces, one after the other. */
class SafeCutsPropertyTest {

    private record Case(SmallTokenizer tokenizer, SafeCuts cuts) {}

    private static List<Case> cases = List.of();

    @BeforeContainer
    static void make() {
        Added start = new Added("<|im_start|>", "special");
        Added end = new Added("<|im_end|>", "special");
        cases = Stream.of(
                        new SmallTokenizer(SmallTokenizer.byteLevel(), start, end),
                        new SmallTokenizer(
                                SmallTokenizer.byteLevel(),
                                start,
                                end,
                                new Added("<|im_end|>\n", "special"),
                                new Added("\n\n"),
                                new Added("ab", "normalized"),
                                new Added("<|", "lstrip"),
                                new Added("|>a", "rstrip")),
                        new SmallTokenizer(SmallTokenizer.byteLevel(), start, end, new Added("aa", "single_word")),
                        new SmallTokenizer(SmallTokenizer.marksTheStart(), start, end))
                .map(tokenizer -> new Case(tokenizer, tokenizer.cuts()))
                .toList();
    }

    @AfterContainer
    static void close() throws IOException {
        for (Case tried : cases) {
            tried.tokenizer().close();
        }
    }

    @Property(tries = 2000)
    void piecesHaveTheTokensOfTheWhole(@ForAll("texts") String text) {
        for (Case tried : cases) {
            List<String> pieces = tried.cuts().pieces(text);
            assertThat(String.join("", pieces)).isEqualTo(text);
            assertThat(pieces.stream()
                            .flatMapToInt(
                                    piece -> IntStream.of(tried.tokenizer().encode(piece))))
                    .containsExactly(
                            IntStream.of(tried.tokenizer().encode(text)).boxed().toArray(Integer[]::new));
        }
    }

    @Provide
    static Arbitrary<String> texts() {
        return Arbitraries.of(
                        "<|im_start|>",
                        "<|im_end|>",
                        "<|im_end|>",
                        "<|",
                        "|>",
                        "<|im_",
                        "a",
                        "b",
                        "ab",
                        "aa",
                        " ",
                        "  ",
                        "\n",
                        "\n\n",
                        "e",
                        "\u0301",
                        "\u00e9",
                        "\ud83d\ude00",
                        "user",
                        "\t")
                .list()
                .ofMaxSize(24)
                .map(parts -> String.join("", parts));
    }
}
