package io.llmd.scheduler.datalayer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.scheduler.datalayer.FakeMetricsPage.Behaviour;
import io.llmd.scheduler.datalayer.ScrapeListener.Failure;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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
    private final MetricsScraper scraper =
            new MetricsScraper(store, SETTINGS, (id, failure) -> failures.add(failure), System::nanoTime);
    private FakeMetricsPage page;

    @BeforeEach
    void start() throws IOException {
        page = new FakeMetricsPage();
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
    @CsvSource({"STALL, TIMEOUT", "GARBAGE, CLOSED", "ERROR_STATUS, STATUS", "ENDLESS, TOO_LARGE", "EMPTY, INCOMPLETE"})
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
        await("reading of the new process").until(() -> running() == 2);
        assertThat(restarts).hasValue(1);
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

    private EndpointMetadata endpoint(String host) {
        return new EndpointMetadata("ns/a", "a", host, page.port(), page.port(), Map.of(), 0);
    }

    private int running() {
        Endpoint[] endpoints = store.snapshot();
        return endpoints.length == 0 ? -1 : endpoints[0].runningRequests();
    }
}
