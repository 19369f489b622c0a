package io.llmd.autoscaler.actuator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import io.llmd.autoscaler.Decided;
import io.llmd.autoscaler.loop.DecisionLog;
import io.llmd.autoscaler.loop.DecisionLogs;
import io.llmd.testsupport.PemIdentity;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An API server asks over TLS, shows its certificate, and looks at ours. */
class ExternalMetricsServerIT {

    private static final String VALUES =
            "/apis/external.metrics.k8s.io/v1beta1/namespaces/n/autoscaler_replicas_desired";
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    Path folder;

    private final DecisionLog log = new DecisionLog();
    private PemIdentity ours;
    private PemIdentity frontProxy;
    private PemIdentity other;

    private record Answer(int status, String body, String shown) {}

    @BeforeEach
    void make() throws Exception {
        ours = PemIdentity.make(folder, "ours");
        frontProxy = PemIdentity.make(folder, "front-proxy");
        other = PemIdentity.make(folder, "other");
        DecisionLogs.add(log, Decided.cycle("c1", List.of()));
    }

    private ExternalMetricsServer server(@Nullable Path authority) throws IOException, GeneralSecurityException {
        ExternalMetricsServer server = new ExternalMetricsServer(
                new ExternalMetricsServer.Settings(
                        "127.0.0.1",
                        0,
                        new TlsFiles(ours.certificate(), ours.privateKey(), authority, Duration.ofMillis(20))),
                new ExternalMetrics(log, new Published(log, () -> 0, Duration.ofMinutes(5))));
        server.start();
        return server;
    }

    /** One question on a connection of its own. @param caller who asks; null for nobody in particular */
    private static Answer ask(ExternalMetricsServer server, @Nullable PemIdentity caller) throws Exception {
        AdvancedTlsX509KeyManager shows = new AdvancedTlsX509KeyManager();
        if (caller != null) {
            shows.updateIdentityCredentials(
                    caller.certificate().toFile(), caller.privateKey().toFile());
        }
        TrustManager all = AdvancedTlsX509TrustManager.newBuilder()
                .setVerification(Verification.INSECURELY_SKIP_ALL_VERIFICATION)
                .build();
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(new KeyManager[] {shows}, new TrustManager[] {all}, null);
        try (HttpClient client = HttpClient.newBuilder().sslContext(tls).build()) {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port() + VALUES))
                            .timeout(SOON)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            X509Certificate shown =
                    (X509Certificate) response.sslSession().orElseThrow().getPeerCertificates()[0];
            return new Answer(
                    response.statusCode(),
                    response.body(),
                    shown.getSubjectX500Principal().getName());
        }
    }

    private static void replace(Path file, Path by) throws IOException {
        Path next = file.resolveSibling("next");
        Files.copy(by, next, StandardCopyOption.REPLACE_EXISTING);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void onlyTheFrontProxyIsToldNumbers() throws Exception {
        try (ExternalMetricsServer server = server(frontProxy.certificate())) {
            Answer told = ask(server, frontProxy);
            assertThat(told.status()).isEqualTo(200);
            assertThat(told.body()).contains("\"metricName\":\"autoscaler_replicas_desired\"", "\"value\":\"5\"");
            assertThatThrownBy(() -> ask(server, other)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> ask(server, null)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aRotatedCertificateIsShownWithoutARestart() throws Exception {
        try (ExternalMetricsServer server = server(null)) {
            assertThat(ask(server, null).shown()).isEqualTo("CN=ours");
            replace(ours.certificate(), other.certificate());
            await("a certificate without its key is not shown")
                    .during(Duration.ofMillis(300))
                    .atMost(SOON)
                    .until(() -> ask(server, null).shown().equals("CN=ours"));
            replace(ours.privateKey(), other.privateKey());
            await("both are shown")
                    .atMost(SOON)
                    .until(() -> ask(server, null).shown().equals("CN=other"));
            Files.writeString(ours.certificate(), "no certificate");
            await("what is no certificate changes nothing")
                    .during(Duration.ofMillis(300))
                    .atMost(SOON)
                    .until(() -> ask(server, null).shown().equals("CN=other"));
        }
    }

    @Test
    void aRotatedAuthorityIsBelievedWithoutARestart() throws Exception {
        Path authority = folder.resolve("authority.crt");
        Files.copy(frontProxy.certificate(), authority);
        try (ExternalMetricsServer server = server(authority)) {
            assertThat(ask(server, frontProxy).status()).isEqualTo(200);
            replace(authority, other.certificate());
            await("the new authority is believed")
                    .atMost(SOON)
                    .ignoreExceptionsInstanceOf(IOException.class)
                    .until(() -> ask(server, other).status() == 200);
            assertThatThrownBy(() -> ask(server, frontProxy))
                    .as("the former is not")
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void aServerWithoutAnythingToShowDoesNotBegin() throws Exception {
        Files.writeString(ours.certificate(), "no certificate");
        assertThatThrownBy(() -> server(null)).isInstanceOf(GeneralSecurityException.class);
        replace(ours.certificate(), other.certificate());
        assertThatThrownBy(() -> server(null))
                .isInstanceOf(GeneralSecurityException.class)
                .hasMessageContaining("another key");
        Files.delete(ours.certificate());
        assertThatThrownBy(() -> server(null)).isInstanceOf(IOException.class);
    }

    @Test
    void aKeyOfAnotherFormIsRefusedByItsName() throws Exception {
        PemIdentity rsa = PemIdentity.makeRsa(folder, "rsa");
        replace(ours.certificate(), rsa.certificate());
        replace(ours.privateKey(), rsa.privateKey());
        try (ExternalMetricsServer server = server(null)) {
            assertThat(ask(server, null).shown()).isEqualTo("CN=rsa");
        }
        // PKCS #8 is a head of 26 bytes before what PKCS #1 holds, for keys of this size.
        byte[] pkcs8 = Base64.getMimeDecoder()
                .decode(Files.readString(rsa.privateKey()).replaceAll("-----[A-Z ]*-----", ""));
        PemIdentity.write(ours.privateKey(), "RSA PRIVATE KEY", Arrays.copyOfRange(pkcs8, 26, pkcs8.length));
        assertThatThrownBy(() -> server(null))
                .isInstanceOf(GeneralSecurityException.class)
                .hasMessageContaining("ours.key: RSA PRIVATE KEY (expected: PRIVATE KEY, as PKCS #8")
                .hasMessageContaining("openssl pkcs8 -topk8 -nocrypt");
    }
}
