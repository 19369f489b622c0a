package io.llmd.simulator.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpositionTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0.0",
        "1, 1.0",
        "-3, -3.0",
        "0.001, 0.001",
        "0.0001, 0.0001",
        "0.00001, 1e-05",
        "0.000012, 1.2e-05",
        "2.5, 2.5",
        "999999, 999999.0",
        "1000000, 1e+06",
        "1234567, 1.234567e+06",
        "1234567.5, 1.2345675e+06",
        "1795370336.9101558, 1.7953703369101558e+09",
        "10000000000, 1e+010",
        "0.00015, 0.00015",
        "1e20, 1e+20",
        "NaN, NaN",
        "Infinity, +Inf"
    })
    void numbersLookLikePythonsClient(double value, String text) {
        assertThat(Exposition.number(value)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.0, 1, -3, 2.5, 999_999, 1_000_000, 3e9, 1e-5, Double.NaN, Double.POSITIVE_INFINITY})
    void samplesHaveTheseNumbers(double value) {
        assertThat(new Exposition().sample("a", Map.of(), value).toString())
                .isEqualTo("a " + Exposition.number(value) + "\n");
    }

    @Test
    void labelsAreSortedAndEscaped() {
        String text = new Exposition()
                .meter("a_total", "counter", "Help.")
                .sample("a_total", Map.of("z", "quo\"te", "b", "back\\slash\n"), 2)
                .toString();
        assertThat(text)
                .isEqualTo(
                        "# HELP a_total Help.\n# TYPE a_total counter\na_total{b=\"back\\\\slash\\n\",z=\"quo\\\"te\"} 2.0\n");
    }

    @Test
    void histogramBucketsAreCumulative() {
        Histogram histogram = new Histogram(1, 2.5);
        histogram.observe(1);
        histogram.observe(2);
        histogram.observe(9);
        String text = new Exposition()
                .histogram("h", Exposition.Labels.of(Map.of("engine", "0", "model_name", "m")), histogram.copy())
                .toString();
        assertThat(text).isEqualTo("""
                        h_bucket{engine="0",le="1.0",model_name="m"} 1.0
                        h_bucket{engine="0",le="2.5",model_name="m"} 2.0
                        h_bucket{engine="0",le="+Inf",model_name="m"} 3.0
                        h_count{engine="0",model_name="m"} 3.0
                        h_sum{engine="0",model_name="m"} 12.0
                        """);
    }

    @Test
    void tokenBucketsAreOneTwoFiveUpToTheModelLength() {
        assertThat(Histogram.oneTwoFive(500)).containsExactly(1, 2, 5, 10, 20, 50, 100, 200, 500);
        assertThat(Histogram.oneTwoFive(499)).endsWith(100, 200);
    }
}
