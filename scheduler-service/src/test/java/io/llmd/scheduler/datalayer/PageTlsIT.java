package io.llmd.scheduler.datalayer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.llmd.scheduler.datalayer.ScrapeListener.Failure;
import io.llmd.scheduler.datalayer.SourceBinding.NamedExtractor;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.testsupport.PemIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageTlsIT {

    private static final byte[] PAGE =
            "vllm:num_requests_running 3\nvllm:num_requests_waiting 0\nvllm:kv_cache_usage_perc 0\n"
                    .getBytes(StandardCharsets.UTF_8);

    private final EndpointStore store = new EndpointStore(Duration.ofSeconds(5), System::nanoTime);
    private final Set<Failure> failures = ConcurrentHashMap.newKeySet();
    private final MetricsScraper scraper =
            new MetricsScraper(store, ScrapeSettings.DEFAULTS, listener(), System::nanoTime);

    @TempDir
    static Path folder;

    private static PemIdentity server;
    private static PemIdentity client;
    private HttpsServer page;

    @BeforeAll
    static void makeCertificates() throws Exception {
        server = PemIdentity.make(folder, "server");
        client = PemIdentity.make(folder, "client");
    }

    @BeforeEach
    void start() throws Exception {
        page = HttpsServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        page.setHttpsConfigurator(asking(server.serverThatTrusts(client)));
        page.createContext("/metrics", exchange -> {
            exchange.sendResponseHeaders(200, PAGE.length);
            exchange.getResponseBody().write(PAGE);
            exchange.close();
        });
        page.start();
    }

    @AfterEach
    void stop() {
        scraper.close();
        page.stop(0);
    }

    @Test
    void aTrustedEndpointIsReadWithOurCertificate() throws Exception {
        read(new PageTls(
                false,
                server.certificate().toString(),
                client.certificate().toString(),
                client.privateKey().toString()));
        await("reading").until(() -> store.snapshot()[0].runningRequests() == 3);
        assertThat(failures).isEmpty();
    }

    @Test
    void anyEndpointIsReadWhenNoneIsChecked() throws Exception {
        read(new PageTls(
                true, null, client.certificate().toString(), client.privateKey().toString()));
        await("reading").until(() -> store.snapshot()[0].runningRequests() == 3);
    }

    @Test
    void anEndpointThatNobodyVouchesForIsNotRead() throws Exception {
        read(new PageTls(
                false,
                null,
                client.certificate().toString(),
                client.privateKey().toString()));
        await("failure").until(() -> failures.contains(Failure.TLS));
        assertThat(store.snapshot()[0].metrics().isKnown()).isFalse();
    }

    @Test
    void withoutOurCertificateAnEndpointThatAsksForItIsNotRead() throws Exception {
        read(new PageTls(false, server.certificate().toString(), null, null));
        await("failure").until(() -> !failures.isEmpty());
        assertThat(store.snapshot()[0].metrics().isKnown()).isFalse();
    }

    @Test
    void filesThatCannotBeUsedAreNamed() throws IOException {
        Path garbage = Files.writeString(folder.resolve("garbage.pem"), "no certificate");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PageTls(false, folder.resolve("none.pem").toString(), null, null).context())
                .withMessageStartingWith("caCertPath: ")
                .withMessageEndingWith("none.pem (expected: a readable file)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PageTls(false, garbage.toString(), null, null).context())
                .withMessageEndingWith("garbage.pem (expected: PEM)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PageTls(true, null, garbage.toString(), garbage.toString()).context())
                .withMessageStartingWith("clientCertPath: ");
    }

    private void read(PageTls tls) {
        PageSource source = new PageSource(
                Content.METRICS, new PageSource.Settings(null, null, null, PageSource.Pace.LOAD, 0, tls));
        scraper.use(List.of(new SourceBinding(
                "m",
                "metrics-data-source",
                source,
                List.of(new NamedExtractor("c", "core-metrics-extractor", new Load())))));
        scraper.start();
        int port = page.getAddress().getPort();
        store.upsert(new EndpointMetadata("ns/a", "a", "127.0.0.1", port, port, Map.of(), 0));
    }

    private static HttpsConfigurator asking(SSLContext context) {
        return new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters asking = context.getDefaultSSLParameters();
                asking.setNeedClientAuth(true);
                parameters.setSSLParameters(asking);
            }
        };
    }

    private ScrapeListener listener() {
        return new ScrapeListener() {
            @Override
            public void failed(String endpointId, String sourceType, Failure failure) {
                failures.add(failure);
            }

            @Override
            public void incomplete(String endpointId, String sourceType, String extractorType) {}
        };
    }

    private record Load() implements PageExtractor {
        @Override
        public Set<Content> understands() {
            return Set.of(Content.METRICS);
        }

        @Override
        public PageReader reader(EndpointMetadata endpoint, long keepNanos) {
            return new EngineMetricsReader(EngineMapping.BUILT_IN.get("vllm"), List.of("c"), keepNanos);
        }
    }
}
