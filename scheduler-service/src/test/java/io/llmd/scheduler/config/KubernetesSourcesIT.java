package io.llmd.scheduler.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.ConfigBuilder;
import io.llmd.kube.KubeClients;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.discovery.DiscoveryListener;
import io.llmd.scheduler.observe.DiscoveryHealth;
import io.llmd.scheduler.resource.PoolName;
import io.llmd.scheduler.resource.ResourceStore;
import io.llmd.testsupport.FakeKubeApi;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.health.contributor.Status;

/** Replicas of one scheduler, each a client of one Kubernetes API over a socket. */
@Timeout(120)
class KubernetesSourcesIT {

    private static final String PODS = "api/v1/pods";
    private static final String POOLS = "apis/inference.networking.k8s.io/v1/inferencepools";
    private static final String LEASES = "apis/coordination.k8s.io/v1/leases";
    private static final String OBJECTIVES = "apis/llm-d.ai/v1alpha2/inferenceobjectives";
    private static final String REWRITES = "apis/llm-d.ai/v1alpha2/inferencemodelrewrites";

    private FakeKubeApi api;

    @BeforeEach
    void start() {
        api = FakeKubeApi.start(PODS, POOLS, LEASES, OBJECTIVES, REWRITES);
        putPoolAndPod();
    }

    private void putPoolAndPod() {
        api.put(POOLS, """
                apiVersion: inference.networking.k8s.io/v1
                kind: InferencePool
                metadata: {name: pool, namespace: team}
                spec: {selector: {matchLabels: {app: vllm}}, targetPorts: [{number: 8000}]}
                """);
        api.put(PODS, """
                apiVersion: v1
                kind: Pod
                metadata: {name: p, namespace: team, labels: {app: vllm}}
                status: {podIP: 10.0.0.1, conditions: [{type: Ready, status: 'True'}]}
                """);
    }

    @AfterEach
    void stop() {
        api.close();
    }

    /** Machines that build are busy. */
    private static ConditionFactory soon(String what) {
        return await(what).atMost(40, TimeUnit.SECONDS);
    }

    @Test
    @Tag("inference-api-A34")
    @Tag("ext-proc-P33")
    @DisplayName("A34, P33: the leader's network is cut, its process goes on; the other one serves after the lease")
    void whenTheLeaderIsCutOffTheOtherOneServesAfterTheLease() {
        try (Replica first = new Replica("first", "3s", "1s")) {
            soon("the first one leads").until(first.sources::isReady);
            try (Replica second = new Replica("second", "3s", "1s")) {
                soon("both know the pod").until(() -> second.store.snapshot().length == 1);
                soon("and who leads")
                        .untilAsserted(
                                () -> assertThat(second.sources.problem()).isEqualTo("another replica leads"));
                assertThat(second.sources.isReady()).isFalse();
                assertThat(new DiscoveryHealth(second.sources).health().getStatus())
                        .isEqualTo(Status.OUT_OF_SERVICE);
                long cut = System.nanoTime();
                api.cut("first");
                soon("the second one leads").until(() -> {
                    boolean leads = second.sources.isReady();
                    assertThat(leads && first.sources.isReady()).as("both lead").isFalse();
                    return leads;
                });
                // The lease was renewed at most 200 ms before the first one was cut off.
                assertThat(Duration.ofNanos(System.nanoTime() - cut)).isGreaterThan(Duration.ofSeconds(2));
                assertThat(first.store.snapshot()).as("what is known stays").hasSize(1);
            }
        }
    }

    @Test
    @Tag("inference-api-A34")
    void whenTheLeaderStopsCleanlyTheOtherOneServesWithoutWaitingForTheLease() {
        try (Replica first = new Replica("first", "10m", "5m")) {
            soon("the first one leads").until(first.sources::isReady);
            try (Replica second = new Replica("second", "10m", "5m")) {
                soon("both know the pod").until(() -> second.store.snapshot().length == 1);
                assertThat(second.sources.isReady()).isFalse();
                first.sources.standDown();
                soon("the second one leads").until(second.sources::isReady);
                assertThat(first.sources.isReady()).isFalse();
            }
        }
    }

    @Test
    @Tag("inference-api-A19")
    @DisplayName("A19: a cluster that knows neither objectives nor rewrites")
    void withoutTheKindsOfObjectivesAndRewritesItServes() {
        api.close();
        api = FakeKubeApi.start(PODS, POOLS, LEASES);
        putPoolAndPod();
        try (Replica replica = new Replica("only", "10m", "5m")) {
            soon("it serves").until(replica.sources::isReady);
            soon("the pod is known").until(() -> replica.store.snapshot().length == 1);
            assertThat(replica.declared.current().priorities()).isEmpty();
        }
    }

    @Test
    void objectivesAreReadAndJudged() {
        api.put(OBJECTIVES, """
                apiVersion: llm-d.ai/v1alpha2
                kind: InferenceObjective
                metadata: {name: urgent, namespace: team, generation: 1}
                spec: {priority: 10, poolRef: {name: pool}}
                """);
        try (Replica replica = new Replica("only", "10m", "5m")) {
            soon("the objective is read")
                    .untilAsserted(() ->
                            assertThat(replica.declared.current().priorities()).isEqualTo(Map.of("urgent", 10)));
            soon("the condition is written")
                    .untilAsserted(() -> assertThat(
                                    api.get(OBJECTIVES, "team", "urgent").toString())
                            .contains("type=Accepted", "status=True", "observedGeneration=1"));
        }
    }

    private final class Replica implements AutoCloseable {

        private final EndpointStore store = new EndpointStore(Duration.ofSeconds(2), () -> 0);
        private final ResourceStore declared = new ResourceStore(null, PoolName.of("pool"), Map.of(), findings -> {});
        private final KubernetesSources sources;

        Replica(String name, String lease, String renewDeadline) {
            Map<String, String> settings = new LinkedHashMap<>();
            settings.put("scheduler.pool", "pool");
            settings.put("scheduler.discovery.kubernetes.enabled", "true");
            settings.put("scheduler.discovery.kubernetes.namespace", "team");
            settings.put("scheduler.discovery.kubernetes.leader-election.enabled", "true");
            settings.put("scheduler.discovery.kubernetes.leader-election.lease", lease);
            settings.put("scheduler.discovery.kubernetes.leader-election.renew-deadline", renewDeadline);
            settings.put("scheduler.discovery.kubernetes.leader-election.retry", "200ms");
            SchedulerProperties properties = new Binder(new MapConfigurationPropertySource(settings))
                    .bindOrCreate("scheduler", SchedulerProperties.class);
            sources = new KubernetesSources(
                    KubeClients.of(new ConfigBuilder()
                            .withMasterUrl(api.url(name))
                            .withNamespace("team")
                            .build()),
                    properties,
                    store,
                    declared,
                    findings -> {},
                    new Silent());
        }

        @Override
        public void close() {
            sources.close();
        }
    }

    private static final class Silent implements DiscoveryListener {
        @Override
        public void sourceRefused(String reason) {}

        @Override
        public void entryRefused(String reason) {}

        @Override
        public void loaded(int endpoints) {}
    }
}
