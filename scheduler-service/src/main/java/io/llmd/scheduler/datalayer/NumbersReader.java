package io.llmd.scheduler.datalayer;

import io.llmd.metrics.page.MetricSpec;
import io.llmd.metrics.page.PrometheusReader;
import io.llmd.scheduler.datalayer.SeriesValue.Combine;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Picks a few numbers out of metrics pages and stores them with the endpoint. One that is missing does not stop the others. */
public final class NumbersReader implements PageReader {

    /**
     * A wanted number.
     *
     * @param key where it is stored, {@code type/producer}
     * @param spec where it is on the page
     */
    public record Number(String key, MetricSpec spec) {}

    private final List<Number> numbers;
    private final List<SeriesValue> values = new ArrayList<>();
    private final PrometheusReader page;

    /** A reader of {@code numbers}. */
    public NumbersReader(List<Number> numbers) {
        this.numbers = List.copyOf(numbers);
        PrometheusReader.Builder wanted = new PrometheusReader.Builder();
        for (Number number : numbers) {
            SeriesValue value = new SeriesValue(Combine.FIRST, 0, Double.MAX_VALUE);
            values.add(value);
            wanted.want(number.spec(), value::add);
        }
        page = wanted.build();
    }

    @Override
    public void reset() {
        page.reset();
        values.forEach(SeriesValue::reset);
    }

    @Override
    public void feed(byte[] bytes, int from, int to) {
        page.feed(bytes, from, to);
    }

    @Override
    public Reading finish(long nowNanos) {
        page.end();
        Map<String, Object> attributes = new HashMap<>();
        List<String> missing = new ArrayList<>(0);
        for (int i = 0; i < numbers.size(); i++) {
            double value = values.get(i).value();
            if (Double.isNaN(value)) {
                missing.add(numbers.get(i).spec().toString());
            } else {
                attributes.put(numbers.get(i).key(), value);
            }
        }
        return Reading.of(attributes, missing);
    }
}
