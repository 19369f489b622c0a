package io.llmd.scheduler.config;

import io.llmd.scheduler.explain.DecisionLog;
import io.llmd.scheduler.observe.BuildInfo;
import io.llmd.scheduler.observe.DeprecatedNames;
import io.llmd.scheduler.observe.FlowMeters;
import io.llmd.scheduler.observe.PluginMeters;
import io.llmd.scheduler.observe.RecordGauges;
import io.llmd.scheduler.observe.SchedulerObserver;
import io.llmd.scheduler.observe.TokenMeters;
import io.micrometer.core.instrument.MeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.info.GitProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Meters that no other part makes. */
@Configuration(proxyBeanMethods = false)
class MeterConfiguration {

    private static final String UNKNOWN = "unknown";

    @Bean
    PluginMeters pluginMeters(MeterRegistry registry) {
        return new PluginMeters(registry);
    }

    @Bean
    TokenMeters tokenMeters(MeterRegistry registry) {
        return new TokenMeters(registry);
    }

    @Bean
    FlowMeters flowMeters(MeterRegistry registry, SchedulerProperties properties, SchedulerObserver observer) {
        return new FlowMeters(registry, properties.pool(), observer);
    }

    @Bean
    RecordGauges recordGauges(MeterRegistry registry, DecisionLog decisionLog) {
        return new RecordGauges(registry, decisionLog);
    }

    /** What Micrometer cannot say: the build, and deprecated names when they are wanted. */
    @Bean
    SmartInitializingSingleton prometheusExtras(
            ObjectProvider<PrometheusRegistry> registries,
            ObjectProvider<GitProperties> git,
            SchedulerProperties properties) {
        return () -> registries.ifAvailable(registry -> {
            GitProperties commit = git.getIfAvailable();
            String version = MeterConfiguration.class.getPackage().getImplementationVersion();
            registry.register(new BuildInfo(
                    commit == null || commit.getShortCommitId() == null ? UNKNOWN : commit.getShortCommitId(),
                    version == null ? UNKNOWN : version));
            if (properties.meters().deprecatedNames()) {
                registry.register(new DeprecatedNames(registry));
            }
        });
    }
}
