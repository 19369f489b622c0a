package io.llmd.autoscaler.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llmd.autoscaler.Decided;
import io.llmd.autoscaler.loop.Cycle;
import io.llmd.kube.KubeException;
import io.llmd.testsupport.FakeKind;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What people read of a policy whose two replicas are to be five. */
class PolicyStatusesTest {

    private static final String ROOT = "/apis/autoscaler.llmd.io/v1alpha1/";
    private static final String POLICY = ROOT + "namespaces/n/variantpolicies/v/status";
    private static final String TIER = ROOT + "servicetiers/chat/status";
    private static final String FLEET = ROOT + "fleetpolicies/llmd/status";

    private final FakeApi api = new FakeApi();
    private final Map<String, FakeKind<GenericKubernetesResource>> kinds = new HashMap<>();
    private final KubeFleet fleet = new KubeFleet(
            8000,
            Duration.ofHours(1),
            namespace -> new FakeKind<Pod>(),
            target -> new FakeKind<>(),
            namespace -> new FakeKind<>(),
            variant -> Map.of());
    private final PolicyFeed feed = new PolicyFeed(
            IdleLoop.NOTHING,
            List.of(),
            "llmd",
            () -> Optional.of(List.of(URI.create("http://router/metrics"))),
            fleet,
            IdleLoop.make(),
            context -> kind(context.getPlural()),
            Duration.ofHours(1));
    private PolicyStatuses statuses = new PolicyStatuses(api);
    private Map<String, String> problems = Map.of();
    private Map<String, String> conflicts = Map.of();
    private Map<String, String> unreadable = Map.of();
    private Map<String, String> stalled = Map.of();

    private FakeKind<GenericKubernetesResource> kind(String plural) {
        return kinds.computeIfAbsent(plural, none -> new FakeKind<>());
    }

    @AfterEach
    void stop() {
        feed.close();
        fleet.close();
    }

    /** A policy as the API has it. @param status lines below {@code status} */
    private void policy(String uid, int generation, String spec, String status) {
        GenericKubernetesResource before =
                feed.variantPolicies().stream().findFirst().orElse(null);
        kind("variantpolicies")
                .put(
                        "v",
                        Serialization.unmarshal(
                                """
                apiVersion: autoscaler.llmd.io/v1alpha1
                kind: VariantPolicy
                metadata: {name: v, namespace: n, uid: %s, generation: %d}
                spec: {scaleTargetRef: {kind: Deployment, name: v}, model: m, costPerReplicaHour: 2, %s}
                status: {%s}
                """.formatted(uid, generation, spec, status), GenericKubernetesResource.class));
        await("the policy is read")
                .until(() -> feed.variantPolicies().stream().findFirst().orElse(null) != before);
        api.put(POLICY, Map.of());
    }

    private void write(Cycle cycle) {
        statuses.write(feed, cycle, Decided.STATE, problems, conflicts, unreadable, stalled);
    }

    private void write() {
        write(Decided.cycle("c", List.of()));
    }

    private static Cycle at(Instant time) {
        Cycle cycle = Decided.cycle("c", List.of());
        return new Cycle(
                cycle.id(),
                time,
                cycle.nowSeconds(),
                cycle.input(),
                cycle.before(),
                cycle.decided(),
                cycle.published(),
                cycle.advised(),
                cycle.isLeaders(),
                cycle.sharedSeconds());
    }

    private Map<?, ?> status(String path) throws KubeException {
        return (Map<?, ?>) api.found(path).get("status");
    }

