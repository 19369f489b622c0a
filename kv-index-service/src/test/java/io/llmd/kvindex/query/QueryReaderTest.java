package io.llmd.kvindex.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.contracts.prefix.PrefixMatchRequest;
import io.llmd.kv.key.KeyHasher;
import io.llmd.kv.key.KeyMode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.buffer.DataBufferLimitException;
import tools.jackson.databind.json.JsonMapper;

class QueryReaderTest {

    private final QueryReader reader = new QueryReader();
    private final PrefixQuery query = new PrefixQuery();
    private final KeyHasher hasher = KeyHasher.of(KeyMode.XXH64, "");
    private final PrefixMatcher matcher = new PrefixMatcher(
            new FilledPool(hasher), hasher, 4, TierWeights.DEFAULT, (nanos, blocks, most) -> {}, () -> 0);

    private void read(String json) throws QueryException {
        read(json, Integer.MAX_VALUE);
    }

    /** Reads a body that arrives in pieces. */
    private void read(String json, int pieceBytes) throws QueryException {
        query.begin();
        QueryReading reading = new QueryReading(query, QueryReading.Form.JSON, matcher, 1 << 20);
        pieces(json.getBytes(StandardCharsets.UTF_8), pieceBytes).forEach(reading::add);
        reading.finish(reader);
    }

    private void read(QueryReading.Form form, byte[] body, int pieceBytes) throws QueryException {
        query.begin();
        query.model = "m";
        QueryReading reading = new QueryReading(query, form, matcher, 1 << 20);
        pieces(body, pieceBytes).forEach(reading::add);
        reading.finish(reader);
    }

    private static List<ByteBuf> pieces(byte[] body, int pieceBytes) {
        List<ByteBuf> pieces = new ArrayList<>();
        for (int from = 0; from < body.length; ) {
            int to = (int) Math.min(body.length, from + (long) pieceBytes);
            pieces.add(Unpooled.wrappedBuffer(Arrays.copyOfRange(body, from, to)));
            from = to;
        }
        return pieces;
    }

    private List<Integer> tokens() {
        return Arrays.stream(query.tokens, 0, query.tokenCount).boxed().toList();
    }

    @Test
    void membersComeInAnyOrderAndUnknownOnesAreLeftOut() throws QueryException {
        read("""
                {"x": {"tokens": [9, {"y": "]"}]}, "tokens": [0, 2147483647 , 3], "z": null, "candidates": ["a/1"],
                 "cacheSalt": "s\\u00e4lt", "model": "m\\"x", "w": 1.5e3, "v": [true, false]}
                """);
        assertThat(tokens()).containsExactly(0, Integer.MAX_VALUE, 3);
        assertThat(query.model).isEqualTo("m\"x");
        assertThat(query.salt).isEqualTo("sält");
        assertThat(query.candidates).containsExactly("a/1");
    }

    @Test
    void whatTheContractWritesIsRead() throws QueryException {
        Random random = new Random(1);
        List<Integer> many = random.ints(10_000, 0, 150_000).boxed().toList();
        read(JsonMapper.shared()
                .writeValueAsString(new PrefixMatchRequest("m", many, List.of(), null, List.of("a", "b"))));
        assertThat(tokens()).isEqualTo(many);
        assertThat(query.candidates).containsExactlyInAnyOrder("a", "b");

        read(JsonMapper.shared()
                .writeValueAsString(new PrefixMatchRequest(
                        "m", List.of(), List.of("545d26412a51d38e", "906DA2CFDBCD5134"), null, List.of())));
        assertThat(Arrays.copyOf(query.keys, query.keyCount)).containsExactly(0x545d26412a51d38eL, 0x906da2cfdbcd5134L);
        assertThat(query.candidates).isEmpty();
    }

