package io.llmd.metrics.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Metrics pages, looked for by coverage; see CONTRIBUTING.md. */
class MetricsPageFuzzTest {

    static Stream<byte[]> pages() {
        return Stream.of(
                        "# TYPE a gauge\na{model=\"m\"} 1\na 2\n",
                        "a{model=\"x\\\"y\\n\",b=\"\"} NaN 123\na{} +Inf",
                        "a{model=\"m\" 1\na{model=m} 1e308\n\n\na",
                        "<html>a 1</html>\r\na 1\r\n")
                .map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    /** Never an exception, and the same samples whether a page comes whole or byte by byte. */
    @MethodSource("pages")
    @FuzzTest
    void page(byte[] data) {
        List<Double> whole = new ArrayList<>();
        PrometheusReader reader = reader(whole);
        reader.feed(data, 0, data.length);
        reader.end();
        List<Double> bytes = new ArrayList<>();
        PrometheusReader single = reader(bytes);
        for (int i = 0; i < data.length; i++) {
            single.feed(data, i, i + 1);
        }
        single.end();
        assertThat(bytes).isEqualTo(whole);
    }

    private static PrometheusReader reader(List<Double> values) {
        return new PrometheusReader.Builder()
                .want(MetricSpec.parse("a"), sample -> values.add(sample.value(-1e300, 1e300)))
                .want(MetricSpec.parse("a{model=m}"), sample -> values.add(-sample.value(-1e300, 1e300)))
                .build();
    }
}
