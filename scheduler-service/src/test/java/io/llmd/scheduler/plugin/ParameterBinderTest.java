package io.llmd.scheduler.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParameterBinderTest {

    enum Mode {
        FAST_PATH,
        SLOW
    }

    record Nested(@Default("7") int depth, @Nullable String note) {}

    record All(
            @Default("1") int count,
            @Default("2") long total,
            @Default("0.5") double ratio,
            @Default("true") boolean on,
            @Default("x") String text,
            @Default("1m30s") Duration timeout,
            @Default("fast-path") Mode mode,
            @Default("[a, b]") List<String> list,
            Map<String, String> labels,
            Nested nested,
            @Nullable Long maybe) {
        All {
            if (count < 0) {
                throw new IllegalArgumentException("count: " + count + " (expected: >= 0)");
            }
        }
    }

    @Test
    void whatIsLeftOutTakesItsDefault() {
        assertThat(ParameterBinder.bind(All.class, ""))
                .isEqualTo(new All(
                        1,
                        2,
                        0.5,
                        true,
                        "x",
                        Duration.ofSeconds(90),
                        Mode.FAST_PATH,
                        List.of("a", "b"),
                        Map.of(),
                        new Nested(7, null),
                        null));
    }

    @Test
    void everyTypeIsRead() {
        assertThat(ParameterBinder.bind(All.class, """
                        count: 3
                        total: 4000000000
                        ratio: 1e-3
                        on: off
                        text: 5
                        timeout: PT2S
                        mode: slow
                        list: []
                        labels: {a: 1, b: "x"}
                        nested: {depth: 8, note: hi}
                        maybe: 9
                        """))
                .isEqualTo(new All(
                        3,
                        4_000_000_000L,
                        0.001,
                        false,
                        "5",
                        Duration.ofSeconds(2),
                        Mode.SLOW,
                        List.of(),
                        Map.of("a", "1", "b", "x"),
                        new Nested(8, "hi"),
                        9L));
    }

    @Test
    void allProblemsAreFoundAtOnce() {
        assertThatThrownBy(() -> ParameterBinder.bind(All.class, """
                        count: 1.5
                        mode: SLOW
                        nested:
                          deep: 1
                        list: text
                        on: 1
                        """)).hasMessage("""
                        parameters:1:count: 1.5 (expected: a whole number)
                        parameters:2:mode: SLOW (expected: one of fast-path, slow)
                        parameters:4:nested.deep: unknown field (expected: one of [depth, note])
                        parameters:5:list: text (expected: a list)
                        parameters:6:on: 1 (expected: true or false)""");
    }

    @Test
    void aConstructorsMessageCarriesTheLineOfItsField() {
        assertThatThrownBy(() -> ParameterBinder.bind(All.class, "ratio: 1\ncount: -4\n"))
                .hasMessage("parameters:2:count: -4 (expected: >= 0)");
    }

    @Test
    void aFieldWithoutDefaultIsRequired() {
        record Required(String name) {}
        assertThatThrownBy(() -> ParameterBinder.bind(Required.class, "{}"))
                .hasMessage("parameters:1:name: is missing (expected: text)");
    }

    @ParameterizedTest
    @CsvSource({"200ms,200000000", "1m30s,90000000000", "1.5h,5400000000000", "0,0", "10us,10000", "PT0.5S,500000000"})
    void durationsAreReadInBothForms(String text, long nanos) {
        assertThat(GoDuration.parse(text)).hasNanos(nanos);
    }

    @ParameterizedTest
    @CsvSource({
        "5000,5000",
        "1G,1000000000",
        "500Mi,524288000",
        "1e3,1000",
        "1500m,2",
        "0.5k,500",
        "1E,1000000000000000000"
    })
    void quantitiesAreReadInTheFormOfKubernetes(String text, long value) {
        assertThat(Quantity.parse(text).value()).isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource({"10XB", "-1", "1e99", "16Ei", "''", "Mi", "1 G"})
    void whatIsNoQuantityIsRefused(String text) {
        assertThatThrownBy(() -> Quantity.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
