package io.llmd.simulator.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The expected positions and words are those of Python 3.11. */
class JsonMistakeTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"model\": \"tiny\", | 17 | Expecting property name enclosed in double quotes",
                "{ | 1 | Expecting property name enclosed in double quotes",
                "{\"a\" 1} | 5 | Expecting ':' delimiter",
                "{\"a\": 1 \"b\"} | 8 | Expecting ',' delimiter",
                "{\"a\": } | 6 | Expecting value",
                "[1,] | 3 | Expecting value",
                "[1 2] | 3 | Expecting ',' delimiter",
                "\"abc | 0 | Unterminated string starting at",
                "{\"a\": tru} | 6 | Expecting value",
                "{} x | 3 | Extra data",
                "01 | 1 | Extra data",
                "\"\\x\" | 1 | Invalid \\escape",
                "{\"a\": -} | 6 | Expecting value"
            })
    void mistakeIsFoundWherePythonFindsIt(String text, int position, String message) {
        assertThat(JsonMistake.in(text)).isEqualTo(new JsonMistake(position, message));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"{}", "[]", " {\"a\": [1, -2.5e+3, null, true, \"\\u00e9\\n\"]} ", "NaN", "-Infinity", "0.5"})
    void jsonHasNoMistake(String text) {
        assertThat(JsonMistake.in(text)).isNull();
    }

    @Test
    void placeIsDescribedByLineAndColumn() {
        String text = "{\n  1}";
        assertThat(JsonMistake.in(text))
                .isNotNull()
                .satisfies(mistake -> assertThat(mistake.described(text))
                        .isEqualTo("Expecting property name enclosed in double quotes: line 2 column 3 (char 4)"));
    }
}
