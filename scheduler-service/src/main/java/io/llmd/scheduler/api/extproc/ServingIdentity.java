package io.llmd.scheduler.api.extproc;

import io.grpc.netty.GrpcSslContexts;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.CertificateUtils;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate that the door for proxies shows: from files, which are read again when they change, or made at the start
 * when there are none. Proxies of a cluster usually do not check it.
 */
public final class ServingIdentity {

    private static final Logger LOG = LoggerFactory.getLogger(ServingIdentity.class);
    private static final Pattern BEGIN_OF_KEY = Pattern.compile("-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----");
    private static final int MAKE_SECONDS = 60;

    private final AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
    private final SslContext context;
    private volatile Instant end = Instant.MAX;

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
     * Reads or makes it.
     *
     * @param timer looks for changes of files
     * @throws IOException when a file cannot be read
     * @throws GeneralSecurityException when a file holds no certificate or key
     */
    ServingIdentity(Settings settings, ScheduledExecutorService timer) throws IOException, GeneralSecurityException {
        Path certificate = settings.certificate();
        Path privateKey = settings.privateKey();
        if (certificate == null || privateKey == null) {
            make();
        } else {
            PemFiles files = new PemFiles(certificate, privateKey);
            files.read();
            long millis = settings.reloadInterval().toMillis();
            timer.scheduleWithFixedDelay(files::readIfChanged, millis, millis, TimeUnit.MILLISECONDS);
        }
        SslContextBuilder builder = GrpcSslContexts.configure(SslContextBuilder.forServer(keys));
        Path authority = settings.clientAuthority();
        if (authority != null) {
            builder.trustManager(authority.toFile()).clientAuth(ClientAuth.REQUIRE);
        }
        context = builder.build();
    }

    /** A context for servers, which shows each time what is there then. */
    SslContext context() {
        return context;
    }

    /** When the first certificate of the chain that is shown now ends. */
    Instant end() {
        return end;
    }

    private void show(X509Certificate[] chain, PrivateKey key) throws GeneralSecurityException {
        keys.updateIdentityCredentials(chain, key);
        end = Arrays.stream(chain)
                .map(certificate -> certificate.getNotAfter().toInstant())
                .min(Comparator.naturalOrder())
                .orElse(Instant.MAX);
    }

    /** Reads both files again when one of them has changed; keeps what it has when they do not fit. */
    private final class PemFiles {
        private final Path certificate;
        private final Path privateKey;
        private long changed;

        PemFiles(Path certificate, Path privateKey) {
            this.certificate = certificate;
            this.privateKey = privateKey;
        }

        void read() throws IOException, GeneralSecurityException {
            changed = lastChange();
            show(chain(), key());
        }

        private X509Certificate[] chain() throws IOException, GeneralSecurityException {
            try (InputStream in = Files.newInputStream(certificate)) {
                X509Certificate[] chain = CertificateUtils.getX509Certificates(in);
                if (chain.length == 0) {
                    throw new GeneralSecurityException(certificate + ": no certificate (expected: one in PEM)");
                }
                return chain;
            }
        }

        /** A key of another form is refused by its name, and with what makes it one that can be read. */
        private PrivateKey key() throws IOException, GeneralSecurityException {
            byte[] pem = Files.readAllBytes(privateKey);
            Matcher begin = BEGIN_OF_KEY.matcher(new String(pem, StandardCharsets.ISO_8859_1));
            String form = begin.find() ? begin.group(1) : "no private key";
            if (!form.equals("PRIVATE KEY")) {
                throw new GeneralSecurityException(
                        privateKey + ": " + form
                                + " (expected: PRIVATE KEY, as PKCS #8 in PEM; openssl pkcs8 -topk8 -nocrypt changes other keys)");
            }
            return CertificateUtils.getPrivateKey(new ByteArrayInputStream(pem));
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
            return 31 * certificate.toFile().lastModified()
                    + privateKey.toFile().lastModified();
        }
    }

    /** The JDK has no public class that signs certificates, but a command that every JRE carries. */
    private void make() throws IOException, GeneralSecurityException {
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
            show(chain, key);
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
