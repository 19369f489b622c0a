package io.llmd.gateway.config;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.dispatch.UpstreamClient;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/** Which legs of a sidecar are encrypted: as the endpoints' ids say for what they were named. */
final class SidecarTls {

    private SidecarTls() {}

    static UpstreamClient.Tls of(GatewayProperties.Sidecar settings, @Nullable SslBundles bundles) {
        boolean toDecoder = settings.decoder().getScheme().equals("https");
        if (!toDecoder && !settings.prefillerTls() && !settings.encoderTls()) {
            return UpstreamClient.Tls.NONE;
        }
        SslContext context = context(settings, bundles);
        return endpoint -> isEncrypted(endpoint, settings, toDecoder) ? context : null;
    }

    private static boolean isEncrypted(TargetEndpoint endpoint, GatewayProperties.Sidecar settings, boolean toDecoder) {
        String id = endpoint.id();
        if (id.startsWith("local/")) {
            return toDecoder;
        }
        return id.startsWith("encode/") ? settings.encoderTls() : settings.prefillerTls();
    }

    private static SslContext context(GatewayProperties.Sidecar settings, @Nullable SslBundles bundles) {
        SslContextBuilder builder = SslContextBuilder.forClient();
        if (!settings.tlsBundle().isEmpty()) {
            if (bundles == null) {
                throw new IllegalStateException("gateway.sidecar.tls-bundle: there are no bundles");
            }
            SslBundle bundle = bundles.getBundle(settings.tlsBundle());
            builder.trustManager(bundle.getManagers().getTrustManagerFactory());
            if (bundle.getStores().getKeyStore() != null) {
                builder.keyManager(bundle.getManagers().getKeyManagerFactory());
            }
        }
        if (!settings.tlsVerify()) {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE).endpointIdentificationAlgorithm("");
        } else {
            builder.endpointIdentificationAlgorithm("HTTPS");
        }
        try {
            return builder.build();
        } catch (SSLException e) {
            throw new IllegalStateException("gateway.sidecar.tls-bundle: " + settings.tlsBundle(), e);
        }
    }
}
