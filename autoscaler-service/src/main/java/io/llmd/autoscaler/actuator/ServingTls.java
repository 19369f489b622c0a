package io.llmd.autoscaler.actuator;

import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import io.grpc.util.CertificateUtils;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a server shows to callers and whose callers it serves, from files that are read again when they change, as those of a mounted
 * Secret do. Files that cannot be used, or of which only one has changed yet, leave what there was. Connections that are open go on.
 */
final class ServingTls implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ServingTls.class);

    private static final Pattern BEGIN_OF_KEY = Pattern.compile("-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----");

    private final TlsFiles files;
    private final AdvancedTlsX509KeyManager shown = new AdvancedTlsX509KeyManager();
    private final @Nullable AdvancedTlsX509TrustManager believed;
    private final ScheduledExecutorService watcher = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("autoscaler-certificates").factory());
    private List<byte[]> read = List.of();
    private String problem = "";
    private volatile Instant end = Instant.MAX;

    /**
     * Reads the files, and begins to look for changes.
     *
     * @throws IOException when a file cannot be read
     * @throws GeneralSecurityException when a file cannot be used
     */
    ServingTls(TlsFiles files) throws IOException, GeneralSecurityException {
        this.files = files;
        believed = files.clientAuthority() == null
                ? null
                : AdvancedTlsX509TrustManager.newBuilder()
                        .setVerification(Verification.CERTIFICATE_ONLY_VERIFICATION)
                        .build();
        readIfChanged();
        long nanos = files.reloadInterval().toNanos();
        watcher.scheduleWithFixedDelay(this::check, nanos, nanos, TimeUnit.NANOSECONDS);
    }

    /** What a server needs, to which protocols may be added. */
    SslContextBuilder context() {
        SslContextBuilder builder = SslContextBuilder.forServer(shown);
        return believed == null ? builder : builder.trustManager(believed).clientAuth(ClientAuth.REQUIRE);
    }

    /** When the first certificate of the chain that is shown now ends. */
    Instant end() {
        return end;
    }

    private void check() {
        try {
            if (readIfChanged()) {
                LOG.atInfo().addKeyValue("certificate", files.certificate()).log("certificates were read again");
            }
            problem = "";
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            String reason = String.valueOf(e.getMessage());
            if (!reason.equals(problem)) {
                problem = reason;
                LOG.atWarn()
                        .addKeyValue("certificate", files.certificate())
                        .addKeyValue("reason", reason)
                        .log("changed certificates are refused, those before stay");
            }
        }
    }

    private boolean readIfChanged() throws IOException, GeneralSecurityException {
        List<byte[]> now = new ArrayList<>(
                List.of(Files.readAllBytes(files.certificate()), Files.readAllBytes(files.privateKey())));
        Path authority = files.clientAuthority();
        if (authority != null) {
            now.add(Files.readAllBytes(authority));
        }
        if (Arrays.deepEquals(now.toArray(), read.toArray())) {
            return false;
        }
        X509Certificate[] chain = certificates(files.certificate(), now.getFirst());
        PrivateKey key = key(files.privateKey(), now.get(1));
        requirePair(chain[0].getPublicKey(), key);
        if (authority != null && believed != null) {
            believed.updateTrustCredentials(certificates(authority, now.getLast()));
        }
        shown.updateIdentityCredentials(chain, key);
        end = Arrays.stream(chain)
                .map(certificate -> certificate.getNotAfter().toInstant())
                .min(Comparator.naturalOrder())
                .orElse(Instant.MAX);
        read = now;
        return true;
    }

    private static X509Certificate[] certificates(Path file, byte[] pem) throws GeneralSecurityException {
        X509Certificate[] found = CertificateUtils.getX509Certificates(new ByteArrayInputStream(pem));
        if (found.length == 0) {
            throw new GeneralSecurityException(file + ": no certificate (expected: one in PEM)");
        }
        return found;
    }

    /** A key of another form is refused by its name, and with what makes it one that can be read. */
    private static PrivateKey key(Path file, byte[] pem) throws GeneralSecurityException {
        Matcher begin = BEGIN_OF_KEY.matcher(new String(pem, StandardCharsets.ISO_8859_1));
        String form = begin.find() ? begin.group(1) : "no private key";
        if (!form.equals("PRIVATE KEY")) {
            throw new GeneralSecurityException(file + ": " + form
                    + " (expected: PRIVATE KEY, as PKCS #8 in PEM; openssl pkcs8 -topk8 -nocrypt changes other keys)");
        }
        try {
            return CertificateUtils.getPrivateKey(new ByteArrayInputStream(pem));
        } catch (IOException | IllegalArgumentException e) {
            throw new GeneralSecurityException(file + ": not a key (expected: PKCS #8 in PEM)", e);
        }
    }

    /** While files are replaced one after the other, the certificate of one key may stand beside another key. */
    private void requirePair(PublicKey certified, PrivateKey key) throws GeneralSecurityException {
        Signature signature =
                Signature.getInstance(key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA");
        signature.initSign(key);
        byte[] signed = signature.sign();
        signature.initVerify(certified);
        if (!signature.verify(signed)) {
            throw new GeneralSecurityException(
                    files.privateKey() + ": another key (expected: that of " + files.certificate() + ")");
        }
    }

    @Override
    public void close() {
        watcher.shutdownNow();
    }
}
