package io.llmd.scheduler.plugin.attribute;

import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.EndpointNumbers;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * A number that endpoints have, by the name and producer that configurations give it. Engine metrics have the names of
 * llm-d's {@code core-metrics-extractor}; other numbers are what producers write as {@link EndpointNumbers}. Immutable.
 */
public final class NumericAttribute {

    private static final String CORE_PRODUCER = "core-metrics-extractor";

    private static final Map<String, ToDoubleFunction<EndpointMetrics>> CORE = Map.of(
            "KVCacheUsagePercent", EndpointMetrics::kvCacheUsage,
            "WaitingQueueSize", EndpointMetrics::waitingRequests,
            "RunningRequestsSize", EndpointMetrics::runningRequests,
            "MaxActiveModels", EndpointMetrics::maxActiveModels);

    private final String name;
    private final String producer;
    private final @Nullable ToDoubleFunction<EndpointMetrics> core;

    private NumericAttribute(String name, String producer) {
        this.name = name;
        this.producer = producer;
        boolean mayBeCore = producer.isEmpty() || producer.equals(CORE_PRODUCER);
        core = mayBeCore ? CORE.get(name) : null;
    }

    /**
     * An attribute.
     *
     * @param parameter name of the parameter that gives {@code name}, for messages
     * @param name name of the attribute
     * @param producer its producer; null for engine metrics, empty for whoever produces it
     * @throws IllegalArgumentException when the name is empty, or contains a slash and no producer is given
     */
    public static NumericAttribute of(String parameter, String name, @Nullable String producer) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException(parameter + ": \"\" (expected: the name of an attribute)");
        }
        if (producer == null && name.indexOf('/') >= 0) {
            throw new IllegalArgumentException(
                    parameter + ": " + name + " (expected: no slash, or a producer beside it)");
        }
        return new NumericAttribute(name, producer == null ? CORE_PRODUCER : producer);
    }

    /** Data that is read when somebody produces it. */
    public List<DataKey<?>> reads() {
        return core != null ? List.of() : List.of(DataKeys.numbers(name, producer));
    }

    /** Writes the number of each candidate at its position, NaN where it is missing. */
    public void read(Candidates candidates, double[] values) {
        EndpointNumbers numbers = core == null ? column(candidates) : null;
        for (int i = 0; i < values.length; i++) {
            if (numbers != null) {
                values[i] = numbers.at(candidates.slot(i));
            } else {
                EndpointMetrics metrics = candidates.get(i).metrics();
                values[i] = core != null && metrics.isKnown() ? core.applyAsDouble(metrics) : Double.NaN;
            }
        }
    }

    private @Nullable EndpointNumbers column(Candidates candidates) {
        return producer.isEmpty()
                ? candidates.dataOfAnyProducer(name, EndpointNumbers.class)
                : candidates.data(DataKeys.numbers(name, producer));
    }
}