    /** The fast way must not read what the slow one would not, nor elsewhere. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"m\",\"tokens\" :\t[ 1 ,\n2\r,3 ] }",
                "{\"x\":\"\\\"tokens\\\":[9]\",\"model\":\"m\",\"tokens\":[1,2,3]}",
                "{\"x\":[{\"tokens\":[9]}],\"tokens\":[1,2,3],\"model\":\"m\"}",
                "{\"x\":\"tokens\",\"tokens\":[1,2,3],\"model\":\"m\"}",
                "{\"tokens\":null,\"tokens\":[1,2,3],\"model\":\"m\"}",
                "{\"t\\u006fkens\":[1,2,3],\"model\":\"m\"}",
                "{\"x\":\"\\\\\",\"tokens\":[1,2,3],\"model\":\"m\"}"
            })
    void onlyTheOutermostTokensCount(String json) throws QueryException {
        read(json);
        assertThat(tokens()).containsExactly(1, 2, 3);
        assertThat(query.model).isEqualTo("m");
    }

    /** Ids of all lengths, all ways to write a list, cut anywhere: read as a parser that is given the whole would. */
    @Property(tries = 300)
    void aListIsReadAlikeHoweverItArrives(
            @ForAll List<@IntRange(max = Integer.MAX_VALUE) Integer> large,
            @ForAll @Size(max = 40) List<@IntRange(max = 200_000) Integer> usual,
            @ForAll("separators") String separator,
            @ForAll @IntRange(min = 1, max = 40) int pieceBytes)
            throws QueryException {
        List<Integer> ids = Stream.of(usual, large, usual).flatMap(List::stream).toList();
        read(
                "{\"model\":\"m\",\"tokens\":["
                        + ids.stream().map(String::valueOf).collect(Collectors.joining(separator)) + "],\"x\":[1,2]}",
                pieceBytes);
        assertThat(tokens()).isEqualTo(ids);
        assertThat(query.hasTokens).isTrue();
        assertThat(query.model).isEqualTo("m");
    }

    @Provide
    Arbitrary<String> separators() {
        return Arbitraries.of(",", ", ", " ,", ",\n  ", "\t,\r\n");
    }

    /** One wrong byte anywhere in a list of ids: refused, or read as the parser reads it. */
    @Property(tries = 500)
    void whatIsNotOnlyIdsIsReadAsTheParserReadsIt(
            @ForAll @IntRange(min = 0, max = 60) int at,
            @ForAll @CharRange(from = ' ', to = '~') char other,
            @ForAll @IntRange(min = 1, max = 40) int pieceBytes) {
        String json = "{\"model\":\"m\",\"tokens\":[0,12,345, 6789,12345,678901,2345678,90123456,7]}";
        int place = Math.min(json.length() - 1, 22 + at);
        String changed = json.substring(0, place) + other + json.substring(place + 1);
        String fast = outcome(() -> read(changed, pieceBytes));
        String slow = outcome(() -> read(changed.replace("\"tokens\"", "\"t\\u006fkens\""), Integer.MAX_VALUE));
        assertThat(fast).as(changed).isEqualTo(slow);
    }

    private interface Reading {
        void run() throws QueryException;
    }

    private String outcome(Reading reading) {
        try {
            reading.run();
            return tokens().toString();
        } catch (QueryException e) {
            return e.code().wireName();
        }
    }

    @Property(tries = 100)
    void blocksOfTokensOfFourBytesGetTheirKeys(
            @ForAll @Size(max = 40) List<@IntRange(max = Integer.MAX_VALUE) Integer> ids,
            @ForAll @IntRange(min = 1, max = 70) int pieceBytes,
            @ForAll boolean isSalted)
            throws QueryException {
        ByteBuffer body = ByteBuffer.allocate(4 * ids.size()).order(ByteOrder.LITTLE_ENDIAN);
        ids.forEach(body::putInt);
        query.begin();
        query.model = "m";
        query.salt = isSalted ? "s" : null;
        QueryReading reading = new QueryReading(query, QueryReading.Form.TOKENS, matcher, 1 << 20);
        pieces(body.array(), pieceBytes).forEach(reading::add);
        reading.finish(reader);
        int[] tokens = ids.stream().mapToInt(Integer::intValue).toArray();
        long[] keys = new long[ids.size() / 4];
        long key = hasher.root("m");
        for (int i = 0; i < keys.length; i++) {
            key = hasher.next(key, tokens, 4 * i, 4, isSalted && i == 0 ? new String[] {"s"} : null);
            keys[i] = key;
        }
        assertThat(Arrays.copyOf(query.keys, query.keyCount)).isEqualTo(keys);
    }

    @Test
    void aNegativeTokenAndHalfOfOneAreNamed() {
        for (int pieceBytes = 1; pieceBytes <= 40; pieceBytes++) {
            int bytes = pieceBytes;
            for (int negative = 0; negative < 10; negative++) {
                int first = negative;
                byte[] body = new byte[40];
                body[4 * negative + 3] = (byte) 0x80;
                body[39] = (byte) 0x80;
                assertThatThrownBy(() -> read(QueryReading.Form.TOKENS, body, bytes))
                        .hasMessage("tokens[" + first + "]: no token id (expected: 0 to 2147483647)");
            }
            assertThatThrownBy(() -> read(QueryReading.Form.TOKENS, new byte[7], bytes))
                    .hasMessage("body: 7 bytes (expected: 4 for each token)");
        }
    }

