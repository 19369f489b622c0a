package io.llmd.scheduler.api.extproc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.llmd.testsupport.PemIdentity;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates from files: shown, read again when one of them changes, and asked of proxies. */
class ServingIdentityIT {

    private static final ExtProcSettings SETTINGS = new ExtProcSettings(
            "envoy.lb",
            "envoy.lb.subset_hint",
            false,
            true,
            false,
            1000,
            1000,
            10,
            Duration.ofSeconds(30),
            Duration.ofMinutes(1));

    @TempDir
    Path folder;

    private ExtProcServer server(Path authority) throws IOException, GeneralSecurityException {
        ExternalProcessor processor =
                new ExternalProcessor(new ScriptedDoor(), SETTINGS, Runnable::run, System::nanoTime);
        ServingIdentity.Settings identity = new ServingIdentity.Settings(
                folder.resolve("first.crt"), folder.resolve("first.key"), authority, Duration.ofMillis(50));
        ExtProcServer server = new ExtProcServer(
                new ExtProcServer.Settings("127.0.0.1", 0, 0, identity, 4 << 20), processor, () -> true);
        server.start();
        return server;
    }

    private static String shown(int port) throws IOException, GeneralSecurityException {
        SSLContext trusting = SSLContext.getInstance("TLS");
        trusting.init(null, new TrustManager[] {new Trusting()}, null);
        try (Socket plain = new Socket("127.0.0.1", port);
                SSLSocket socket =
                        (SSLSocket) trusting.getSocketFactory().createSocket(plain, "127.0.0.1", port, true)) {
            socket.startHandshake();
            X509Certificate certificate = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            return certificate.getSubjectX500Principal().getName();
        }
    }

    @Test
    void aChangedCertificateIsShownAndOneThatDoesNotFitIsNot() throws Exception {
        PemIdentity.make(folder, "first");
        PemIdentity.make(folder, "second");
        try (ExtProcServer server = server(null)) {
            assertThat(shown(server.port())).isEqualTo("CN=first");
            Files.writeString(folder.resolve("first.crt"), "no certificate");
            touch("first.crt", 10);
            await().during(Duration.ofMillis(300))
                    .untilAsserted(() -> assertThat(shown(server.port())).isEqualTo("CN=first"));
            Files.copy(folder.resolve("second.key"), folder.resolve("first.key"), StandardCopyOption.REPLACE_EXISTING);
            Files.copy(folder.resolve("second.crt"), folder.resolve("first.crt"), StandardCopyOption.REPLACE_EXISTING);
            touch("first.crt", 20);
            await().untilAsserted(() -> assertThat(shown(server.port())).isEqualTo("CN=second"));
        }
    }

    @Test
    void itsEndIsThatOfTheCertificateThatIsShown() throws Exception {
        PemIdentity.make(folder, "first");
        try (ExtProcServer server = server(null)) {
            assertThat(server.certificateEnd().orElseThrow())
                    .isBetween(
                            Instant.now().plus(Duration.ofHours(47)),
                            Instant.now().plus(Duration.ofHours(49)));
        }
    }

    @Test
    void aKeyOfAnotherFormIsRefusedByItsNameAndWithWhatChangesIt() throws Exception {
        PemIdentity made = PemIdentity.makeRsa(folder, "first");
        Files.writeString(
                made.privateKey(), Files.readString(made.privateKey()).replace("PRIVATE KEY", "RSA PRIVATE KEY"));

        assertThatThrownBy(() -> server(null))
                .isInstanceOf(GeneralSecurityException.class)
                .hasMessageContaining("first.key: RSA PRIVATE KEY")
                .hasMessageContaining("openssl pkcs8 -topk8");
    }

    private void touch(String file, int seconds) throws IOException {
        Files.setLastModifiedTime(
                folder.resolve(file), FileTime.fromMillis(System.currentTimeMillis() + seconds * 1000L));
    }

    @Test
    void proxiesWithoutACertificateOfTheAuthorityAreNotServed() throws Exception {
        PemIdentity.make(folder, "first");
        PemIdentity.make(folder, "proxy");
        try (ExtProcServer server = server(folder.resolve("proxy.crt"))) {
            assertThatThrownBy(() -> check(server.port(), false)).isInstanceOf(StatusRuntimeException.class);
            assertThat(check(server.port(), true)).isEqualTo(ServingStatus.SERVING);
        }
    }

    private ServingStatus check(int port, boolean shows) throws IOException, InterruptedException {
        SslContextBuilder context = GrpcSslContexts.forClient().trustManager(InsecureTrustManagerFactory.INSTANCE);
        if (shows) {
            context.keyManager(
                    folder.resolve("proxy.crt").toFile(),
                    folder.resolve("proxy.key").toFile());
        }
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", port)
                .sslContext(context.build())
                .build();
        try {
            return HealthGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(10, TimeUnit.SECONDS)
                    .check(HealthCheckRequest.newBuilder()
                            .setService("readiness")
                            .build())
                    .getStatus();
        } finally {
            channel.shutdownNow();
            channel.awaitTermination(5, TimeUnit.SECONDS);
        }
    }

    private static final class Trusting implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
