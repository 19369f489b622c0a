package io.llmd.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llmd.gateway.GatewayFixture;
import io.llmd.gateway.TlsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The public port over TLS. */
class ServerTlsIT {

    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    private Path folder;

    private Path served;
    private Path other;

    /** Two stores, each with a certificate for 127.0.0.1 that signs itself. */
    @BeforeEach
    void makeStores() throws Exception {
        served = folder.resolve("served.p12");
        other = store("other");
        Files.copy(store("first"), served);
    }

    private Path store(String name) throws Exception {
        return TlsServer.makeStore(Files.createDirectory(folder.resolve(name)));
    }

    @Test
    void clientsAreAnsweredOverTlsAndARotatedCertificateNeedsNoRestart() throws Exception {
        try (GatewayFixture gateway = gateway();
                HttpClient before = client(folder.resolve("first/peer.p12"), null);
                HttpClient after = client(other, null)) {
            assertThat(chat(gateway, before)).isEqualTo(200);
            assertThatThrownBy(() -> chat(gateway, after)).isInstanceOf(IOException.class);

            Files.copy(other, served, StandardCopyOption.REPLACE_EXISTING);

            await("the rotated certificate is shown")
                    .atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .until(() -> chat(gateway, after) == 200);
            gateway.awaitQuiet();
        }
    }

    @Test
    void clientsNeedACertificateWhereItIsAskedFor() throws Exception {
        try (GatewayFixture gateway = gateway(
                        "server.ssl.client-auth=need",
                        "spring.ssl.bundle.jks.public.truststore.location=file:" + other,
                        "spring.ssl.bundle.jks.public.truststore.password=changeit",
                        "spring.ssl.bundle.jks.public.truststore.type=PKCS12");
                HttpClient stranger = client(served, null);
                HttpClient known = client(served, other)) {
            assertThatThrownBy(() -> chat(gateway, stranger)).isInstanceOf(IOException.class);
            assertThat(chat(gateway, known)).isEqualTo(200);
            gateway.awaitQuiet();
        }
    }

    private GatewayFixture gateway(String... further) {
        List<String> properties = new ArrayList<>(List.of(
                "server.ssl.bundle=public",
                "management.server.ssl.enabled=false",
                "spring.ssl.bundle.jks.public.keystore.location=file:" + served,
                "spring.ssl.bundle.jks.public.keystore.password=changeit",
                "spring.ssl.bundle.jks.public.keystore.type=PKCS12",
                "spring.ssl.bundle.jks.public.reload-on-update=true",
                "spring.ssl.bundle.watch.file.quiet-period=100ms"));
        properties.addAll(List.of(further));
        return new GatewayFixture(1, properties.toArray(String[]::new));
    }

    private static int chat(GatewayFixture gateway, HttpClient client) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("https://127.0.0.1:" + gateway.port() + GatewayFixture.CHAT))
                .header("authorization", "Bearer " + GatewayFixture.KEY)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(GatewayFixture.BODY))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
    }

    private static HttpClient client(Path trusted, Path own) throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(keys(trusted));
        SSLContext context = SSLContext.getInstance("TLS");
        KeyManagerFactory shown = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        shown.init(own == null ? null : keys(own), PASSWORD);
        context.init(shown.getKeyManagers(), trust.getTrustManagers(), null);
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(context)
                .build();
    }

    private static KeyStore keys(Path file) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        return store;
    }
}
