package io.llmd.scheduler.config;

import io.llmd.scheduler.observe.DecisionTraces;
import io.llmd.scheduler.observe.SchedulerMeters;
import io.llmd.trace.LostSpans;
import io.llmd.trace.TraceExport;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Traces of decisions, when they have somewhere to go. */
@Configuration(proxyBeanMethods = false)
@Conditional(TraceConfiguration.HasExporter.class)
class TraceConfiguration {

    static final class HasExporter implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return TraceExport.isWanted(context.getEnvironment()::getProperty);
        }
    }

    @Bean
    LostSpans lostSpans(MeterRegistry registry) {
        LostSpans lost = new LostSpans();
        FunctionCounter.builder(SchedulerMeters.SPANS_LOST.getName(), lost, LostSpans::count)
                .register(registry);
        return lost;
    }

    @Bean(destroyMethod = "close")
    OpenTelemetrySdk openTelemetry(Environment environment, LostSpans lost) {
        return TraceExport.open("llm-d-epp", environment::getProperty, lost);
    }

    @Bean(initMethod = "start", destroyMethod = "close")
    DecisionTraces decisionTraces(OpenTelemetrySdk openTelemetry, MeterRegistry registry) {
        return new DecisionTraces(openTelemetry.getTracer("io.llmd.scheduler"), registry);
    }
}
