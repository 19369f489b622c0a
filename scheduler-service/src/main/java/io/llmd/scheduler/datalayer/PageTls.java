package io.llmd.scheduler.datalayer;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.File;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * How pages are fetched over TLS. Files are PEM and are read when the source is made.
 *
 * @param isAnyServerTrusted whether the certificate of the endpoint is not checked
 * @param caFile authorities instead of those of the JDK
 * @param clientCertFile certificate chain of this scheduler
 * @param clientKeyFile its key, PKCS 8
 */
public record PageTls(
        boolean isAnyServerTrusted,
        @Nullable String caFile,
        @Nullable String clientCertFile,
        @Nullable String clientKeyFile) {

    /** @throws IllegalArgumentException when only one of certificate and key is given */
    public PageTls {
        if ((clientCertFile == null) != (clientKeyFile == null)) {
            throw new IllegalArgumentException((clientCertFile == null ? "clientCertPath" : "clientKeyPath")
                    + ": missing (expected: certificate and key together)");
        }
    }

    /** @throws IllegalArgumentException when a file cannot be used; the message begins with the parameter's name */
    SslContext context() {
        SslContextBuilder builder = SslContextBuilder.forClient().sslProvider(SslProvider.JDK);
        if (isAnyServerTrusted) {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE).endpointIdentificationAlgorithm(null);
        } else if (caFile != null) {
            apply("caCertPath", caFile, () -> builder.trustManager(readable("caCertPath", caFile)));
        }
        if (clientCertFile != null && clientKeyFile != null) {
            File certificate = readable("clientCertPath", clientCertFile);
            File key = readable("clientKeyPath", clientKeyFile);
            apply("clientCertPath", clientCertFile, () -> builder.keyManager(certificate, key));
        }
        try {
            return builder.build();
        } catch (SSLException e) {
            throw new IllegalArgumentException("TLS cannot be set up: " + e.getMessage(), e);
        }
    }

    private static void apply(String parameter, String file, Runnable step) {
        try {
            step.run();
        } catch (IllegalArgumentException e) {
            boolean isOurs = e.getMessage() != null && e.getMessage().startsWith(parameter + ": ");
            throw isOurs ? e : new IllegalArgumentException(parameter + ": " + file + " (expected: PEM)", e);
        }
    }

    private static File readable(String parameter, String path) {
        File file = new File(path);
        if (!file.isFile() || !file.canRead()) {
            throw new IllegalArgumentException(parameter + ": " + path + " (expected: a readable file)");
        }
        return file;
    }
}
