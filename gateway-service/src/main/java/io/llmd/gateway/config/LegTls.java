package io.llmd.gateway.config;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/** How legs are encrypted. */
final class LegTls {

    private LegTls() {}

    /**
     * What connections need.
     *
     * @param setting name of the setting that names the bundle
     * @param bundle name of the bundle, empty for the certificates of the JDK
     * @param verifies whether certificates are checked
     */
    static SslContext context(String setting, String bundle, boolean verifies, @Nullable SslBundles bundles) {
        SslContextBuilder builder = SslContextBuilder.forClient();
        if (!bundle.isEmpty()) {
            if (bundles == null) {
                throw new IllegalStateException(setting + ": there are no bundles");
            }
            SslBundle named = bundles.getBundle(bundle);
            builder.trustManager(named.getManagers().getTrustManagerFactory());
            if (named.getStores().getKeyStore() != null) {
                builder.keyManager(named.getManagers().getKeyManagerFactory());
            }
        }
        if (!verifies) {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE).endpointIdentificationAlgorithm("");
        } else {
            builder.endpointIdentificationAlgorithm("HTTPS");
        }
        try {
            return builder.build();
        } catch (SSLException e) {
            throw new IllegalStateException(setting + ": " + bundle, e);
        }
    }
}
