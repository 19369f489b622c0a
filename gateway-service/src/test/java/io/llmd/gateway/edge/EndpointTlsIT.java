package io.llmd.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.gateway.GatewayFixture;
import io.llmd.gateway.TlsServer;
import io.llmd.testsupport.FakeModelServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Endpoints that are reached over TLS. */
class EndpointTlsIT {

    private static final String ANSWER = "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"hi\"}}]}";

    @TempDir
    private static Path stores;

    private static Path storeOfTrusted;
    private static Path storeOfStranger;

    @TempDir
    private Path folder;

    private TlsServer trusted;
    private TlsServer stranger;
    private GatewayFixture gateway;

    @BeforeAll
    static void makeStores() throws Exception {
        storeOfTrusted = TlsServer.makeStore(Files.createDirectory(stores.resolve("trusted")));
        storeOfStranger = TlsServer.makeStore(Files.createDirectory(stores.resolve("stranger")));
    }

    @BeforeEach
    void start() throws Exception {
        trusted = TlsServer.serve(Files.copy(storeOfTrusted, folder.resolve("trusted.p12")), ANSWER);
        stranger = TlsServer.serve(Files.copy(storeOfStranger, folder.resolve("stranger.p12")), ANSWER);
        gateway = trusting(trusted);
    }

    private static GatewayFixture trusting(TlsServer server) {
        return new GatewayFixture(
                0,
                "gateway.endpoints.tls=true",
                "gateway.endpoints.tls-bundle=endpoints",
                "spring.ssl.bundle.jks.endpoints.truststore.location=file:" + server.store(),
                "spring.ssl.bundle.jks.endpoints.truststore.password=changeit",
                "spring.ssl.bundle.jks.endpoints.truststore.type=PKCS12",
                "spring.ssl.bundle.jks.endpoints.reload-on-update=true",
                "spring.ssl.bundle.watch.file.quiet-period=100ms");
    }

    @AfterEach
    void stop() {
        gateway.awaitQuiet();
        gateway.close();
        trusted.close();
        stranger.close();
    }

    @Test
    @Tag("fault-F8")
    void anEndpointWithAnUnknownCertificateIsLeftForOneThatIsTrusted() {
        gateway.scheduler().serve("127.0.0.1", stranger.port()).serve("127.0.0.1", trusted.port());

        assertThat(gateway.chat().status()).isEqualTo(200);

        assertThat(stranger.bodies()).as("requests that got through").isEmpty();
        assertThat(trusted.bodies()).anyMatch(body -> body.contains("sim-8b"));
    }

    @Test
    void certificatesToTrustAreReplacedWithoutARestart() throws Exception {
        gateway.scheduler().serve("127.0.0.1", stranger.port());
        assertThat(gateway.chat().status()).isEqualTo(502);

        Files.copy(stranger.store(), trusted.store(), StandardCopyOption.REPLACE_EXISTING);

        await("the other authority is trusted")
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(gateway.chat().status()).isEqualTo(200));
    }

    @Test
    @Tag("fault-F8")
    void aCertificateForAnotherNameIsNotTrusted() {
        gateway.scheduler().serve("localhost", trusted.port());

        assertThat(gateway.chat().status()).isEqualTo(502);
        assertThat(trusted.bodies()).isEmpty();
    }

    @Test
    @Tag("fault-F8")
    void nothingIsSentWithoutEncryption() {
        try (FakeModelServer plain = FakeModelServer.start()) {
            gateway.scheduler().serve(plain);

            assertThat(gateway.chat().status()).isEqualTo(502);
            assertThat(plain.requests()).noneMatch(request -> request.text().contains("sim-8b"));
        }
    }

    @Test
    @Tag("fault-F8")
    void anExpiredCertificateIsNotTrusted() throws Exception {
        TlsServer expired = TlsServer.startExpired(Files.createDirectory(folder.resolve("expired")), ANSWER);
        try (GatewayFixture own = trusting(expired)) {
            own.scheduler().serve("127.0.0.1", expired.port());

            assertThat(own.chat().status()).isEqualTo(502);
            assertThat(expired.bodies()).isEmpty();
            own.awaitQuiet();
        } finally {
            expired.close();
        }
    }
}
