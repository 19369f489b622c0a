package io.llmd.kvindex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmd.testsupport.FakeKubeApi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The whole service, with engines of pods that an API on loopback tells of. */
class KubernetesIndexIT {

    private static final String PODS = "api/v1/pods";
    private static final String ADDRESS = "kubernetes.master";

    private final FakeKubeApi api = FakeKubeApi.start(PODS);
    private final FakeEngine first = new FakeEngine();
    private final FakeEngine second = new FakeEngine();

    @AfterEach
    void stop() {
        System.clearProperty(ADDRESS);
        first.close();
        second.close();
        api.close();
    }

    private void pod(String name, FakeEngine engine) {
        api.put(PODS, """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: %s
                  namespace: team
                  labels: {app: vllm, llm-d.ai/kv-events-port: "%d", llm-d.ai/kv-events-replay-port: "%d"}
                status: {podIP: 127.0.0.1, conditions: [{type: Ready, status: "True"}]}
                """.formatted(name, engine.port(), engine.replayPort()));
    }

    @Test
    void podsAreFollowedUnderTheIdsOfTheirEndpoints() {
        System.setProperty(ADDRESS, api.url("index"));
        first.store(null, 1, 11, 12);
        second.store(null, 1, 21);
        pod("p1", first);
        try (RunningIndex index = new RunningIndex(
                "--kv-index.kubernetes.enabled=true",
                "--kv-index.kubernetes.namespace=team",
                "--kv-index.kubernetes.endpoint-selector=app=vllm")) {
            await("what the engine held is known").until(() -> index.readiness() == 200);
            assertThat(index.query(8)).isEqualTo("team/p1-rank-0:2");
            pod("p2", second);
            await("another pod")
                    .untilAsserted(() -> assertThat(index.query(8)).isEqualTo("team/p1-rank-0:2 team/p2-rank-0:1"));
            api.remove(PODS, "team", "p1");
            await("it is gone").untilAsserted(() -> assertThat(index.query(8)).isEqualTo("team/p2-rank-0:1"));
        }
    }
}
