package io.llmd.scheduler.plugin.filter;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.WireNamed;
import io.llmd.scheduler.plugin.attribute.NumericAttribute;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Keeps endpoints for which a comparison of one of their numbers holds. */
final class EndpointAttributeFilter implements Filter {

    /** What becomes of an endpoint without the number. */
    enum OnMissing implements WireNamed {
        PASS("Pass"),
        FAIL("Fail");

        private final String wireName;

        OnMissing(String wireName) {
            this.wireName = wireName;
        }

        @Override
        public String wireName() {
            return wireName;
        }
    }

    /** The only algorithm. */
    enum Type {
        THRESHOLD
    }

    /** How the number is compared with the threshold. */
    enum Operator implements WireNamed {
        LESS_THAN("LessThan"),
        LESS_THAN_OR_EQUAL("LessThanOrEqual"),
        GREATER_THAN("GreaterThan"),
        GREATER_THAN_OR_EQUAL("GreaterThanOrEqual"),
        EQUAL("Equal"),
        NOT_EQUAL("NotEqual");

        private final String wireName;

        Operator(String wireName) {
            this.wireName = wireName;
        }

        @Override
        public String wireName() {
            return wireName;
        }

        boolean holds(double number, double threshold) {
            return switch (this) {
                case LESS_THAN -> number < threshold;
                case LESS_THAN_OR_EQUAL -> number <= threshold;
                case GREATER_THAN -> number > threshold;
                case GREATER_THAN_OR_EQUAL -> number >= threshold;
                case EQUAL -> number == threshold;
                case NOT_EQUAL -> number != threshold;
            };
        }
    }

    /**
     * @param operator how the number is compared
     * @param value what it is compared with
     */
    record Threshold(Operator operator, double value) {}

    /**
     * @param type the algorithm
     * @param threshold its settings
     */
    record Algorithm(Type type, Threshold threshold) {}

    /**
     * @param attribute name of the number
     * @param producer its producer; null for engine metrics, empty for whoever produces it
     * @param onMissing what becomes of endpoints without the number
     * @param fallbackOnEmpty whether all candidates stay when none would
     * @param algorithm the comparison
     */
    record Params(
            String attribute,
            @Nullable String producer,
            @Default("Pass") OnMissing onMissing,
            @Default("false") boolean fallbackOnEmpty,
            Algorithm algorithm) {
        Params {
            NumericAttribute.of("attribute", attribute, producer);
        }
    }

    private final Params params;
    private final NumericAttribute attribute;

    EndpointAttributeFilter(Params params) {
        this.params = params;
        attribute = NumericAttribute.of("attribute", params.attribute(), params.producer());
    }

    @Override
    public List<DataKey<?>> reads() {
        return attribute.reads();
    }

    @Override
    public Candidates filter(InferenceRequest request, Candidates candidates) {
        double[] numbers = new double[candidates.size()];
        attribute.read(candidates, numbers);
        Candidates kept = candidates.where(i -> passes(numbers[i]));
        return kept.isEmpty() && params.fallbackOnEmpty() ? candidates : kept;
    }

    private boolean passes(double number) {
        if (Double.isNaN(number)) {
            return params.onMissing() == OnMissing.PASS;
        }
        Threshold threshold = params.algorithm().threshold();
        return threshold.operator().holds(number, threshold.value());
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "endpoint-attribute-filter";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Filter create(String name, Params params) {
            return new EndpointAttributeFilter(params);
        }
    }
}
