package io.llmd.scheduler.plugin.attribute;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static io.llmd.scheduler.scheduling.EndpointFixture.unscraped;
import static io.llmd.scheduler.scheduling.EndpointFixture.withAdapters;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.EndpointNumbers;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NumericAttributeTest {

    private final Candidates candidates = Candidates.of(endpoint("a", 3, 5, 0.25), unscraped("b"));

    @Test
    void engineMetricsHaveNamesAndAreMissingBeforeTheFirstReading() {
        assertThat(read("WaitingQueueSize", null)).containsExactly(3, Double.NaN);
        assertThat(read("RunningRequestsSize", null)).containsExactly(5, Double.NaN);
        assertThat(read("KVCacheUsagePercent", "core-metrics-extractor")).containsExactly(0.25, Double.NaN);
        assertThat(read("KVCacheUsagePercent", "")).containsExactly(0.25, Double.NaN);
        double[] most = new double[1];
        NumericAttribute.of("p", "MaxActiveModels", null)
                .read(Candidates.of(withAdapters("c", Set.of(), Set.of(), 7)), most);
        assertThat(most).containsExactly(7);
    }

    @Test
    void otherNumbersComeFromTheirProducer() {
        put("GPUUtilization", "dcgm-extractor", 0.5);
        assertThat(read("GPUUtilization", "dcgm-extractor")).containsExactly(Double.NaN, 0.5);
        assertThat(read("GPUUtilization", "other")).containsExactly(Double.NaN, Double.NaN);
        assertThat(read("GPUUtilization", null)).containsExactly(Double.NaN, Double.NaN);
    }

    @Test
    void anEmptyProducerIsTheFirstOneThatWroteTheNumber() {
        put("load", "z", 9);
        put("load", "b", 2);
        put("another", "a", 1);
        assertThat(read("load", "")).containsExactly(Double.NaN, 2);
    }

    @Test
    void whatOthersMustProduceIsNamed() {
        assertThat(NumericAttribute.of("p", "WaitingQueueSize", null).reads()).isEmpty();
        assertThat(NumericAttribute.of("p", "custom", null).reads())
                .containsExactly(DataKeys.numbers("custom", "core-metrics-extractor"));
        assertThat(NumericAttribute.of("p", "a/b", "mine").reads()).containsExactly(DataKeys.numbers("a/b", "mine"));
        assertThat(NumericAttribute.of("p", "a/b", "").reads()).containsExactly(DataKeys.numbers("a/b", ""));
    }

    @Test
    void aNameThatLooksLikeAKeyNeedsAProducer() {
        assertThatThrownBy(() -> NumericAttribute.of("p", "a/b", null))
                .hasMessage("p: a/b (expected: no slash, or a producer beside it)");
        assertThatThrownBy(() -> NumericAttribute.of("p", "", null))
                .hasMessage("p: \"\" (expected: the name of an attribute)");
    }

    private void put(String attribute, String producer, double secondNumber) {
        EndpointNumbers numbers = new EndpointNumbers(2);
        numbers.set(1, secondNumber);
        candidates.put(DataKeys.numbers(attribute, producer), numbers);
    }

    private double[] read(String attribute, @Nullable String producer) {
        double[] values = new double[2];
        NumericAttribute.of("p", attribute, producer).read(candidates, values);
        return values;
    }
}
