package io.llmd.simulator.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BodySchemaTest {
    private static final BodySchema SCHEMA = BodySchema.builder()
            .check(fields -> {
                if (fields.truthy("forbidden")) {
                    throw ApiException.parameter("`forbidden` is set.", "forbidden", 2.5);
                }
            })
            .required("input", FieldType.STRING)
            .optional("count", FieldType.INTEGER.atLeast(1).nullable())
            .optional("share", FieldType.NUMBER)
            .optional("flag", FieldType.BOOLEAN.nullable())
            .optional("word", FieldType.word("low", "high"))
            .optional(
                    "stop",
                    FieldType.anyOf(FieldType.STRING, FieldType.STRING.list().noLongerThan(2)))
            .optional("ids", FieldType.INTEGER.list(1))
            .optional(
                    "part",
                    BodySchema.builder()
                            .required("name", FieldType.STRING)
                            .build()
                            .asType())
            .build();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"input\":5} | body.input | {'type': 'string_type', 'loc': 'body.input', 'msg': 'Input should be a valid string', 'input': '5'}",
                "{} | body.input | {'type': 'missing', 'loc': 'body.input', 'msg': 'Field required', 'input': '<dict of 0 items>'}",
                "{\"input\":\"a\",\"count\":\"many\"} | body.count | {'type': 'int_parsing', 'loc': 'body.count', 'msg': 'Input should be a valid integer, unable to parse string as an integer', 'input': 'many'}",
                "{\"input\":\"a\",\"count\":2.5} | body.count | {'type': 'int_from_float', 'loc': 'body.count', 'msg': 'Input should be a valid integer, got a number with a fractional part', 'input': '2.5'}",
                "{\"input\":\"a\",\"count\":[]} | body.count | {'type': 'int_type', 'loc': 'body.count', 'msg': 'Input should be a valid integer', 'input': '<list of 0 items>'}",
                "{\"input\":\"a\",\"count\":0} | body.count | {'type': 'greater_than_equal', 'loc': 'body.count', 'msg': 'Input should be greater than or equal to 1', 'input': '0', 'ctx': {'ge': 1}}",
                "{\"input\":\"a\",\"share\":\"hot\"} | body.share | {'type': 'float_parsing', 'loc': 'body.share', 'msg': 'Input should be a valid number, unable to parse string as a number', 'input': 'hot'}",
                "{\"input\":\"a\",\"share\":null} | body.share | {'type': 'float_type', 'loc': 'body.share', 'msg': 'Input should be a valid number', 'input': 'None'}",
                "{\"input\":\"a\",\"flag\":\"maybe\"} | body.flag | {'type': 'bool_parsing', 'loc': 'body.flag', 'msg': 'Input should be a valid boolean, unable to interpret input', 'input': 'maybe'}",
                "{\"input\":\"a\",\"word\":\"it's\"} | body.word | {'type': 'literal_error', 'loc': 'body.word', 'msg': \"Input should be 'low' or 'high'\", 'input': \"it's\", 'ctx': {'expected': \"'low' or 'high'\"}}",
                "{\"input\":\"a\",\"ids\":[]} | body.ids | {'type': 'too_short', 'loc': 'body.ids', 'msg': 'List should have at least 1 item after validation, not 0', 'input': '<list of 0 items>', 'ctx': {'field_type': 'List', 'min_length': 1, 'actual_length': 0}}",
                "{\"input\":\"a\",\"ids\":[1,\"x\"]} | body.ids.1 | {'type': 'int_parsing', 'loc': 'body.ids.1', 'msg': 'Input should be a valid integer, unable to parse string as an integer', 'input': 'x'}",
                "{\"input\":\"a\",\"part\":{}} | body.part.name | {'type': 'missing', 'loc': 'body.part.name', 'msg': 'Field required', 'input': '<dict of 0 items>'}",
                "[1,2] | body | {'type': 'model_attributes_type', 'loc': 'body', 'msg': 'Input should be a valid dictionary or object to extract fields from', 'input': '<list of 2 items>'}",
                "null | body | {'type': 'missing', 'loc': 'body', 'msg': 'Field required', 'input': 'None'}",
                "~~ | body | {'type': 'missing', 'loc': 'body', 'msg': 'Field required', 'input': 'None'}",
                "{\"a\": | body.5 | {'type': 'json_invalid', 'loc': 'body.5', 'msg': 'JSON decode error', 'input': '<dict of 0 items>', 'ctx': {'error': 'Expecting value'}}"
            })
    void wrongValueIsToldAsVllmDoes(String body, String param, String error) {
        ApiException refused = refused(body);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.type()).isEqualTo("Bad Request");
        assertThat(refused.param()).isEqualTo(param);
        assertThat(refused.text()).isEqualTo("1 validation error:\n  " + error);
    }

    @Test
    void allWrongValuesAreToldInTheOrderOfTheSchema() {
        ApiException refused = refused("{\"share\":\"y\",\"count\":\"x\",\"stop\":[1,2,3]}");
        assertThat(refused.param()).isEqualTo("body.input");
        assertThat(refused.text().lines()).hasSize(6).first().isEqualTo("5 validation errors:");
        assertThat(refused.text())
                .containsSubsequence("body.input", "body.count", "body.share", "string_type", "too_long");
    }

    @Test
    void elevenErrorsAreNotAllTold() {
        ApiException refused = refused(
                "{\"input\":\"a\",\"ids\":[\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\"]}");
        assertThat(refused.text()).startsWith("11 validation errors:").endsWith("\n  ...and 1 more errors");
    }

    @Test
    void valuesThatMeanTheSameAreTaken() {
        RequestFields fields = read("{\"input\":\"a\",\"count\":\"3\",\"share\":\"0.5\",\"flag\":\"yes\"}");
        assertThat(fields.integer("count")).isEqualTo(3);
        assertThat(fields.number("share")).isEqualTo(0.5);
        assertThat(fields.bool("flag", false)).isTrue();
        RequestFields others = read("{\"input\":\"a\",\"count\":2.0,\"share\":true,\"flag\":0}");
        assertThat(others.integer("count")).isEqualTo(2);
        assertThat(others.number("share")).isEqualTo(1.0);
        assertThat(others.bool("flag", true)).isFalse();
    }

    @Test
    void checkComesBeforeTheTypes() {
        ApiException refused = refused("{\"forbidden\":1}");
        assertThat(refused.type()).isEqualTo("BadRequestError");
        assertThat(refused.text()).isEqualTo("`forbidden` is set. (parameter=forbidden, value=2.5)");
    }

    @Test
    void unknownFieldIsKept() {
        assertThat(read("{\"input\":\"a\",\"more\":[1]}").body().has("more")).isTrue();
    }

    @Test
    void bodyThatIsNoUtf8CannotBeParsed() {
        assertThatThrownBy(() -> SCHEMA.read(new byte[] {'{', (byte) 0xff}))
                .isInstanceOf(ApiException.class)
                .hasMessage("There was an error parsing the body");
    }

    private static RequestFields read(String body) {
        return SCHEMA.read(body.getBytes(StandardCharsets.UTF_8));
    }

    private static ApiException refused(String body) {
        return catchThrowableOfType(ApiException.class, () -> read(body));
    }
}
