package io.llmd.scheduler.config;

import io.llmd.scheduler.api.Director;
import io.llmd.scheduler.api.extproc.ExtProcServer;
import io.llmd.scheduler.api.extproc.ExtProcSettings;
import io.llmd.scheduler.api.extproc.ExternalProcessor;
import io.llmd.scheduler.observe.DiscoveryHealth;
import io.llmd.scheduler.observe.FlowControlHealth;
import io.llmd.scheduler.observe.SchedulerMeters;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.security.GeneralSecurityException;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Puts the door for proxies together, where it is wanted. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty("scheduler.ext-proc.enabled")
class ExtProcConfiguration {

    @Bean
    ExternalProcessor externalProcessor(Director director, SchedulerProperties properties, MeterRegistry registry) {
        Thread.Builder threads = Thread.ofVirtual().name("ext-proc-", 0);
        ExtProcSettings settings =
                properties.extProc().processorSettings(properties.leases().requestDeadline());
        ExternalProcessor processor = new ExternalProcessor(director, settings, threads::start, System::nanoTime);
        Gauge.builder(SchedulerMeters.PROXIED_REQUESTS.getName(), processor, ExternalProcessor::open)
                .register(registry);
        Gauge.builder(SchedulerMeters.PROXIED_BODIES.getName(), processor, ExternalProcessor::heldBytes)
                .baseUnit("bytes")
                .register(registry);
        return processor;
    }

    @Bean(destroyMethod = "close")
    ExtProcServer extProcServer(
            ExternalProcessor processor,
            SchedulerProperties properties,
            ApplicationAvailability availability,
            DiscoveryHealth discovery,
            FlowControlHealth flowControl,
            MeterRegistry registry)
            throws IOException, GeneralSecurityException {
        ExtProcServer server = new ExtProcServer(
                properties.extProc().serverSettings(),
                processor,
                () -> availability.getReadinessState() == ReadinessState.ACCEPTING_TRAFFIC
                        && Status.UP.equals(discovery.health().getStatus())
                        && Status.UP.equals(flowControl.health().getStatus()));
        CertificateMeters.watch(registry, "ext-proc", server::certificateEnd);
        return server;
    }

    @Bean
    ExtProcLifecycle extProcLifecycle(ExtProcServer server, SchedulerProperties properties) {
        return new ExtProcLifecycle(server, properties.extProc().drainTimeout());
    }
}
