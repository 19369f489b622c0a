package io.llmd.scheduler.api.extproc;

import io.grpc.netty.GrpcSslContexts;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate that the door for proxies shows: from files, which are read again when they change, or made at the start
 * when there are none. Proxies of a cluster usually do not check it.
 */
public final class ServingIdentity {

    private static final Logger LOG = LoggerFactory.getLogger(ServingIdentity.class);
    private static final int MAKE_SECONDS = 60;

    private ServingIdentity() {}

    /**
     * @param certificate PEM chain; {@code null} for one that is made
     * @param privateKey PEM key; {@code null} together with the chain
     * @param clientAuthority PEM authorities that a proxy's certificate has to come from; {@code null} when proxies need none
     * @param reloadInterval how often changed files are looked for
     */
    public record Settings(
            @Nullable Path certificate,
            @Nullable Path privateKey,
            @Nullable Path clientAuthority,
            Duration reloadInterval) {
        public Settings {
            if ((certificate == null) != (privateKey == null)) {
                throw new IllegalArgumentException(
                        "certificate, private-key: one of them is missing (expected: both or none)");
            }
            Objects.requireNonNull(reloadInterval, "reloadInterval");
        }
    }

    /**
     * A context for servers.
     *
     * @throws IOException when a file cannot be read
     * @throws GeneralSecurityException when a file holds no certificate or key
     */
    static SslContext context(Settings settings, ScheduledExecutorService timer)
            throws IOException, GeneralSecurityException {
        AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
        Path certificate = settings.certificate();
        Path privateKey = settings.privateKey();
        if (certificate == null || privateKey == null) {
            made(keys);
        } else {
            PemFiles files = new PemFiles(keys, certificate.toFile(), privateKey.toFile());
            files.read();
            long millis = settings.reloadInterval().toMillis();
            timer.scheduleWithFixedDelay(files::readIfChanged, millis, millis, TimeUnit.MILLISECONDS);
        }
        SslContextBuilder context = GrpcSslContexts.configure(SslContextBuilder.forServer(keys));
        Path authority = settings.clientAuthority();
        if (authority != null) {
            context.trustManager(authority.toFile()).clientAuth(ClientAuth.REQUIRE);
        }
        return context.build();
    }

    /** Reads both files again when one of them has changed; keeps what it has when they do not fit. */
    private static final class PemFiles {
        private final AdvancedTlsX509KeyManager keys;
        private final File certificate;
        private final File privateKey;
        private long changed;

        PemFiles(AdvancedTlsX509KeyManager keys, File certificate, File privateKey) {
            this.keys = keys;
            this.certificate = certificate;
            this.privateKey = privateKey;
        }

        void read() throws IOException, GeneralSecurityException {
            changed = lastChange();
            keys.updateIdentityCredentials(certificate, privateKey);
        }

        void readIfChanged() {
            if (lastChange() == changed) {
                return;
            }
            try {
                read();
                LOG.atInfo().log("the certificate for proxies was read again");
            } catch (IOException | GeneralSecurityException | RuntimeException e) {
                LOG.atWarn().setCause(e).log("the changed certificate for proxies cannot be read, the old one stays");
            }
        }

        private long lastChange() {
            return 31 * certificate.lastModified() + privateKey.lastModified();
        }
    }

    /** The JDK has no public class that signs certificates, but a command that every JRE carries. */
    private static void made(AdvancedTlsX509KeyManager keys) throws IOException, GeneralSecurityException {
        Path folder = Files.createTempDirectory("llmd-identity");
        Path store = folder.resolve("identity.p12");
        String password = UUID.randomUUID().toString();
        try {
            run(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-alias",
                    "llmd",
                    "-keyalg",
                    "EC",
                    "-groupname",
                    "secp256r1",
                    "-validity",
                    "3650",
                    "-dname",
                    "CN=llmd-scheduler",
                    "-ext",
                    "san=dns:localhost,ip:127.0.0.1",
                    "-storetype",
                    "PKCS12",
                    "-keystore",
                    store.toString(),
                    "-storepass",
                    password));
            KeyStore made = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(store)) {
                made.load(in, password.toCharArray());
            }
            PrivateKey key = (PrivateKey) made.getKey("llmd", password.toCharArray());
            X509Certificate[] chain = {(X509Certificate) made.getCertificate("llmd")};
            keys.updateIdentityCredentials(chain, key);
        } finally {
            Files.deleteIfExists(store);
            Files.deleteIfExists(folder);
        }
    }

    private static void run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            if (!process.waitFor(MAKE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException("keytool made no certificate (expected: exit code 0 within a minute)");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
            throw new IOException("interrupted while a certificate was made", e);
        }
    }
}
