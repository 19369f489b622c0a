package io.llmd.scheduler.datalayer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.scheduler.datalayer.FakeMetricsPage.Behaviour;
import io.llmd.scheduler.datalayer.ScrapeListener.Failure;
import io.llmd.scheduler.datalayer.SourceBinding.NamedExtractor;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsScraperIT {

    private static final ScrapeSettings SETTINGS = new ScrapeSettings(
            "/metrics",
            Duration.ofMillis(10),
            Duration.ofMillis(50),
            Duration.ofSeconds(5),
            Duration.ofMillis(300),
            1 << 20,
            1000);

    private final EndpointStore store = new EndpointStore(Duration.ofMillis(500), System::nanoTime);
    private final Set<Failure> failures = ConcurrentHashMap.newKeySet();
    private final AtomicInteger incomplete = new AtomicInteger();
    private final MetricsScraper scraper = new MetricsScraper(store, SETTINGS, listener(), System::nanoTime);
    private FakeMetricsPage page;

    @BeforeEach
    void start() throws IOException {
        page = new FakeMetricsPage();
        scraper.use(List.of(metrics(null)));
        scraper.start();
    }

    @AfterEach
    void stop() throws IOException {
        scraper.close();
        page.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "localhost"})
    void onePersistentConnectionBringsAllReadings(String host) {
        store.upsert(endpoint(host));
        await("first reading").until(() -> running() == 1);
        page.load(7, 2, 0.5, 100);
        await("next reading").until(() -> running() == 7);
        assertThat(store.snapshot()[0].fresh()).isTrue();
        assertThat(page.connections()).isEqualTo(1);
        assertThat(page.requests()).isGreaterThan(1);
        assertThat(failures).isEmpty();
    }

    @ParameterizedTest
    @Tag("bad-input-B93")
    @CsvSource({
        "STALL, TIMEOUT",
        "GARBAGE, CLOSED",
        "ERROR_STATUS, STATUS",
        "ENDLESS, TOO_LARGE",
        "EMPTY, INCOMPLETE",
        "GZIP, ENCODED",
        "NO_NUMBERS, INCOMPLETE"
    })
    void aFailedReadingLeavesTheLastOneToAgeAndTheScraperRecovers(Behaviour behaviour, Failure failure) {
        store.upsert(endpoint("127.0.0.1"));
        await("first reading").until(() -> running() == 1);
        page.behave(behaviour);
        await("failure").until(() -> failures.contains(failure));
        await("stale").until(() -> !store.snapshot()[0].fresh());
        assertThat(running()).isEqualTo(1);
        page.load(9, 0, 0, 100);
        page.behave(Behaviour.GOOD);
        await("recovery").until(() -> running() == 9 && store.snapshot()[0].fresh());
    }

    @Test
    void aServerThatClosesAfterEachAnswerIsNoFailure() {
        page.behave(Behaviour.CLOSE_AFTER_EACH);
        store.upsert(endpoint("127.0.0.1"));
        await("readings").until(() -> page.requests() >= 5);
        assertThat(running()).isEqualTo(1);
        assertThat(failures).isEmpty();
    }

    @Test
    void aChunkedPageIsReadLikeAnyOther() {
        page.behave(Behaviour.CHUNKED);
        store.upsert(endpoint("127.0.0.1"));
        await("first reading").until(() -> running() == 1);
        assertThat(page.connections()).isEqualTo(1);
        assertThat(failures).isEmpty();
    }

    @Test
    void onePartThatCannotBeLeavesTheRestFreshAndIsCounted() {
        store.upsert(endpoint("127.0.0.1"));
        await("first reading").until(() -> running() == 1);
        page.show("vllm:num_requests_running NaN\nvllm:num_requests_waiting 8\nvllm:kv_cache_usage_perc 0.25\n");
        await("next reading").until(() -> store.snapshot()[0].waitingRequests() == 8);
        assertThat(running()).isEqualTo(1);
        assertThat(store.snapshot()[0].fresh()).isTrue();
        await("count").until(() -> incomplete.get() > 0);
        await("stale, because the running requests stay unknown").until(() -> !store.snapshot()[0].fresh());
    }

    @Test
    void severalSourcesReadTheSameEndpointEachFromItsOwnPort() throws IOException {
        try (FakeMetricsPage models = new FakeMetricsPage()) {
            models.show("{\"data\":[{\"id\":\"base\"},{\"id\":\"tune-1\"}]}");
            scraper.use(List.of(
                    metrics(null),
                    new SourceBinding(
                            "models",
                            "models-data-source",
                            source(Content.MODELS, "/v1/models", models.port(), null),
                            List.of(new NamedExtractor("names", "models-data-extractor", new Models())))));
            store.upsert(endpoint("127.0.0.1"));
            await("both readings")
                    .until(() -> running() == 1
                            && List.of("base", "tune-1")
                                    .equals(store.snapshot()[0].attributes().get("/v1/models/names", List.class)));
            assertThat(models.lastRequest()).startsWith("GET /v1/models HTTP/1.1");
        }
    }

    @Test
    void sourcesAreExchangedWhileReadingAndThoseThatStayKeepTheirConnections() throws IOException {
        SourceBinding first = metrics(null);
        scraper.use(List.of(first));
        store.upsert(endpoint("127.0.0.1"));
        await("first reading").until(() -> running() == 1);
        int connections = page.connections();
        try (FakeMetricsPage other = new FakeMetricsPage()) {
            SourceBinding second = metrics(other.port());
            scraper.use(List.of(first, second));
            await("the new source").until(() -> other.requests() > 1);
            scraper.use(List.of(first));
            int before = other.requests();
            await("silence").during(Duration.ofMillis(200)).until(() -> other.requests() <= before + 1);
        }
        page.load(6, 0, 0, 100);
        await("next reading").until(() -> running() == 6);
        assertThat(page.connections()).isEqualTo(connections);
    }

    @Test
    void aNewStartTimeTellsOfARestart() {
        AtomicInteger restarts = new AtomicInteger();
        store.addListener(new EndpointListener() {
            @Override
            public void restarted(EndpointMetadata endpoint) {
                restarts.incrementAndGet();
            }
        });
        store.upsert(endpoint("127.0.0.1"));
        await("first reading").until(() -> running() == 1);
        page.load(2, 0, 0, 200);
        await("reading of the new process").until(() -> running() == 2 && restarts.get() == 1);
    }

    @Test
    void aListenerThatThrowsEndsNoReadings() {
        store.addListener(new EndpointListener() {
            @Override
            public void restarted(EndpointMetadata endpoint) {
                throw new IllegalStateException("a listener failed");
            }
        });
        store.upsert(endpoint("127.0.0.1"));
        await("first reading").until(() -> running() == 1);
        page.load(2, 0, 0, 200);
        await("reading of the new process").until(() -> running() == 2);
    }

    @Test
    @Tag("inference-api-A5")
    @DisplayName("A5: whoever is removed is not polled any more")
    void aRemovedEndpointIsNotAskedAnyMore() {
        store.upsert(endpoint("127.0.0.1"));
        await("first reading").until(() -> running() == 1);
        store.delete("ns/a");
        int before = page.requests();
        await("silence").during(Duration.ofMillis(200)).until(() -> page.requests() <= before + 1);
        assertThat(store.size()).isZero();
    }

    @Test
    void aPortThatNobodyListensAtIsAConnectFailure() throws IOException {
        page.close();
        store.upsert(endpoint("127.0.0.1"));
        await("failure").until(() -> failures.contains(Failure.CONNECT));
        assertThat(store.snapshot()[0].metrics().isKnown()).isFalse();
    }

    private ScrapeListener listener() {
        return new ScrapeListener() {
            @Override
            public void failed(String endpointId, String sourceType, Failure failure) {
                failures.add(failure);
            }

            @Override
            public void incomplete(String endpointId, String sourceType, String extractorType) {
                incomplete.incrementAndGet();
            }
        };
    }

    private static SourceBinding metrics(Integer port) {
        return new SourceBinding(
                "load",
                "metrics-data-source",
                source(Content.METRICS, null, port, null),
                List.of(new NamedExtractor("core", "core-metrics-extractor", new Load())));
    }

    private static PageSource source(Content content, String path, Integer port, PageTls tls) {
        return new PageSource(content, new PageSource.Settings(path, port, null, PageSource.Pace.LOAD, 0, tls));
    }

    private record Load() implements PageExtractor {
        @Override
        public Set<Content> understands() {
            return Set.of(Content.METRICS);
        }

        @Override
        public PageReader reader(EndpointMetadata endpoint, long keepNanos) {
            return new EngineMetricsReader(EngineMapping.BUILT_IN.get("vllm"), List.of("core"), keepNanos);
        }
    }

    private record Models() implements PageExtractor {
        @Override
        public Set<Content> understands() {
            return Set.of(Content.MODELS);
        }

        @Override
        public PageReader reader(EndpointMetadata endpoint, long keepNanos) {
            return new ModelListReader(List.of("/v1/models/names"));
        }
    }

    private EndpointMetadata endpoint(String host) {
        return new EndpointMetadata("ns/a", "a", host, page.port(), page.port(), Map.of(), 0);
    }

    private int running() {
        Endpoint[] endpoints = store.snapshot();
        return endpoints.length == 0 ? -1 : endpoints[0].runningRequests();
    }
}
