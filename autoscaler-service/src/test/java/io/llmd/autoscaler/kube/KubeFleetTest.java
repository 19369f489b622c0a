package io.llmd.autoscaler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llmd.autoscaler.collector.Replica;
import io.llmd.autoscaler.collector.Roster;
import io.llmd.kube.KubeException;
import io.llmd.testsupport.FakeKind;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pods and targets of an API that the test is. */
class KubeFleetTest {

    private static final KubeVariant VARIANT =
            new KubeVariant("n/v", new TargetRef("n", "apps/v1", "Deployment", "v"), Actuation.SCALE);

    private final FakeKind<Pod> pods = new FakeKind<>();
    private final FakeKind<GenericKubernetesResource> targets = new FakeKind<>();
    private final KubeFleet fleet = new KubeFleet(
            8000,
            Duration.ofHours(1),
            namespace -> pods,
            target -> targets,
            namespace -> new FakeKind<>(),
            variant -> Map.of());

    @AfterEach
    void stop() {
        fleet.close();
    }

    private static Pod pod(String name, String uid, boolean isReady, int restarts) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace("n")
                .withName(name)
                .withUid(uid)
                .addToLabels("llm-d.ai/variant", "v")
                .endMetadata()
                .withNewStatus()
                .withPodIP("10.0.0.7")
                .addNewCondition()
                .withType("Ready")
                .withStatus(isReady ? "True" : "False")
                .endCondition()
                .addNewContainerStatus()
                .withRestartCount(restarts)
                .endContainerStatus()
                .endStatus()
                .build();
    }

    private static GenericKubernetesResource deployment(int replicas, String status) {
        return Serialization.unmarshal(
                "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"v\",\"namespace\":\"n\"},"
                        + "\"spec\":{\"replicas\":" + replicas + "},\"status\":{" + status + "}}",
                GenericKubernetesResource.class);
    }

    private Roster known() {
        return Awaitility.await("the cluster is known")
                .until(fleet::get, java.util.Optional::isPresent)
                .orElseThrow();
    }

    @Test
    void podsAreReplicasAndTargetsSayHowManyAreAskedFor() {
        Pod ending = new PodBuilder(pod("p3", "c", true, 0))
                .editMetadata()
                .withDeletionTimestamp("2026-01-31T12:00:00Z")
                .endMetadata()
                .build();
        Pod worker = new PodBuilder(pod("p4", "d", true, 0))
                .editMetadata()
                .addToLabels("leaderworkerset.sigs.k8s.io/worker-index", "1")
                .endMetadata()
                .build();
        pods.put("p1", pod("p1", "a", true, 0));
        pods.put("p2", pod("p2", "b", false, 3));
        pods.put("p3", ending);
        pods.put("p4", worker);
        targets.put("v", deployment(5, "\"replicas\":5,\"updatedReplicas\":4"));
        fleet.variants(List.of(VARIANT), Set.of());
        Roster roster = known();
        assertThat(roster.replicas())
                .containsExactly(
                        new Replica("n/p1@a", "n/v", URI.create("http://10.0.0.7:8000/metrics"), Replica.Phase.SERVING),
                        new Replica(
                                "n/p2@b", "n/v", URI.create("http://10.0.0.7:8000/metrics"), Replica.Phase.FAILING));
        assertThat(roster.specified()).containsExactly(Map.entry("n/v", 5));
        assertThat(roster.disrupted()).containsExactly("n/v");
        targets.put("v", deployment(2, "\"replicas\":2,\"updatedReplicas\":2"));
        pods.put("p1", pod("p1", "z", false, 0));
        Awaitility.await("changes arrive").untilAsserted(() -> {
            assertThat(known().specified()).containsEntry("n/v", 2);
            assertThat(known().disrupted()).isEmpty();
            assertThat(known().replicas().getFirst().id())
                    .as("another pod of the same name")
                    .isEqualTo("n/p1@z");
        });
    }

    @Test
    void restartsOfLongAgoSayNothingOfAPodThatIsNotReadyNow() {
        PodStatus blip = new PodBuilder(pod("p", "a", false, 3))
                .editStatus()
                .editFirstCondition()
                .withLastTransitionTime("2026-01-31T12:00:00Z")
                .endCondition()
                .editFirstContainerStatus()
                .withNewLastState()
                .withNewTerminated()
                .withFinishedAt("2026-01-01T12:00:00Z")
                .endTerminated()
                .endLastState()
                .endContainerStatus()
                .endStatus()
                .build()
                .getStatus();
        assertThat(PodReplica.phase(blip)).isEqualTo(Replica.Phase.STARTING);
        PodStatus crashing = new PodBuilder(pod("p", "a", false, 1))
                .editStatus()
                .editFirstContainerStatus()
                .withNewState()
                .withNewWaiting()
                .withReason("CrashLoopBackOff")
                .endWaiting()
                .endState()
                .endContainerStatus()
                .endStatus()
                .build()
                .getStatus();
        assertThat(PodReplica.phase(crashing)).isEqualTo(Replica.Phase.FAILING);
    }

    @Test
    void routersAreReadByTheirOwnAddresses() {
        pods.put("r1", pod("r1", "a", true, 0));
        pods.put("r2", pod("r2", "b", false, 0));
        try (RouterPods routers = new RouterPods(pods, 9090, "/actuator/prometheus", Duration.ofHours(1))) {
            assertThat(Awaitility.await("routers are known")
                            .until(routers::get, java.util.Optional::isPresent)
                            .orElseThrow())
                    .containsExactly(URI.create("http://10.0.0.7:9090/actuator/prometheus"));
        }
    }

    @Test
    void aKindThatCannotBeReadHoldsUpNoOtherVariant() {
        FakeKind<GenericKubernetesResource> sets = new FakeKind<>();
        sets.fail(new KubeException("statefulsets are forbidden", 403, new IllegalStateException("refused")));
        KubeVariant set = new KubeVariant("n/s", new TargetRef("n", "apps/v1", "StatefulSet", "s"), Actuation.SCALE);
        pods.put("p1", pod("p1", "a", true, 0));
        targets.put("v", deployment(5, ""));
        FakeKind<GenericKubernetesResource> hpas = new FakeKind<>();
        try (KubeFleet both = new KubeFleet(
                8000,
                Duration.ofHours(1),
                namespace -> pods,
                target -> target.kind().equals("StatefulSet") ? sets : targets,
                namespace -> hpas,
                variant -> Map.of())) {
            both.variants(List.of(VARIANT, set), Set.of());
            Roster roster = Awaitility.await("the other is known")
                    .until(both::get, java.util.Optional::isPresent)
                    .orElseThrow();
            assertThat(roster.specified()).containsExactly(Map.entry("n/v", 5));
            assertThat(roster.unknown()).containsExactly("n/s");
            assertThat(both.unreadable()).containsExactly(Map.entry("n/s", "statefulsets are forbidden"));
            Awaitility.await("who scales knows of HPAs")
                    .until(() -> both.hpas("n").isPresent());
        }
    }

    @Test
    void anApiThatCannotBeReadSaysNothing() {
        pods.fail(new KubeException("down", 0, new IllegalStateException("down")));
        targets.put("v", deployment(5, ""));
        fleet.variants(List.of(VARIANT), Set.of());
        Awaitility.await("it was asked").until(() -> pods.lists() > 0 && targets.lists() > 0);
        assertThat(known().unknown()).containsExactly("n/v");
        pods.fail(null);
        Awaitility.await("it is known").until(() -> known().unknown().isEmpty());
        assertThat(known().specified()).containsEntry("n/v", 5);
        fleet.variants(List.of(), Set.of());
        assertThat(known().specified()).isEmpty();
        Awaitility.await("nothing is followed that nobody needs").until(() -> pods.watches() == 0);
    }
}
