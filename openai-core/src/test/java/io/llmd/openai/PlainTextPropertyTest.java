package io.llmd.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class PlainTextPropertyTest {

    private static final List<String> OTHERS =
            List.of("\\n", "\\\"", "é", "日本", "\\u00e9", "\\ud83d\\ude00", "😀", "\\ud800", "\n", "\\x");

    /** What is known of a body changes nothing but the time that it takes, whatever is in the text and however it is cut. */
    @Property(tries = 400)
    void bodiesAreReadAsIfNothingWasKnown(
            @ForAll @IntRange(max = 60) int pieces,
            @ForAll @IntRange(min = 1, max = 9000) int part,
            @ForAll long seed) {
        byte[] body = body(pieces, new SplittableRandom(seed));
        PlainText plain = scanned(body, part);
        RequestReader reader = new RequestReader(RequestLimits.DEFAULTS);

        ReadResult expected = reader.read(ApiRoute.CHAT_COMPLETIONS, body);
        ReadResult actual = reader.read(ApiRoute.CHAT_COMPLETIONS, body, 0, body.length, plain);

        assertThat(actual).usingRecursiveComparison().isEqualTo(expected);
    }

    @Property(tries = 400)
    void whatIsKnownIsPlain(
            @ForAll @IntRange(max = 60) int pieces,
            @ForAll @IntRange(min = 1, max = 9000) int part,
            @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] body = body(pieces, random);
        PlainText plain = scanned(body, part);
        for (int i = 0; i < 500; i++) {
            int at = random.nextInt(body.length);
            int end = plain.end(at);
            assertThat(end).isBetween(at, body.length);
            assertThat(JsonBytes.skipPlainText(body, at, end)).isEqualTo(end);
        }
    }

    /** Half of the bodies have long runs, the others end them so often that scanning stops. */
    private static byte[] body(int pieces, SplittableRandom random) {
        int longest = random.nextBoolean() ? 3000 : 40;
        StringBuilder text = new StringBuilder("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"");
        for (int i = 0; i < pieces * (longest > 40 ? 1 : 20); i++) {
            text.repeat("word ", random.nextInt(longest) / 5);
            if (random.nextInt(20) != 0) {
                text.append(OTHERS.get(random.nextInt(random.nextInt(8) == 0 ? OTHERS.size() : 7)));
            }
        }
        return text.append("\"}]}").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static PlainText scanned(byte[] body, int part) {
        PlainText plain = new PlainText();
        byte[] grown = {};
        for (int from = 0; from < body.length; from += part) {
            int to = Math.min(body.length, from + part);
            grown = Arrays.copyOf(body, to);
            plain.scan(grown, from, to);
        }
        return plain;
    }
}
