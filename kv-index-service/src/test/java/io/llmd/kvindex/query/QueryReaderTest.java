package io.llmd.kvindex.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.contracts.prefix.PrefixMatchRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class QueryReaderTest {

    private final QueryReader reader = new QueryReader();
    private final PrefixQuery query = new PrefixQuery();

    private void read(String json) throws QueryException {
        query.begin();
        reader.readJson(json.getBytes(StandardCharsets.UTF_8), query);
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

    @Test
    void bytesAreTokensOfFourEach() throws QueryException {
        query.begin();
        query.model = "m";
        ByteBuffer body = ByteBuffer.allocate(12)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(1)
                .putInt(70_000)
                .putInt(0);
        reader.readTokens(body.array(), query);
        assertThat(tokens()).containsExactly(1, 70_000, 0);
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
        PrefixQuery query = new PrefixQuery();
        query.begin();
        byte[] body = {0x4d, 3, 2, 1, 0, 0, 0, (byte) 0x90, 1, 0, 0, 0, 0, 0, 0, 0};
        new QueryReader().readKeys(body, query);
        assertThat(query.keyCount).isEqualTo(2);
        assertThat(query.keys[0]).isEqualTo(0x900000000102034dL);
        assertThat(query.keys[1]).isEqualTo(1);
        PrefixQuery wrong = new PrefixQuery();
        wrong.begin();
        assertThatThrownBy(() -> new QueryReader().readKeys(new byte[8], wrong)).hasMessageContaining("keys[0]");
        assertThatThrownBy(() -> new QueryReader().readKeys(new byte[9], wrong))
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
