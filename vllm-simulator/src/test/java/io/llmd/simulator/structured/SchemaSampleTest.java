package io.llmd.simulator.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.ToolCallSettings;
import java.util.LinkedHashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class SchemaSampleTest {

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
            {"type":"integer","minimum":3,"maximum":9}; [3-9]
            {"type":"integer","exclusiveMinimum":3,"exclusiveMaximum":5}; 4
            {"type":"integer","multipleOf":50}; 0|50|100
            {"type":"integer","multipleOf":2.5,"maximum":60}; 0|25|50
            {"type":"integer","minimum":500}; [56]\\d\\d
            {"type":"integer","maximum":-500}; -[56]\\d\\d
            {"type":"number","minimum":0.5,"maximum":0.6}; 0\\.(5\\d|60)
            {"type":"number","multipleOf":0.25,"maximum":1}; 0\\.(00|25|50|75)|1\\.00
            {"type":"boolean"}; true|false
            {"type":"null"}; null
            {"type":["null","boolean"]}; null|true|false
            {"enum":["a",1,null]}; "a"|1|null
            {"const":{"a":1}}; \\{"a":1}
            {"type":"string","minLength":8,"maxLength":12}; "[a-z ]{8,12}"
            {"type":"string","pattern":"^[A-Z]{2}-\\\\d+$"}; "[A-Z]{2}-\\d+"
            {"type":"string","format":"date"}; "\\d{4}-\\d\\d-\\d\\d"
            {"type":"string","format":"uuid"}; "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
            {"type":"string","format":"ipv4"}; "192\\.0\\.2\\.\\d+"
            {"type":"array","items":{"type":"boolean"},"minItems":2,"maxItems":3}; \\[(true|false)(,(true|false)){1,2}]
            {"type":"array","items":{"enum":[1,2]},"minItems":2,"maxItems":2,"uniqueItems":true}; \\[(1,2|2,1)]
            {"type":"array","prefixItems":[{"const":1},{"const":2}],"items":{"const":3},"maxItems":3}; \\[1,2(,3)?]
            {"properties":{"a":{"const":1},"b":{"const":2}},"required":["b"]}; \\{("a":1,)?"b":2}
            {"type":"object","required":["x"],"additionalProperties":{"const":0}}; \\{"x":0}
            {"type":"object","minProperties":2,"additionalProperties":{"const":0}}; \\{"field1":0,"field2":0}
            {"anyOf":[{"const":1},{"const":2}]}; [12]
            {"oneOf":[{"type":"integer"}],"minimum":7,"maximum":7}; 7
            {"allOf":[{"type":"object","required":["a"]},{"properties":{"a":{"const":1}},"required":["b"]},{"properties":{"b":{"const":2}}}]}; \\{"a":1,"b":2}
            {"$ref":"#/$defs/n","$defs":{"n":{"const":4}}}; 4
            {"type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["next"]}; (\\{"next":){1,20}null}{1,20}
            """)
    void valuesAreThoseThatTheSchemaAllows(String schema, String expected) {
        JsonNode parsed = Json.read(schema);
        for (int key = 0; key < 100; key++) {
            assertThat(sample(parsed, key).toString()).matches(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"uniqueItems\":true,\"minItems\":3,\"items\":{\"type\":\"boolean\"}}]}",
                "{\"type\":[\"null\",\"colour\"]}",
                "{\"oneOf\":[false,{\"type\":\"integer\"}]}",
                "{\"type\":\"array\",\"minItems\":12,\"items\":{\"oneOf\":[{\"$ref\":\"#/nowhere\"},{\"const\":1}]}}"
            })
    void branchWithoutValuesIsLeftForAnother(String schema) {
        JsonNode parsed = Json.read(schema);
        for (int key = 0; key < 200; key++) {
            assertThat(sample(parsed, key)).isNotNull();
        }
    }

    @Test
    void manyItemsAreMadeAsLongAsTheirTextIsNotTooLarge() {
        assertThat(sample(Json.read("{\"type\":\"array\",\"minItems\":10000}"), 1))
                .hasSizeGreaterThanOrEqualTo(10_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"array\",\"maxItems\":2147483647}",
                "{\"type\":\"array\",\"maxItems\":1e400}",
                "{\"type\":\"array\",\"maxItems\":-3}",
                "{\"type\":\"array\",\"maxItems\":{}}",
                "{\"type\":\"array\",\"uniqueItems\":{}}",
                "{\"type\":\"array\",\"prefixItems\":{\"a\":1}}",
                "{\"type\":\"array\",\"prefixItems\":[{}],\"items\":false}",
                "{\"type\":\"string\",\"maxLength\":-1}",
                "{\"type\":\"object\",\"properties\":[],\"minProperties\":[]}",
                "{\"type\":\"number\",\"minimum\":-1e308,\"maximum\":1e308}"
            })
    void strangeBoundsAreTakenForWhatTheyCanMean(String schema) {
        JsonNode parsed = Json.read(schema);
        for (int key = 0; key < 100; key++) {
            assertThat(Json.string(sample(parsed, key))).hasSizeLessThan(10_000);
        }
    }

    @Test
    void equalKeysGiveEqualValuesAndOthersDiffer() {
        JsonNode schema = Json.read("{\"type\":\"array\",\"items\":{\"type\":\"number\"},\"minItems\":3}");
        Set<JsonNode> values = new LinkedHashSet<>();
        for (int key = 0; key < 20; key++) {
            assertThat(sample(schema, key)).isEqualTo(sample(schema, key));
            values.add(sample(schema, key));
        }
        assertThat(values).hasSize(20);
    }

    @Test
    void optionalFieldsComeAsOftenAsTheSettingsSay() {
        JsonNode schema = Json.read("{\"properties\":{\"a\":{\"const\":1}}}");
        int given = 0;
        for (int key = 0; key < 1000; key++) {
            given += sample(schema, key).size();
        }
        assertThat(given).isBetween(430, 570);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "false",
                "{\"type\":\"colour\"}",
                "{\"type\":\"integer\",\"minimum\":3,\"maximum\":2}",
                "{\"type\":\"integer\",\"multipleOf\":0}",
                "{\"type\":\"string\",\"pattern\":\"(\"}",
                "{\"type\":\"string\",\"pattern\":\"a{123456}\"}",
                "{\"type\":\"string\",\"minLength\":5,\"maxLength\":4}",
                "{\"type\":\"string\",\"minLength\":1000000000}",
                "{\"type\":\"array\",\"items\":{\"const\":1},\"minItems\":2,\"uniqueItems\":true}",
                "{\"$ref\":\"#/nowhere\"}",
                "{\"$ref\":\"#\"}",
                "{\"$ref\":{}}",
                "{\"type\":{}}",
                "{\"type\":[{}]}",
                "{\"required\":[{}]}",
                "{\"type\":\"string\",\"format\":{}}",
                "{\"type\":\"string\",\"pattern\":{}}",
                "{\"allOf\":[{\"$ref\":[]}]}",
                "{\"type\":\"number\",\"minimum\":1e400}",
                "{\"type\":\"number\",\"maximum\":NaN}",
                "{\"type\":\"number\",\"multipleOf\":-Infinity}",
                "{\"type\":\"array\",\"minItems\":1000000000}",
                "{\"type\":\"array\",\"minItems\":500,\"items\":{\"type\":\"array\",\"minItems\":500}}",
                "{\"type\":\"object\",\"minProperties\":1000000000}",
                "{\"type\":\"array\",\"minItems\":1000,\"items\":{\"type\":\"string\",\"minLength\":1000}}",
                "{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"type\":\"array\",\"minItems\":4,\"items\":{\"$ref\":\"#/$defs/a\"}}}}",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]}"
            })
    void schemaWithoutValuesIsRefused(String schema) {
        assertThatExceptionOfType(UnsupportedSchemaException.class).isThrownBy(() -> sample(Json.read(schema), 1));
    }

    private static JsonNode sample(JsonNode schema, long key) {
        return SchemaSample.of(schema, ToolCallSettings.DEFAULTS, key);
    }
}