    private Map<?, ?> condition(String path, String type) throws KubeException {
        return ((List<?>) status(path).get("conditions"))
                .stream()
                        .map(each -> (Map<?, ?>) each)
                        .filter(each -> type.equals(each.get("type")))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError(type));
    }

    /** Status and reason of a condition of the policy. */
    private String told(String type) throws KubeException {
        return condition(POLICY, type).get("status") + " "
                + condition(POLICY, type).get("reason");
    }

    private long writes() {
        return api.writes().size();
    }

    @Test
    void theStatusSaysWhatIsKnownAndWhatWasDecided() throws Exception {
        policy("u", 7, "max: 20", "");
        write();
        Map<?, ?> status = status(POLICY);
        assertThat(status.get("current")).isEqualTo(2);
        assertThat(status.get("ready")).isEqualTo(2);
        assertThat(status.get("starting")).isEqualTo(1);
        assertThat(status.get("stuck")).isEqualTo(0);
        assertThat(status.get("desired")).isEqualTo(5);
        assertThat(status.get("observedGeneration")).isEqualTo(7L);
        assertThat(told("Ready")).isEqualTo("True Valid");
        assertThat(told("MetricsFresh")).isEqualTo("True Complete");
        assertThat(told("ModelFitted")).isEqualTo("True Fitted");
        assertThat(told("Actuating")).isEqualTo("True Actuating");
        assertThat(condition(POLICY, "Ready").get("observedGeneration")).isEqualTo(7L);
        assertThat(condition(POLICY, "Ready").get("lastTransitionTime")).isEqualTo("2026-01-31T12:00:00Z");
    }

    @Test
    void onlyWhatHasChangedIsWritten() throws Exception {
        policy("u", 1, "max: 20", "");
        write();
        write();
        assertThat(writes()).isEqualTo(1);
        stalled = Map.of("n/v", "NO_HPA");
        write();
        assertThat(writes()).isEqualTo(2);
        assertThat(told("Actuating")).isEqualTo("False ActuationStalled");
        policy("u", 2, "max: 21", "");
        write();
        assertThat(writes()).as("what was read is told by its generation").isEqualTo(3);
        statuses.forget();
        write();
        assertThat(writes()).as("another leader may have written meanwhile").isEqualTo(4);
        policy("of-another-of-its-name", 1, "max: 20", "");
        write();
        assertThat(writes()).isEqualTo(5);
    }

    @Test
    void aConditionKeepsTheTimeOfItsLastChange() throws Exception {
        policy("u", 1, "max: 20", "");
        write(at(Instant.parse("2026-01-31T12:00:00Z")));
        stalled = Map.of("n/v", "NO_HPA");
        write(at(Instant.parse("2026-01-31T12:01:00Z")));
        assertThat(condition(POLICY, "Actuating").get("lastTransitionTime")).isEqualTo("2026-01-31T12:01:00Z");
        assertThat(condition(POLICY, "Ready").get("lastTransitionTime")).isEqualTo("2026-01-31T12:00:00Z");
        stalled = Map.of("n/v", "HPA_BOUNDS");
        write(at(Instant.parse("2026-01-31T12:02:00Z")));
        assertThat(condition(POLICY, "Actuating").get("lastTransitionTime"))
                .as("another reason, and False as before")
                .isEqualTo("2026-01-31T12:01:00Z");
    }

    @Test
    void aNewProcessGoesOnWithTheTimesThatItFinds() throws Exception {
        policy(
                "u",
                1,
                "max: 20",
                "conditions: [{type: Ready, status: \"True\", lastTransitionTime: \"2026-01-01T00:00:00Z\"},"
                        + " {type: Actuating, status: \"False\", lastTransitionTime: \"2026-01-01T00:00:00Z\"}]");
        write();
        assertThat(condition(POLICY, "Ready").get("lastTransitionTime")).isEqualTo("2026-01-01T00:00:00Z");
        assertThat(condition(POLICY, "Actuating").get("lastTransitionTime")).isEqualTo("2026-01-31T12:00:00Z");
    }

    @Test
    void whatKeepsAPolicyFromWorkIsToldByWeight() throws Exception {
        policy("u", 1, "max: 20", "");
        conflicts = Map.of("n/v", "other.llmd");
        write();
        assertThat(told("Ready")).isEqualTo("False Conflict");
        assertThat(condition(POLICY, "Ready").get("message")).isEqualTo("other.llmd claims the same target");
        unreadable = Map.of("n/v", "pods of n: forbidden");
        write();
        assertThat(told("Ready")).isEqualTo("False Unreadable");
        problems = Map.of("all", "tiers: priority 1 twice");
        write();
        assertThat(told("Ready")).isEqualTo("False Invalid");
        problems = Map.of("VariantPolicy n/v", "spec.model: ''", "all", "tiers: priority 1 twice");
        write();
        assertThat(condition(POLICY, "Ready").get("message"))
                .as("its own first")
                .isEqualTo("spec.model: ''");
        problems = Map.of("VariantPolicy n/other", "spec.model: ''");
        unreadable = Map.of();
        conflicts = Map.of();
        write();
        assertThat(told("Ready")).isEqualTo("True Valid");
    }

    @Test
    void whoDoesNotActuateIsTold() throws Exception {
        policy("u", 1, "max: 20, paused: true", "");
        await("the pause is in force").until(() -> {
            feed.refresh();
            return feed.paused().equals(Set.of("n/v"));
        });
        write();
        assertThat(told("Actuating")).isEqualTo("False Paused");
        write(Decided.cycle("c", List.of("n/v")));
        assertThat(told("Actuating")).isEqualTo("False Advisory");
    }

    @Test
    void aVariantOfWhichNothingWasDecidedHasNoNumbers() throws Exception {
        policy("u", 1, "max: 20", "");
        statuses.write(
                feed,
                new Cycle(
                        "c",
                        Instant.parse("2026-01-31T12:00:00Z"),
                        0,
                        Decided.input(),
                        Decided.cycle("c", List.of()).before(),
                        List.of(),
                        List.of(),
                        List.of(),
                        true,
                        0),
                Decided.STATE,
                Map.of(),
                Map.of(),
                Map.of(),
                Map.of());
        assertThat(status(POLICY).containsKey("desired")).isFalse();
        assertThat((List<?>) status(POLICY).get("conditions")).hasSize(1);
        assertThat(told("Ready")).isEqualTo("True Valid");
    }

    @Test
    void whatBelongsToNoNamespaceIsToldAsWell() throws Exception {
        kind("servicetiers").put("chat", Serialization.unmarshal("""
                {"apiVersion": "autoscaler.llmd.io/v1alpha1", "kind": "ServiceTier", "metadata": {"name": "chat", "uid": "t"}}
                """, GenericKubernetesResource.class));
        kind("fleetpolicies").put("llmd", Serialization.unmarshal("""
                {"apiVersion": "autoscaler.llmd.io/v1alpha1", "kind": "FleetPolicy", "metadata": {"name": "llmd", "uid": "f"}}
                """, GenericKubernetesResource.class));
        await("both are read").until(() -> feed.shared().size() == 2);
        api.put(TIER, Map.of());
        api.put(FLEET, Map.of());
        problems = Map.of("ServiceTier chat", "spec.itl: 0s");
        write();
        assertThat(condition(TIER, "Ready").get("reason")).isEqualTo("Invalid");
        assertThat(condition(FLEET, "Ready").get("reason")).isEqualTo("Valid");
    }

    @Test
    void aStatusThatCouldNotBeWrittenIsTriedAgain() throws Exception {
        policy("u", 1, "max: 20", "");
        FakeApi away = new FakeApi();
        statuses = new PolicyStatuses(away);
        write();
        assertThat(away.writes()).containsExactly("PATCH " + POLICY);
        away.put(POLICY, Map.of());
        write();
        assertThat(((Map<?, ?>) away.found(POLICY).get("status")).get("desired"))
                .isEqualTo(5);
        write();
        assertThat(away.writes()).hasSize(2);
    }
}
