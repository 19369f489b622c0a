package io.llmd.scheduler.plugin.response;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.ResponseAttributes;
import io.llmd.scheduler.scheduling.ResponseHook;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Works out a number from the token usage of each answer when it is complete, and reports it. What is 0, cannot be worked
 * out, or does not meet the condition is not reported.
 */
final class RequestAttributeReporter implements ResponseHook {

    /**
     * @param namespace what the number belongs to
     * @param name name of the number there
     */
    record Key(@Default("envoy.lb") String namespace, String name) {
        Key {
            namespace = namespace.isEmpty() ? "envoy.lb" : namespace;
            if (name.isEmpty()) {
                throw new IllegalArgumentException("name: \"\" (expected: text)");
            }
        }
    }

    /**
     * @param key where the number is reported
     * @param expression the number, in the Common Expression Language over {@code usage}
     * @param condition when it is reported; null for always
     */
    record Attribute(Key key, String expression, @Nullable String condition) {
        Attribute {
            UsageExpression.number("expression", expression);
            condition = condition == null || condition.isEmpty() ? null : condition;
            if (condition != null) {
                UsageExpression.condition("condition", condition);
            }
        }
    }

    /** @param attributes exactly one */
    record Params(List<Attribute> attributes) {
        Params {
            attributes = List.copyOf(attributes);
            if (attributes.size() != 1) {
                throw new IllegalArgumentException("attributes: " + attributes.size() + " (expected: exactly one)");
            }
        }
    }

    private final Key key;
    private final UsageExpression expression;
    private final @Nullable UsageExpression condition;
    private final ResponseAttributes attributes;

    RequestAttributeReporter(Params params, ResponseAttributes attributes) {
        Attribute attribute = params.attributes().getFirst();
        key = attribute.key();
        expression = UsageExpression.number("expression", attribute.expression());
        condition =
                attribute.condition() == null ? null : UsageExpression.condition("condition", attribute.condition());
        this.attributes = Objects.requireNonNull(attributes, "attributes");
    }

    @Override
    public void started(long leaseId, OutcomeReport report) {}

    @Override
    public void ended(long leaseId, OutcomeReport report) {
        if (condition != null && !Boolean.TRUE.equals(condition.evaluate(report.usage()))) {
            return;
        }
        if (expression.evaluate(report.usage()) instanceof Number number) {
            double value = number.doubleValue();
            if (value != 0 && Double.isFinite(value)) {
                attributes.reported(report.requestId(), key.namespace(), key.name(), value);
            }
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final ResponseAttributes attributes;

        Factory(ResponseAttributes attributes) {
            this.attributes = attributes;
        }

        @Override
        public String type() {
            return "request-attribute-reporter";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public ResponseHook create(String name, Params params) {
            return new RequestAttributeReporter(params, attributes);
        }
    }
}
