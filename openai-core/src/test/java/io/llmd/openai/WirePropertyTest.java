package io.llmd.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Tag;

/** What holds for any bytes, and for any way in which they arrive. */
class WirePropertyTest {

    private static final RequestReader READER = new RequestReader(RequestLimits.DEFAULTS);

    private record Seen(
            long events,
            long content,
            int invalid,
            int skipped,
            boolean complete,
            boolean error,
            Object usage,
            Object finish,
            Object violation) {
        static Seen of(StreamScanner s) {
            return new Seen(
                    s.events(),
                    s.contentEvents(),
                    s.invalidEvents(),
                    s.skippedUsageMembers(),
                    s.isComplete(),
                    s.hasErrorEvent(),
                    s.usage(),
                    String.valueOf(s.finishReason()),
                    s.violation());
        }
    }

    @Provide
    Arbitrary<String> streams() {
        Arbitrary<String> pieces = Arbitraries.of(
                "data: {\"choices\":[{\"delta\":{\"content\":\"é\\\"}\\\\\"}}]}",
                "data: {\"usage\":{\"prompt_tokens\":\"12\",\"completion_tokens\":[]}}",
                "data:{\"error\":{}}",
                "data: [DONE]",
                "data: [DONE] ",
                "data: {",
                "data",
                "event: response.completed",
                "event:error",
                "data: {\"type\":\"response.output_text.delta\",\"delta\":\"x\"}",
                "data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\"}}",
                ": comment",
                ":",
                "id: 4",
                "nonsense");
        Arbitrary<String> ends = Arbitraries.of("\n", "\n\n", "\r\n", "\r\n\r\n", "\r", "\r\r", "");
        return net.jqwik.api.Combinators.combine(pieces, ends)
                .as(String::concat)
                .list()
                .ofMaxSize(12)
                .map(list -> String.join("", list));
    }

    @Property(tries = 400)
    void anyChunkingOfAStreamIsSeenTheSame(
            @ForAll("streams") String stream, @ForAll ApiRoute route, @ForAll long seed) {
        byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
        StreamScanner whole = new StreamScanner(route);
        whole.scan(bytes, 0, bytes.length);
        StreamScanner chunked = new StreamScanner(route);
        StreamScanner single = new StreamScanner(route);
        Random random = new Random(seed);
        int wholeEvents = 0;
        for (int from = 0; from < bytes.length; ) {
            int length = Math.min(bytes.length - from, random.nextInt(7));
            chunked.scan(bytes, from, length);
            wholeEvents = chunked.wholeEventBytes() > 0 ? from + chunked.wholeEventBytes() : wholeEvents;
            from += length;
        }
        for (int i = 0; i < bytes.length; i++) {
            single.scan(ByteBuffer.wrap(bytes, i, 1));
        }

        assertThat(Seen.of(chunked)).isEqualTo(Seen.of(whole));
        assertThat(Seen.of(single)).isEqualTo(Seen.of(whole));
        assertThat(wholeEvents).isEqualTo(whole.wholeEventBytes());
    }

    @Property(tries = 300)
    void scannersSurviveAnyBytes(@ForAll @Size(max = 300) byte[] bytes, @ForAll ApiRoute route) {
        StreamScanner scanner = new StreamScanner(route);
        scanner.scan(bytes, 0, bytes.length);
        scanner.endOfStream();

        assertThat(scanner.usage()).isNotNull();
        assertThat(UsageReader.fromBody(bytes)).isNotNull();
        assertThat(ModelList.parse(bytes)).isNotNull();
    }

    @Property(tries = 500)
    void readerSurvivesAnyBytes(@ForAll @Size(max = 200) byte[] bytes, @ForAll ApiRoute route) {
        byte[] object = new byte[bytes.length + 1];
        object[0] = '{';
        System.arraycopy(bytes, 0, object, 1, bytes.length);

        assertThat(READER.read(route, bytes)).isInstanceOf(ReadResult.Refused.class);
        assertThat(READER.read(route, object)).isInstanceOf(ReadResult.Refused.class);
    }

    @Property(tries = 500)
    void readerSurvivesDamagedBodies(@ForAll ApiRoute route, @ForAll long seed) {
        Random random = new Random(seed);
        byte[] body =
                ("{\"model\":\"m\",\"priority\":1,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
                                + "\"image_url\":{\"url\":\"data:image/png;base64,A\\/AA\"}}]}],\"prompt\":[[1],[2]],\"input\":\"\\ud83d\\ude00é\","
                                + "\"tokens\":[1],\"stop\":[\"x\"],\"metadata\":{\"a\":\"b\"},\"kv_transfer_params\":{}}")
                        .getBytes(StandardCharsets.UTF_8);
        for (int i = random.nextInt(3); i >= 0; i--) {
            body[random.nextInt(body.length)] = random.nextBoolean()
                    ? (byte) random.nextInt(256)
                    : (byte) "{}[]\",:\\u0a".charAt(random.nextInt(11));
        }

        ReadResult result = READER.read(route, body);

        if (result instanceof ReadResult.Accepted accepted) {
            byte[] edited = BodyEdits.apply(body, accepted.request().editsWithModel("n"));
            assertThat(READER.read(route, edited)).isInstanceOf(ReadResult.Accepted.class);
        } else {
            assertThat(((ReadResult.Refused) result).error().message()).hasSizeLessThan(300);
        }
    }

