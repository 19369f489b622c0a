package io.llmd.scheduler.discovery.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.llmd.kube.KubeException;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.discovery.DiscoveryListener;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.testsupport.FakeKind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KubernetesDiscoveryTest {

    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();
    private static final String APP = "app=vllm";

    private final Map<String, FakeKind<Pod>> pods = new ConcurrentHashMap<>();
    private final FakeKind<GenericKubernetesResource> pools = new FakeKind<>();
    private final EndpointStore store = new EndpointStore(Duration.ofSeconds(2), () -> 0);
    private final List<String> problems = new CopyOnWriteArrayList<>();
    private final List<Boolean> poolSeen = new CopyOnWriteArrayList<>();
    private final KubernetesDiscovery discovery =
            new KubernetesDiscovery(this::pods, Duration.ofMillis(200), store, false, new Problems(), poolSeen::add);

    private FakeKind<Pod> pods(String selector) {
        return pods.computeIfAbsent(selector, s -> new FakeKind<>());
    }

    @AfterEach
    void close() {
        discovery.close();
    }

    @Test
    @Tag("inference-api-A1")
    @DisplayName("A1: one endpoint for each target port, named by its rank")
    void oneEndpointForEachTargetPort() {
        put(pod("p", "10.0.0.1"));
        follow(pool(APP, 8000, 8001));
        awaitEndpoints("team/p-rank-0 10.0.0.1:8000", "team/p-rank-1 10.0.0.1:8001");
        assertThat(store.snapshot()[1].metadata().name()).isEqualTo("p");
        assertThat(store.snapshot()[1].metadata().rankIndex()).isEqualTo(1);
        assertThat(store.snapshot()[1].metadata().labels()).containsEntry("llm-d.ai/role", "decode");
        await().until(() -> discovery.isReady() && !poolSeen.isEmpty());
        assertThat(poolSeen).containsExactly(true);
    }

    @ParameterizedTest
    @Tag("inference-api-A2")
    @Tag("inference-api-A3")
    @CsvSource({
        "8001, 1",
        "' 8001 , 9999', 1",
        "'', -1",
        "8001abc, -1",
        "99999999999, -1",
    })
    @DisplayName("A2, A3: the annotation says which ports serve; without a valid port none does")
    void activePortsServe(String annotation, int rank) {
        put(annotated(pod("p", "10.0.0.1"), Map.of("llm-d.ai/active-ports", annotation)));
        follow(pool(APP, 8000, 8001));
        await().until(discovery::isReady);
        assertThat(endpoints()).isEqualTo(rank < 0 ? List.of() : List.of("team/p-rank-1 10.0.0.1:8001"));
    }

    @Test
    @Tag("inference-api-A4")
    @DisplayName("A4: of two annotations that of today counts")
    void theAnnotationOfTodayCounts() {
        put(annotated(
                pod("p", "10.0.0.1"),
                Map.of("llm-d.ai/active-ports", "8000", "inference.networking.k8s.io/active-ports", "8001")));
        put(annotated(pod("q", "10.0.0.2"), Map.of("inference.networking.k8s.io/active-ports", "8001")));
        follow(pool(APP, 8000, 8001));
        awaitEndpoints("team/p-rank-0 10.0.0.1:8000", "team/q-rank-1 10.0.0.2:8001");
    }

    @Test
    @Tag("inference-api-A5")
    @DisplayName("A5: a pod that turns not ready loses all its endpoints")
    void aPodThatIsNotReadyHasNoEndpoints() {
        put(pod("p", "10.0.0.1"));
        follow(pool(APP, 8000, 8001));
        await().until(() -> endpoints().size() == 2);
        put(new PodBuilder(pod("p", "10.0.0.1"))
                .editStatus()
                .editFirstCondition()
                .withStatus("False")
                .endCondition()
                .endStatus()
                .build());
        awaitEndpoints();
    }

    @Test
    @Tag("inference-api-A6")
    @DisplayName("A6: a pod that is about to end has no endpoints although it is ready")
    void aPodThatEndsHasNoEndpoints() {
        put(pod("p", "10.0.0.1"));
        follow(pool(APP, 8000));
        awaitEndpoints("team/p-rank-0 10.0.0.1:8000");
        put(new PodBuilder(pod("p", "10.0.0.1"))
                .editMetadata()
                .withDeletionTimestamp("2026-01-01T00:00:00Z")
                .endMetadata()
                .build());
        awaitEndpoints();
    }

    @Test
    @Tag("inference-api-A7")
    @DisplayName("A7: fewer target ports take ranks away without any change of pods")
    void fewerTargetPorts() {
        put(pod("p", "10.0.0.1"));
        follow(pool(APP, 8000, 8001));
        await().until(() -> endpoints().size() == 2);
        pools.put("pool", pool(APP, 8000));
        awaitEndpoints("team/p-rank-0 10.0.0.1:8000");
    }

    @Test
    @Tag("inference-api-A8")
    @DisplayName("A8: another selector means other pods")
    void anotherSelector() {
        put(pod("old", "10.0.0.1"));
        pods("app=new").put("new", pod("new", "10.0.0.2"));
        follow(pool(APP, 8000));
        awaitEndpoints("team/old-rank-0 10.0.0.1:8000");
        pools.put("pool", pool("app=new", 8000));
        awaitEndpoints("team/new-rank-0 10.0.0.2:8000");
        put(pod("late", "10.0.0.3"));
        await().until(() -> pods(APP).watches() == 0);
        assertThat(endpoints()).containsExactly("team/new-rank-0 10.0.0.2:8000");
    }

    @Test
    @Tag("inference-api-A9")
    @DisplayName("A9: a list that fails is tried again although the pool does not change")
    void aListThatFails() {
        put(pod("p", "10.0.0.1"));
        pods(APP).fail(new KubeException("pods: refused", 0, new IllegalStateException()));
        follow(pool(APP, 8000));
        await().until(() -> problems.contains("pods: refused"));
        assertThat(discovery.isReady()).isFalse();
        pods(APP).fail(null);
        awaitEndpoints("team/p-rank-0 10.0.0.1:8000");
        await().until(() -> discovery.problem().isEmpty());
    }

    @Test
    @Tag("inference-api-A10")
    @DisplayName("A10: without a pool there are no endpoints, and the scheduler is not ready")
    void aPoolThatIsDeleted() {
        put(pod("p", "10.0.0.1"));
        follow(pool(APP, 8000));
        awaitEndpoints("team/p-rank-0 10.0.0.1:8000");
        pools.remove("pool");
        awaitEndpoints();
        assertThat(discovery.isReady()).isFalse();
        assertThat(poolSeen).containsExactly(true, false);
        pools.put("pool", pool(APP, 8000));
        awaitEndpoints("team/p-rank-0 10.0.0.1:8000");
    }

    @Test
    @Tag("inference-api-A11")
    @DisplayName("A11: a pod whose labels no longer match is gone")
    void aPodThatNoLongerMatches() {
        put(pod("p", "10.0.0.1"));
        follow(pool(APP, 8000));
        awaitEndpoints("team/p-rank-0 10.0.0.1:8000");
        pods(APP).remove("p");
        awaitEndpoints();
    }

    @Test
    void aPodThatVanishesUnseenIsGoneAfterTheNextList() {
        put(pod("p", "10.0.0.1"));
        follow(pool(APP, 8000));
        awaitEndpoints("team/p-rank-0 10.0.0.1:8000");
        pods(APP).lose("p");
        awaitEndpoints();
    }

    @Test
    @Tag("fault-F46")
    void aPodThatHasTakenANameStaysWhenTheEarlierOneIsRemoved() {
        Pod first = pod("p", "10.0.0.1");
        put(first);
        follow(pool(APP, 8000));
        awaitEndpoints("team/p-rank-0 10.0.0.1:8000");
        Pod second = new PodBuilder(pod("p", "10.0.0.2"))
                .editMetadata()
                .withUid("another")
                .endMetadata()
                .build();
        put(second);
        awaitEndpoints("team/p-rank-0 10.0.0.2:8000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"169.254.169.254", "0.0.0.0", "127.0.0.1", "224.0.0.1"})
    void addressesThatNoPodCanHaveAreRefused(String address) {
        put(pod("p", address));
        put(pod("q", "10.0.0.2"));
        follow(pool(APP, 8000));
        awaitEndpoints("team/q-rank-0 10.0.0.2:8000");
        assertThat(problems).anyMatch(problem -> problem.contains("address: " + address));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{selector: {matchLabels: {app: vllm}}, targetPorts: []}",
                "{selector: {matchLabels: {app: vllm}}, targetPorts: [{number: 8000}, {number: 8000}]}",
                "{selector: {matchLabels: {app: vllm}}, targetPorts: [{number: 70000}]}",
                "{selector: {matchLabels: {app: vllm}}, targetPorts: [{number: 0}]}",
                "{selector: {matchLabels: {app: vllm}}, targetPorts: [{number: 1}, {number: 2}, {number: 3},"
                        + " {number: 4}, {number: 5}, {number: 6}, {number: 7}, {number: 8}, {number: 9}]}",
                "{selector: {matchLabels: {app: vllm}}, targetPorts: [{number: many}]}",
                "{selector: {}, targetPorts: [{number: 8000}]}",
                "{selector: {matchLabels: {}}, targetPorts: [{number: 8000}]}",
                "{}",
            })
    void aPoolThatCannotBeUsedLeavesItsPreviousVersion(String spec) {
        put(pod("p", "10.0.0.1"));
        follow(pool(APP, 8000));
        awaitEndpoints("team/p-rank-0 10.0.0.1:8000");
        pools.put("pool", resource("inference.networking.k8s.io/v1", spec));
        await().until(() -> problems.stream().anyMatch(problem -> problem.startsWith("InferencePool pool: ")));
        await().untilAsserted(() -> assertThat(discovery.problem()).contains("(expected: "));
        assertThat(endpoints()).containsExactly("team/p-rank-0 10.0.0.1:8000");
    }

    @Test
    void poolsOfTheFormerGroupAreRead() {
        put(pod("p", "10.0.0.1"));
        follow(resource("inference.networking.x-k8s.io/v1alpha2", "{selector: {app: vllm}, targetPortNumber: 8000}"));
        awaitEndpoints("team/p-rank-0 10.0.0.1:8000");
    }

    @Test
    void aPodWithTheLongestNameHasEndpoints() {
        String name = "p".repeat(63) + ".";
        String longest = name.repeat(3) + "q".repeat(253 - 3 * 64);
        put(pod(longest, "10.0.0.1"));
        follow(pool(APP, 8000));
        awaitEndpoints("team/" + longest + "-rank-0 10.0.0.1:8000");
        assertThat(longest).hasSize(253);
    }

    @Test
    void theNodeOfAPodIsItsHostUnlessLabelsSayAnother() {
        put(new PodBuilder(pod("p", "10.0.0.1"))
                .editOrNewSpec()
                .withNodeName("node-1")
                .endSpec()
                .build());
        put(new PodBuilder(pod("q", "10.0.0.2"))
                .editMetadata()
                .addToLabels("kubernetes.io/hostname", "rack-7")
                .endMetadata()
                .editOrNewSpec()
                .withNodeName("node-2")
                .endSpec()
                .build());
        follow(pool(APP, 8000));
        awaitEndpoints("team/p-rank-0 10.0.0.1:8000", "team/q-rank-0 10.0.0.2:8000");
        assertThat(Stream.of(store.snapshot())
                        .map(endpoint -> endpoint.metadata().labels().get("kubernetes.io/hostname")))
                .containsExactly("node-1", "rack-7");
    }

    @Test
    void podsOfSettingsNeedNoPool() {
        put(pod("p", "10.0.0.1"));
        discovery.followPods(new ServingPool(APP, List.of(8000)));
        awaitEndpoints("team/p-rank-0 10.0.0.1:8000");
        assertThat(discovery.problem()).isEmpty();
    }

    private void follow(GenericKubernetesResource pool) {
        pools.put("pool", pool);
        discovery.followPool("pool", pools);
    }

    private void put(Pod pod) {
        pods(APP).put(pod.getMetadata().getName(), pod);
    }

    private static Pod pod(String name, String address) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("team")
                .withName(name)
                .withUid("uid-" + name)
                .addToLabels("app", "vllm")
                .addToLabels("llm-d.ai/role", "decode")
                .endMetadata()
                .withNewStatus()
                .withPodIP(address)
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .endCondition()
                .endStatus()
                .build();
    }

    private static Pod annotated(Pod pod, Map<String, String> annotations) {
        return new PodBuilder(pod)
                .editMetadata()
                .withAnnotations(annotations)
                .endMetadata()
                .build();
    }

    private static GenericKubernetesResource pool(String selector, Integer... ports) {
        String label = selector.replace("=", ": ");
        List<String> targets =
                Stream.of(ports).map(port -> "{number: " + port + "}").toList();
        return resource(
                "inference.networking.k8s.io/v1",
                "{selector: {matchLabels: {" + label + "}}, targetPorts: " + targets + "}");
    }

    private static GenericKubernetesResource resource(String apiVersion, String spec) {
        return SERIALIZATION.unmarshal(
                "apiVersion: " + apiVersion + "\nkind: InferencePool\nmetadata: {name: pool, namespace: team}\nspec: "
                        + spec + "\n",
                GenericKubernetesResource.class);
    }

    private List<String> endpoints() {
        return Stream.of(store.snapshot())
                .map(Endpoint::metadata)
                .map(endpoint -> endpoint.id() + " " + endpoint.hostPort())
                .toList();
    }

    private void awaitEndpoints(String... wanted) {
        await().untilAsserted(() -> assertThat(endpoints()).containsExactly(wanted));
    }

    private final class Problems implements DiscoveryListener {
        @Override
        public void sourceRefused(String reason) {
            problems.add(reason);
        }

        @Override
        public void entryRefused(String reason) {
            problems.add(reason);
        }

        @Override
        public void loaded(int endpoints) {}
    }
}
