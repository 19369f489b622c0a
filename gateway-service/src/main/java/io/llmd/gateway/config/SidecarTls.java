package io.llmd.gateway.config;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.dispatch.UpstreamClient;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundles;

/** Which legs of a sidecar are encrypted: as the endpoints' ids say for what they were named. */
final class SidecarTls {

    private SidecarTls() {}

    static UpstreamClient.Tls of(GatewayProperties.Sidecar settings, @Nullable SslBundles bundles) {
        boolean toDecoder = settings.decoder().getScheme().equals("https");
        if (!toDecoder && !settings.prefillerTls() && !settings.encoderTls()) {
            return UpstreamClient.Tls.NONE;
        }
        LegTls leg = new LegTls("gateway.sidecar.tls-bundle", settings.tlsBundle(), settings.tlsVerify(), bundles);
        return endpoint -> isEncrypted(endpoint, settings, toDecoder) ? leg.get() : null;
    }

    private static boolean isEncrypted(TargetEndpoint endpoint, GatewayProperties.Sidecar settings, boolean toDecoder) {
        String id = endpoint.id();
        if (id.startsWith("local/")) {
            return toDecoder;
        }
        return id.startsWith("encode/") ? settings.encoderTls() : settings.prefillerTls();
    }
}