    @Provide
    Arbitrary<List<String>> members() {
        Arbitrary<String> names =
                Arbitraries.of("a", "é", "x y", "\\u0041", "seed", "modelx", "Priority", "", "@type", "\\\"q");
        Arbitrary<String> values = Arbitraries.of(
                "1",
                "-0.0",
                "9007199254740993",
                "1.0e+5",
                "true",
                "null",
                "\"text\"",
                "\"\\\"priority\\\":1,\"",
                "{}",
                "[ ]",
                "[1, {\"priority\" : 2}]",
                "{\"model\":\"inner\",\"b\":[null]}",
                "\"\\ud83d\\ude00 é\"");
        Arbitrary<String> spaces = Arbitraries.of("", "", " ", "\n\t", "  \r\n");
        return net.jqwik.api.Combinators.combine(names, values, spaces, spaces, spaces)
                .as((name, value, a, b, c) -> a + "\"" + name + "\"" + b + ":" + c + value + a)
                .list()
                .ofMaxSize(8);
    }

    @Property(tries = 400)
    @Tag("bad-input-B38")
    @Tag("bad-input-B42")
    void editsLeaveAllOtherBytesAsTheyAre(@ForAll("members") List<String> others, @ForAll long seed) {
        Random random = new Random(seed);
        List<String> kept = new ArrayList<>(others);
        kept.add(random.nextInt(others.size() + 1), " \"prompt\" :\"x\"");
        kept.add(random.nextInt(others.size() + 2), "\"model\": \"m\" ");
        List<String> all = new ArrayList<>(kept);
        for (String removed : List.of(
                "\"priority\":-7", "\"kv_transfer_params\" : {\"a\":[\"]}\"]}", "\"ec_transfer_params\":\"\\\",\"")) {
            if (random.nextInt(3) > 0) {
                all.add(random.nextInt(all.size() + 1), removed);
            }
        }
        byte[] body = ("{" + String.join(",", all) + "}\n").getBytes(StandardCharsets.UTF_8);

        ReadResult result = READER.read(ApiRoute.COMPLETIONS, body);

        assertThat(result).isInstanceOf(ReadResult.Accepted.class);
        List<BodyEdit> edits = ((ReadResult.Accepted) result).request().editsWithModel("other");
        assertThat(new String(BodyEdits.apply(body, edits), StandardCharsets.UTF_8))
                .isEqualTo(
                        ("{" + String.join(",", kept) + "}\n").replace("\"model\": \"m\" ", "\"model\": \"other\" "));
    }

    @Property(tries = 1_000)
    void strictUtf8IsWhatTheJdkCallsUtf8(@ForAll @Size(max = 24) byte[] bytes) {
        assertThat(JsonBytes.indexOfInvalidUnicode(withoutBackslashes(bytes), 0, bytes.length) == JsonBytes.NONE)
                .isEqualTo(isUtf8(withoutBackslashes(bytes)));
    }

    @Property(tries = 1_000)
    void anyTwoSequencesAreJudgedAsByTheJdk(
            @ForAll @net.jqwik.api.constraints.IntRange(min = 0xc0, max = 0xff) int lead,
            @ForAll byte second,
            @ForAll byte third,
            @ForAll byte fourth,
            @ForAll @net.jqwik.api.constraints.IntRange(max = 10) int padding) {
        byte[] bytes = ("a".repeat(padding) + "1234" + "b".repeat(9)).getBytes(StandardCharsets.US_ASCII);
        bytes[padding] = (byte) lead;
        bytes[padding + 1] = (byte) (second | 0x80);
        bytes[padding + 2] = (byte) (third | 0x80);
        bytes[padding + 3] = fourth;
        bytes = withoutBackslashes(bytes);

        assertThat(JsonBytes.indexOfInvalidUnicode(bytes, 0, bytes.length) == JsonBytes.NONE)
                .isEqualTo(isUtf8(bytes));
    }

    @Property
    void validTextIsValid(@ForAll String text) {
        byte[] bytes = withoutBackslashes(text.getBytes(StandardCharsets.UTF_8));

        assertThat(JsonBytes.indexOfInvalidUnicode(bytes, 0, bytes.length)).isEqualTo(JsonBytes.NONE);
    }

    private static byte[] withoutBackslashes(byte[] bytes) {
        byte[] copy = bytes.clone();
        for (int i = 0; i < copy.length; i++) {
            copy[i] = copy[i] == '\\' ? (byte) '/' : copy[i];
        }
        return copy;
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
