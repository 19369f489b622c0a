package io.llmd.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonEditorTest {

    private static JsonMembers members(String json) {
        return Objects.requireNonNull(JsonMembers.read(json.getBytes(StandardCharsets.UTF_8)));
    }

    private static String edited(String json, UnaryOperator<JsonEditor> change) {
        return new String(change.apply(new JsonEditor(members(json))).toBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void valuesAreReplacedInTheirPlace() {
        assertThat(edited(
                        " { \"a\" : 1.50 , \"b\":\"é\\u0041\", \"c\":[1,{\"a\":2}] } \n",
                        e -> e.set("a", "2").set("c", "null")))
                .isEqualTo(" { \"a\" : 2 , \"b\":\"é\\u0041\", \"c\":null } \n");
    }

    @Test
    void newMembersGoFirst() {
        assertThat(edited("{\"a\":1}", e -> e.set("x", "[2]").setText("y", "\"q\"")))
                .isEqualTo("{\"x\":[2],\"y\":\"\\\"q\\\"\",\"a\":1}");
        assertThat(edited("{ }", e -> e.set("x", "2"))).isEqualTo("{\"x\":2 }");
    }

    @Test
    void removedMembersTakeTheirCommasAlong() {
        assertThat(edited("{\"a\":1, \"b\":2, \"c\":3}", e -> e.remove("a"))).isEqualTo("{\"b\":2, \"c\":3}");
        assertThat(edited("{\"a\":1, \"b\":2, \"c\":3}", e -> e.remove("b"))).isEqualTo("{\"a\":1, \"c\":3}");
        assertThat(edited("{\"a\":1, \"b\":2, \"c\":3 }", e -> e.remove("c").remove("b")))
                .isEqualTo("{\"a\":1 }");
        assertThat(edited("{\"a\":1, \"b\":2, \"c\":3}", e -> e.remove("a").remove("b")))
                .isEqualTo("{\"c\":3}");
        assertThat(edited("{\"a\":1,\"b\":2}", e -> e.remove("a").remove("b").set("x", "1")))
                .isEqualTo("{\"x\":1}");
        assertThat(edited("{\"a\":1}", e -> e.remove("none"))).isEqualTo("{\"a\":1}");
    }

    @Test
    void namesCountWithoutTheirEscapesAndInAllTheirPlaces() {
        assertThat(edited("{\"m\\u0069n\":1,\"a\":2,\"min\":3}", e -> e.remove("min")))
                .isEqualTo("{\"a\":2}");
        assertThat(edited("{\"q\\\"\":1,\"b\":2}", e -> e.remove("q\""))).isEqualTo("{\"b\":2}");
    }

    @Test
    void nestedObjectsAreEditedTheSameWay() {
        assertThat(edited(
                        "{\"a\":{\"x\": 1,\"y\":2}}",
                        e -> e.set("a", e.nested("a").remove("y").set("z", "3").toBytes())))
                .isEqualTo("{\"a\":{\"z\":3,\"x\": 1}}");
        assertThat(edited("{}", e -> e.set("a", e.nested("a").set("z", "3").toBytes())))
                .isEqualTo("{\"a\":{\"z\":3}}");
    }

    @Test
    void valuesAreRead() {
        JsonMembers json = members("{\"t\":\"a\\nb\",\"n\":12,\"f\":1.5,\"o\":{\"n\":-1},\"z\":null}");

        assertThat(json.text("t")).isEqualTo("a\nb");
        assertThat(json.text("n")).isNull();
        assertThat(json.number("n", -1)).isEqualTo(12);
        assertThat(json.number("f", -1)).isEqualTo(-1);
        assertThat(json.number("none", -1)).isEqualTo(-1);
        assertThat(new String(Objects.requireNonNull(json.bytes("o")), StandardCharsets.UTF_8))
                .isEqualTo("{\"n\":-1}");
        assertThat(Objects.requireNonNull(json.object("o")).number("n", 7)).isEqualTo(7);
        assertThat(json.object("z")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "1", "{", "{\"a\":1", "{\"a\":1}{", "{\"a\":1,}", "{'a':1}", "nope"})
    void whatIsNoObjectHasNoMembers(String text) {
        assertThat(JsonMembers.read(text.getBytes(StandardCharsets.UTF_8))).isNull();
    }
}
