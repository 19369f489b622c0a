package io.llmd.kvindex.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llmd.kube.KubeException;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import io.llmd.testsupport.FakeKind;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pods of an API that the test is, as engines. */
class PodSourcesTest {

    private static final EngineSource FIXED = new EngineSource("default/a", 0, new ZmqAddress("10.0.0.1", 5557), null);

    private final FakeKind<Pod> pods = new FakeKind<>();
    private final List<List<EngineSource>> told = new CopyOnWriteArrayList<>();
    private final PodSources sources = sources(Duration.ofSeconds(30));

    private PodSources sources(Duration patience) {
        return new PodSources(
                List.of(FIXED),
                pods,
                new PodSources.Settings(List.of(8000, 8001), 5557, 5560, Duration.ofHours(1), patience),
                told::add);
    }

    @AfterEach
    void stop() {
        sources.close();
    }

    private void pod(String uid, String address, String labels, String ready) {
        pods.put("p", Serialization.unmarshal("""
                metadata: {name: p, namespace: n, uid: %s, labels: {%s}}
                status: {podIP: %s, conditions: [{type: Ready, status: '%s'}]}
                """.formatted(uid, labels, address, ready), Pod.class));
    }

    private static EngineSource engine(int rank, String host, int port, int replay) {
        return new EngineSource("n/p-rank-" + rank, 0, new ZmqAddress(host, port), new ZmqAddress(host, replay));
    }

    private List<EngineSource> last() {
        return told.isEmpty() ? List.of() : told.getLast();
    }

    @Test
    void eachRankOfAPodIsAnEngineFromTheStart() {
        pod("u", "10.0.0.7", "", "True");
        assertThat(sources.isKnown()).isFalse();
        sources.start();
        assertThat(sources.isKnown()).isTrue();
        assertThat(last()).containsExactly(FIXED, engine(0, "10.0.0.7", 5557, 5560), engine(1, "10.0.0.7", 5558, 5561));
    }

    @Test
    void podsComeChangeAndGo() {
        sources.start();
        assertThat(last()).containsExactly(FIXED);
        await("it watches").until(() -> pods.watches() == 1);
        pod("u", "10.0.0.7", "", "False");
        pod("u", "10.0.0.7", "", "True");
        await("it is ready").until(() -> last().size() == 3);
        pod("u", "10.0.0.8", "", "True");
        await("it has moved").untilAsserted(() -> assertThat(last()).contains(engine(0, "10.0.0.8", 5557, 5560)));
        int before = told.size();
        pod("u", "10.0.0.8", "app: other", "True");
        pods.remove("p");
        await("it is gone").until(() -> last().equals(List.of(FIXED)));
        assertThat(told).as("a change of what does not matter is not told").hasSize(before + 1);
    }

    @Test
    void labelsNameOtherPortsAndThoseOfNoUseTakeAwayTheirPodAlone() {
        pod("u", "10.0.0.7", "llm-d.ai/kv-events-port: '7000', llm-d.ai/kv-events-replay-port: '7100'", "True");
        sources.start();
        assertThat(last()).contains(engine(0, "10.0.0.7", 7000, 7100), engine(1, "10.0.0.7", 7001, 7101));
        pod("u", "10.0.0.7", "llm-d.ai/kv-events-port: none", "True");
        await("its label is of no use").until(() -> last().equals(List.of(FIXED)));
        pod("u", "10.0.0.7", "llm-d.ai/kv-events-port: '70000'", "True");
        pod("u", "10.0.0.7", "", "True");
        await("it is mended").until(() -> last().size() == 3);
    }

    @Test
    void whileTheApiIsAwayEnginesStay() {
        pod("u", "10.0.0.7", "", "True");
        sources.start();
        await("it watches").until(() -> pods.watches() == 1);
        int lists = pods.lists();
        pods.fail(new KubeException("away", 0, new IllegalStateException("fake")));
        pods.endWatches();
        await("it is asked in vain").until(() -> pods.lists() > lists + 1);
        assertThat(last()).hasSize(3);
        assertThat(sources.isKnown()).isTrue();
        pods.lose("p");
        pods.fail(null);
        await("what has gone meanwhile is gone").until(() -> last().equals(List.of(FIXED)));
    }

    @Test
    void aStartWithoutApiEndsAndIsNotReady() {
        pods.fail(new KubeException("away", 0, new IllegalStateException("fake")));
        try (PodSources late = sources(Duration.ofMillis(50))) {
            late.start();
            assertThat(late.isKnown()).isFalse();
            assertThat(told).isEmpty();
            pods.fail(null);
            await("it is back").until(late::isKnown);
            assertThat(last()).containsExactly(FIXED);
        }
    }
}
