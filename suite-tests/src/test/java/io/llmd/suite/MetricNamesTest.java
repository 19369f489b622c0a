package io.llmd.suite;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MetricNamesTest {

    @Test
    void functionsLabelsAndDurationsAreNoMetrics() {
        assertThat(MetricNames.of("sum by (le, model) (rate(a_total{code=~\"5..\",x=\"b_total\"}[5m])) > 0.02"))
                .containsExactly("a_total");
    }

    @Test
    void bothSidesOfAnOperatorAreFound() {
        assertThat(MetricNames.of("abs(drift) > 5 and on (job) vllm:num_requests_waiting / queue_size == 1e3"))
                .containsExactly("drift", "queue_size", "vllm:num_requests_waiting");
    }

    @Test
    void histogramSeriesBecomeTheHistogram() {
        assertThat(MetricNames.of(
                        "histogram_quantile(0.99, sum by (le) (rate(ttft_seconds_bucket[$__rate_interval])))"))
                .containsExactly("ttft_seconds");
    }
}
