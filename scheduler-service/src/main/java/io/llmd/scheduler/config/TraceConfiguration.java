package io.llmd.scheduler.config;

import io.llmd.scheduler.observe.DecisionTraces;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Traces over OTLP, configured by the standard variables {@code OTEL_*} or properties {@code otel.*}. Without an exporter or
 * the address of one there are none.
 */
@Configuration(proxyBeanMethods = false)
@Conditional(TraceConfiguration.HasExporter.class)
class TraceConfiguration {

    private static final String EXPORTER = "otel.traces.exporter";
    private static final String ENDPOINT = "otel.exporter.otlp.endpoint";
    private static final String TRACES_ENDPOINT = "otel.exporter.otlp.traces.endpoint";
    private static final Map<String, String> DEFAULTS = Map.of(
            "otel.service.name",
            "llm-d-epp",
            EXPORTER,
            "otlp",
            "otel.metrics.exporter",
            "none",
            "otel.logs.exporter",
            "none",
            "otel.exporter.otlp.protocol",
            "http/protobuf",
            "otel.traces.sampler",
            "parentbased_traceidratio",
            "otel.traces.sampler.arg",
            "0.1");

    /** What may also be a property of the service; the variables of the environment are read in any case. */
    private static final List<String> PROPERTIES = List.of(
            EXPORTER,
            ENDPOINT,
            TRACES_ENDPOINT,
            "otel.exporter.otlp.protocol",
            "otel.exporter.otlp.traces.protocol",
            "otel.exporter.otlp.headers",
            "otel.exporter.otlp.timeout",
            "otel.bsp.schedule.delay",
            "otel.resource.attributes",
            "otel.service.name",
            "otel.traces.sampler",
            "otel.traces.sampler.arg");

    /** Whether traces have somewhere to go. */
    static final class HasExporter implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            Environment environment = context.getEnvironment();
            String exporter = environment.getProperty(EXPORTER, "");
            return exporter.isEmpty()
                    ? environment.containsProperty(ENDPOINT) || environment.containsProperty(TRACES_ENDPOINT)
                    : !exporter.equals("none");
        }
    }

    @Bean(destroyMethod = "close")
    OpenTelemetrySdk openTelemetry(Environment environment) {
        Map<String, String> given = new HashMap<>();
        for (String name : PROPERTIES) {
            String value = environment.getProperty(name);
            if (value != null && !value.isEmpty()) {
                given.put(name, value);
            }
        }
        return AutoConfiguredOpenTelemetrySdk.builder()
                .addPropertiesSupplier(() -> DEFAULTS)
                .addPropertiesCustomizer(ignored -> given)
                .disableShutdownHook()
                .build()
                .getOpenTelemetrySdk();
    }

    @Bean(initMethod = "start", destroyMethod = "close")
    DecisionTraces decisionTraces(OpenTelemetrySdk openTelemetry, MeterRegistry registry) {
        return new DecisionTraces(openTelemetry.getTracer("io.llmd.scheduler"), registry);
    }
}
