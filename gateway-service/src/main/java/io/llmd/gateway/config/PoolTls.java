package io.llmd.gateway.config;

import io.llmd.gateway.dispatch.HttpSchedulerClient;
import io.llmd.gateway.dispatch.UpstreamClient;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundles;

/** What a gateway of a pool reaches over TLS: its endpoints if they are to be, the scheduler if its URL says so. */
final class PoolTls {

    private PoolTls() {}

    static UpstreamClient.Tls of(GatewayProperties properties, @Nullable SslBundles bundles) {
        GatewayProperties.Scheduler scheduler = properties.scheduler();
        GatewayProperties.Endpoints endpoints = properties.endpoints();
        LegTls toScheduler = "https".equalsIgnoreCase(scheduler.url().getScheme())
                ? new LegTls("gateway.scheduler.tls-bundle", scheduler.tlsBundle(), scheduler.tlsVerify(), bundles)
                : null;
        LegTls toEndpoints = endpoints.tls()
                ? new LegTls("gateway.endpoints.tls-bundle", endpoints.tlsBundle(), endpoints.tlsVerify(), bundles)
                : null;
        return endpoint -> {
            LegTls leg = endpoint.id().equals(HttpSchedulerClient.SCHEDULER_ID) ? toScheduler : toEndpoints;
            return leg == null ? null : leg.get();
        };
    }
}
