package io.llmd.scheduler.datalayer;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class EndpointStoreTest {

    private static final long SECOND = 1_000_000_000L;

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - SECOND);
    private final EndpointStore store = new EndpointStore(Duration.ofSeconds(2), clock::get);
    private final List<String> events = new ArrayList<>();

    @Test
    void theSnapshotIsOrderedByIdAndSharedUntilSomethingChanges() {
        store.upsert(endpoint("b", 1));
        store.upsert(endpoint("a", 2));
        Endpoint[] first = store.snapshot();
        assertThat(first).extracting(Endpoint::id).containsExactly("ns/a", "ns/b");
        assertThat(store.snapshot()).isSameAs(first);
        store.delete("ns/a");
        assertThat(store.snapshot()).extracting(Endpoint::id).containsExactly("ns/b");
        assertThat(first).hasSize(2);
    }

    @Test
    void aReadingIsFreshForTwoSecondsAcrossTheWrapOfTheClock() {
        EndpointMetadata a = endpoint("a", 1);
        store.upsert(a);
        assertThat(store.snapshot()[0].fresh()).isFalse();
        store.update(a, reading(clock.get()));
        assertThat(store.snapshot()[0].fresh()).isTrue();
        clock.addAndGet(2 * SECOND);
        assertThat(store.snapshot()[0].fresh()).isTrue();
        clock.addAndGet(1);
        assertThat(store.snapshot()[0].fresh()).isFalse();
        assertThat(store.snapshot()[0].runningRequests()).isEqualTo(3);
    }

    @Test
    void changedLabelsKeepTheMetricsAndAChangedAddressDropsThem() {
        listen();
        store.upsert(endpoint("a", 1));
        store.update(endpoint("a", 1), reading(clock.get()));
        store.upsert(new EndpointMetadata("ns/a", "a", "10.0.0.1", 1, 1, Map.of("role", "decode"), 0));
        assertThat(store.snapshot()[0].fresh()).isTrue();
        assertThat(store.snapshot()[0].metadata().labels()).containsEntry("role", "decode");
        store.upsert(endpoint("a", 9));
        assertThat(store.snapshot()[0].metrics().isKnown()).isFalse();
        assertThat(events).containsExactly("added 1", "removed 1", "added 9");
    }

    @Test
    void aLateReadingOfAReplacedEndpointIsIgnored() {
        store.upsert(endpoint("a", 9));
        store.update(endpoint("a", 1), reading(clock.get()));
        store.update(endpoint("gone", 1), reading(clock.get()));
        assertThat(store.snapshot()[0].metrics().isKnown()).isFalse();
        assertThat(store.size()).isEqualTo(1);
    }

    @Test
    void aLateListenerHearsOfAllEndpoints() {
        store.upsert(endpoint("a", 1));
        listen();
        store.restarted(endpoint("a", 1));
        store.delete("ns/a");
        store.delete("ns/a");
        assertThat(events).containsExactly("added 1", "restarted 1", "removed 1");
    }

    private void listen() {
        store.addListener(new EndpointListener() {
            @Override
            public void added(EndpointMetadata endpoint) {
                events.add("added " + endpoint.port());
            }

            @Override
            public void removed(EndpointMetadata endpoint) {
                events.add("removed " + endpoint.port());
            }

            @Override
            public void restarted(EndpointMetadata endpoint) {
                events.add("restarted " + endpoint.port());
            }
        });
    }

    private static EndpointMetadata endpoint(String name, int port) {
        return new EndpointMetadata("ns/" + name, name, "10.0.0.1", port, port, Map.of(), 0);
    }

    private static EndpointMetrics reading(long nanos) {
        return new EndpointMetrics(3, 1, 0.5, 16, 100, Map.of(), Map.of(), 0, nanos);
    }
}
