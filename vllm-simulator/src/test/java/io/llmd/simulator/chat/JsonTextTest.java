package io.llmd.simulator.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTextTest {

    @Test
    void valuesHaveASpaceAfterCommasAndColons() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("a", List.of(1, 2.5, true));
        map.put("b", Arrays.asList("x", null));
        map.put("c", Map.of());
        map.put("d", new ArrayList<>());
        assertThat(JsonText.of(map)).isEqualTo("{\"a\": [1, 2.5, true], \"b\": [\"x\", null], \"c\": {}, \"d\": []}");
    }

    @Test
    void onlyControlCharactersQuotesAndBackslashesAreEscaped() {
        assertThat(JsonText.of("\"\\\n\r\t\b\f\u0001ö🎉/")).isEqualTo("\"\\\"\\\\\\n\\r\\t\\b\\f\\u0001ö🎉/\"");
    }
}