    @Test
    void aBodyThatIsTooLongEndsTheReading() {
        query.begin();
        QueryReading reading = new QueryReading(query, QueryReading.Form.JSON, matcher, 10);
        List<ByteBuf> pieces = pieces(new byte[11], 5);
        reading.add(pieces.get(0));
        reading.add(pieces.get(1));
        assertThatThrownBy(() -> reading.add(pieces.get(2))).isInstanceOf(DataBufferLimitException.class);
    }

    @Test
    void hugeQueriesAreNotKept() throws QueryException {
        read("{\"model\":\"m\",\"tokens\":[1,2]}");
        assertThat(query.isKept()).isTrue();
        read(QueryReading.Form.TOKENS, new byte[1 << 20], 1 << 16);
        assertThat(query.isKept()).isTrue();
        query.reserveTokens(1 << 19);
        assertThat(query.isKept()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"model\":\"m\",\"tokens\":[1,-2]}|tokens[1]: no token id (expected: 0 to 2147483647)",
                "{\"model\":\"m\",\"tokens\":[2147483648]}|tokens[0]: no token id (expected: 0 to 2147483647)",
                "{\"model\":\"m\",\"tokens\":[1e3]}|tokens[0]: no token id (expected: 0 to 2147483647)",
                "{\"model\":\"m\",\"tokens\":[\"1\"]}|tokens[0]: no token id (expected: 0 to 2147483647)",
                "{\"model\":\"m\",\"tokens\":7}|tokens: a number (expected: a list)",
                "{\"model\":7,\"tokens\":[]}|model: a number (expected: text)",
                "{\"tokens\":[]}|model: missing (expected: the name of a model)",
                "{\"model\":\"m\"}|tokens: missing (expected: a list of token ids, or keys)",
                "{\"model\":\"m\",\"tokens\":[],\"keys\":[]}|tokens, keys: both (expected: one of them)",
                "{\"model\":\"m\",\"tokens\":[1],\"tokens\":[2]}|tokens: twice (expected: once)",
                "{\"keys\":[],\"keys\":[]}|keys: twice (expected: once)",
                "{\"keys\":[\"+00000000000000a\"]}|keys[0]: no key (expected: 16 hexadecimal digits, not 0)",
                "{\"keys\":[\"0000000000000000\"]}|keys[0]: no key (expected: 16 hexadecimal digits, not 0)",
                "{\"keys\":[17]}|keys[0]: no key (expected: 16 hexadecimal digits, not 0)",
                "{\"keys\":[],\"cacheSalt\":\"s\"}|cacheSalt: with keys (expected: only with tokens, for keys hold it already)",
                "{\"model\":\"m\",\"tokens\":[],\"candidates\":[1]}|candidates[]: a number (expected: text)"
            })
    void wrongValuesAreNamedWithWhatIsExpected(String json, String message) {
        assertThatThrownBy(() -> read(json)).isInstanceOf(QueryException.class).hasMessage(message);
    }

    @Test
    void bareKeysAreEightBytesEachAndNeverZero() throws QueryException {
        byte[] body = {0x4d, 3, 2, 1, 0, 0, 0, (byte) 0x90, 1, 0, 0, 0, 0, 0, 0, 0};
        read(QueryReading.Form.KEYS, body, 3);
        assertThat(query.keyCount).isEqualTo(2);
        assertThat(query.keys[0]).isEqualTo(0x900000000102034dL);
        assertThat(query.keys[1]).isEqualTo(1);
        assertThatThrownBy(() -> read(QueryReading.Form.KEYS, new byte[8], 8)).hasMessageContaining("keys[0]");
        assertThatThrownBy(() -> read(QueryReading.Form.KEYS, new byte[9], 8))
                .hasMessage("body: 9 bytes (expected: 8 for each key)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "7",
                "{",
                "{\"model\"",
                "{\"model\":\"m\",\"tokens\":[1",
                "{\"model\":\"m\",\"tokens\":[1,]}",
                "{\"model\":\"m\",\"tokens\":[01]}",
                "{\"model\":\"m\",\"tokens\":[]} x",
                "{\"model\":\"m\" \"tokens\":[]}"
            })
    void whatIsNoJsonIsSaidToBeNone(String json) {
        assertThatThrownBy(() -> read(json))
                .isInstanceOfSatisfying(
                        QueryException.class,
                        e -> assertThat(e.code().wireName()).isEqualTo("invalid_json"));
    }
}
