package io.llmd.token.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonWriterTest {

    @Test
    void valuesHaveASpaceAfterCommasAndColons() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("a", List.of(1, 2.5, true));
        map.put("b", Arrays.asList("x", null));
        map.put("c", Map.of());
        map.put("d", List.of());
        assertThat(JsonWriter.ONE_LINE.write(map))
                .isEqualTo("{\"a\": [1, 2.5, true], \"b\": [\"x\", null], \"c\": {}, \"d\": []}");
    }

    @Test
    void onlyControlCharactersQuotesAndBackslashesAreEscaped() {
        assertThat(JsonWriter.ONE_LINE.write("\"\\\n\r\t\b\f\u0001ö🎉/"))
                .isEqualTo("\"\\\"\\\\\\n\\r\\t\\b\\f\\u0001ö🎉/\"");
    }
}
