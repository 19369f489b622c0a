package io.llmd.scheduler.plugin.filter;

import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.WireNamed;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InferenceRequest;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Keeps endpoints whose labels match a Kubernetes label selector; an empty selector keeps all. */
final class LabelSelectorFilter implements Filter {

    /** What an expression demands of a label. */
    enum Operator implements WireNamed {
        IN("In"),
        NOT_IN("NotIn"),
        EXISTS("Exists"),
        DOES_NOT_EXIST("DoesNotExist");

        private final String wireName;

        Operator(String wireName) {
            this.wireName = wireName;
        }

        @Override
        public String wireName() {
            return wireName;
        }
    }

    /**
     * @param key label name
     * @param operator what is demanded
     * @param values for In and NotIn
     */
    record Expression(String key, Operator operator, List<String> values) {
        Expression {
            values = List.copyOf(values);
            boolean needsValues = operator == Operator.IN || operator == Operator.NOT_IN;
            if (needsValues == values.isEmpty()) {
                throw new IllegalArgumentException("values: " + values + " (expected: "
                        + (needsValues ? "at least one" : "none") + " for " + operator.wireName() + ")");
            }
        }

        boolean matches(Map<String, String> labels) {
            String value = labels.get(key);
            return switch (operator) {
                case IN -> isListed(value);
                case NOT_IN -> !isListed(value);
                case EXISTS -> value != null;
                case DOES_NOT_EXIST -> value == null;
            };
        }

        private boolean isListed(@Nullable String value) {
            return value != null && values.contains(value);
        }
    }

    /**
     * @param matchLabels labels with these values
     * @param matchExpressions all must hold
     */
    record Params(Map<String, String> matchLabels, List<Expression> matchExpressions) {
        Params {
            matchLabels = Map.copyOf(matchLabels);
            matchExpressions = List.copyOf(matchExpressions);
        }

        boolean matches(Map<String, String> labels) {
            for (Map.Entry<String, String> label : matchLabels.entrySet()) {
                if (!label.getValue().equals(labels.get(label.getKey()))) {
                    return false;
                }
            }
            for (Expression expression : matchExpressions) {
                if (!expression.matches(labels)) {
                    return false;
                }
            }
            return true;
        }
    }

    private final Params selector;

    LabelSelectorFilter(Params selector) {
        this.selector = selector;
    }

    @Override
    public Candidates filter(InferenceRequest request, Candidates candidates) {
        return candidates.where(
                i -> selector.matches(candidates.get(i).metadata().labels()));
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "label-selector-filter";
        }

        @Override
        public List<String> aliases() {
            return List.of("by-label-selector");
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Filter create(String name, Params params) {
            return new LabelSelectorFilter(params);
        }
    }
}
