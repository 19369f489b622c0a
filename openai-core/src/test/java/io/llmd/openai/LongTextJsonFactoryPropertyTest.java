package io.llmd.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonFactoryBuilder;

/** Reads the same documents with Jackson's own parser and with ours, without looking at strings. */
class LongTextJsonFactoryPropertyTest {

    private static final int DOCUMENTS = 20_000;

    private static final byte[][] PIECES = {
        {'a'},
        {' '},
        {'\\', 'n'},
        {'\\', '"'},
        {'\\', 'u', '0', '0', 'e', '9'},
        "\\ud83d\\ude00".getBytes(StandardCharsets.US_ASCII),
        "\\udc00".getBytes(StandardCharsets.US_ASCII),
        "\u00e9\u4e16\ud83d\ude00".getBytes(StandardCharsets.UTF_8),
        "0123456789abcdefghijklmnopqrstuvwxyz0123456789".getBytes(StandardCharsets.US_ASCII),
    };

    private static final byte[][] DEFECTS = {
        {'\n'}, {0x1f}, {'\\', 'x'}, {(byte) 0xc3}, {(byte) 0xff}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}, {'"'}, {0}
    };

    private final JsonFactory jacksons = JsonFactory.builder().build();
    private final JsonFactory ours = new LongTextJsonFactory(new JsonFactoryBuilder());

    @Test
    void tokensPlacesAndErrorsAreThoseOfJackson() {
        SplittableRandom random = new SplittableRandom(20261127);
        int refused = 0;
        for (int i = 0; i < DOCUMENTS; i++) {
            byte[] document = document(random);
            String expected = trace(jacksons, document);
            refused += expected.contains("refused") ? 1 : 0;
            assertThat(trace(ours, document))
                    .as(new String(document, StandardCharsets.ISO_8859_1))
                    .isEqualTo(expected);
        }
        assertThat(refused).isBetween(DOCUMENTS / 20, DOCUMENTS / 2);
    }

    @Test
    void whatIsNoUnicodeIsFoundWhetherTheParserSawItOrNot() {
        SplittableRandom random = new SplittableRandom(7);
        RequestReader reader = new RequestReader(RequestLimits.DEFAULTS);
        int found = 0;
        for (int i = 0; i < DOCUMENTS / 10; i++) {
            byte[] document = ("{\"model\":\"m\","
                            + new String(longDocument(random), StandardCharsets.ISO_8859_1).substring(1))
                    .getBytes(StandardCharsets.ISO_8859_1);
            int invalid = JsonBytes.indexOfInvalidUnicode(document, 0, document.length);
            String answer = reader.read(ApiRoute.CHAT_COMPLETIONS, document).toString();
            assertThat(answer.contains("no Unicode character at byte " + invalid + " "))
                    .as(answer)
                    .isEqualTo(invalid != JsonBytes.NONE);
            found += invalid == JsonBytes.NONE ? 0 : 1;
        }
        assertThat(found).isBetween(DOCUMENTS / 100, DOCUMENTS / 11);
    }

    private static byte[] longDocument(SplittableRandom random) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("{\"messages\":[{\"role\":\"user\",\"content\":\"".getBytes(StandardCharsets.US_ASCII));
        int parts = random.nextInt(4);
        for (int i = 0; i < parts; i++) {
            out.writeBytes("x".repeat(random.nextInt(2_000)).getBytes(StandardCharsets.US_ASCII));
            byte[] piece = PIECES[random.nextInt(PIECES.length)];
            out.writeBytes(random.nextInt(8) == 0 ? DEFECTS[random.nextInt(DEFECTS.length)] : piece);
        }
        out.writeBytes("\"}],\"user\":\"".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(PIECES[random.nextInt(PIECES.length)]);
        out.writeBytes("\"}".getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }

    @Test
    void plainTextIsPassedOverAndOtherTextIsNot() {
        byte[] document = "[\"plain, 0123456789 0123456789 0123456789\",\"line\\n\",\"\u00e9\",1]"
                .getBytes(StandardCharsets.UTF_8);
        try (JsonParser parser = ours.createParser(ObjectReadContext.empty(), document, 0, document.length);
                JsonParser other = jacksons.createParser(ObjectReadContext.empty(), document, 0, document.length)) {
            parser.nextToken();
            parser.nextToken();
            assertThat(LongTextJsonFactory.passPlainText(parser)).isEqualTo(41);
            assertThat(LongTextJsonFactory.passPlainText(parser)).isEqualTo(-1);
            parser.nextToken();
            assertThat(LongTextJsonFactory.passPlainText(parser)).isEqualTo(-1);
            assertThat(parser.getString()).isEqualTo("line\n");
            parser.nextToken();
            assertThat(LongTextJsonFactory.passPlainText(parser)).isEqualTo(-1);
            assertThat(parser.getString()).isEqualTo("\u00e9");
            assertThat(parser.nextToken()).isEqualTo(JsonToken.VALUE_NUMBER_INT);
            other.nextToken();
            other.nextToken();
            assertThat(LongTextJsonFactory.passPlainText(other)).isEqualTo(-1);
        }
    }

    @Test
    void otherEncodingsAreLeftToJackson() {
        byte[] wide = "{\"a\":\"b\"}".getBytes(StandardCharsets.UTF_16LE);
        byte[] marked = "\ufeff{\"a\":\"b\"}".getBytes(StandardCharsets.UTF_8);

        assertThat(trace(ours, wide)).isEqualTo(trace(jacksons, wide));
        assertThat(trace(ours, marked)).isEqualTo(trace(jacksons, marked)).doesNotContain("refused");
        assertThat(trace(ours, new byte[0])).isEqualTo(trace(jacksons, new byte[0]));
    }

    private static byte[] document(SplittableRandom random) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("{\"messages\":[{\"content\":\"".getBytes(StandardCharsets.US_ASCII));
        text(random, out);
        out.writeBytes("\"}],\"n\":1,\"user\":\"".getBytes(StandardCharsets.US_ASCII));
        text(random, out);
        out.writeBytes("\"}".getBytes(StandardCharsets.US_ASCII));
        byte[] whole = out.toByteArray();
        return random.nextInt(10) == 0 ? java.util.Arrays.copyOf(whole, random.nextInt(whole.length)) : whole;
    }

    private static void text(SplittableRandom random, ByteArrayOutputStream out) {
        int pieces = random.nextInt(12);
        for (int i = 0; i < pieces; i++) {
            out.writeBytes(PIECES[random.nextInt(PIECES.length)]);
        }
        if (random.nextInt(20) == 0) {
            out.writeBytes(DEFECTS[random.nextInt(DEFECTS.length)]);
            out.writeBytes(PIECES[random.nextInt(PIECES.length)]);
        }
    }

    /** All tokens with their places, and how it ended. */
    private static String trace(JsonFactory factory, byte[] document) {
        StringBuilder seen = new StringBuilder();
        try (JsonParser parser = factory.createParser(ObjectReadContext.empty(), document, 0, document.length)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                seen.append(token)
                        .append('@')
                        .append(parser.currentTokenLocation().getByteOffset())
                        .append(' ');
            }
            seen.append("end@").append(parser.currentLocation().getByteOffset());
        } catch (JacksonException e) {
            seen.append("refused ").append(e.getOriginalMessage()).append('@');
            seen.append(e.getLocation() == null ? -1 : e.getLocation().getByteOffset());
        }
        return seen.toString();
    }
}
