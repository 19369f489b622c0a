package io.llmd.gateway.config;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

/**
 * How legs are encrypted. A bundle that changes, as rotated files make it, holds for connections from then on; one that cannot be
 * used leaves what there was. Safe from any thread.
 */
final class LegTls implements Supplier<SslContext> {

    private static final Logger log = LoggerFactory.getLogger(LegTls.class);

    private final String setting;
    private final boolean verifies;
    private volatile SslContext context;

    /**
     * What connections need.
     *
     * @param setting name of the setting that names the bundle
     * @param bundle name of the bundle, empty for the certificates of the JDK
     * @param verifies whether certificates are checked
     */
    LegTls(String setting, String bundle, boolean verifies, @Nullable SslBundles bundles) {
        this.setting = setting;
        this.verifies = verifies;
        if (bundle.isEmpty()) {
            context = contextOf(null);
        } else if (bundles == null) {
            throw new IllegalStateException(setting + ": there are no bundles");
        } else {
            context = contextOf(bundles.getBundle(bundle));
            bundles.addBundleUpdateHandler(bundle, this::changed);
        }
    }

    @Override
    public SslContext get() {
        return context;
    }

    private void changed(SslBundle bundle) {
        try {
            context = contextOf(bundle);
            log.atInfo().addKeyValue("setting", setting).log("certificates were read again");
        } catch (RuntimeException e) {
            log.atWarn().addKeyValue("setting", setting).setCause(e).log("changed certificates are refused");
        }
    }

    private SslContext contextOf(@Nullable SslBundle bundle) {
        SslContextBuilder builder = SslContextBuilder.forClient();
        if (bundle != null) {
            builder.trustManager(bundle.getManagers().getTrustManagerFactory());
            if (bundle.getStores().getKeyStore() != null) {
                builder.keyManager(bundle.getManagers().getKeyManagerFactory());
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
            throw new IllegalStateException(setting + ": its bundle cannot be used", e);
        }
    }
}
