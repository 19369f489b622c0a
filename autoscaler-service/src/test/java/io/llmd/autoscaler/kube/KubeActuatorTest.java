package io.llmd.autoscaler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llmd.autoscaler.Decided;
import io.llmd.autoscaler.loop.Cycle;
import io.llmd.testsupport.FakeKind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What becomes of the number 5 for a target of 2, of an API that the test is. */
class KubeActuatorTest {

    private static final TargetRef TARGET = new TargetRef("n", "apps/v1", "Deployment", "v");
    private static final String HPA = """
            {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h", "namespace": "n"},
             "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "v"}, "minReplicas": 1, "maxReplicas": 40,
                      "metrics": [{"type": "External"}],
                      "behavior": {"scaleUp": {"tolerance": "2"}, "scaleDown": {"stabilizationWindowSeconds": %d}}}}""";

    private final FakeApi api = new FakeApi();
    private final FakeKind<GenericKubernetesResource> targets = new FakeKind<>();
    private final FakeKind<GenericKubernetesResource> hpas = new FakeKind<>();
    private final FakeKind<Pod> pods = new FakeKind<>();
    private final KubeFleet fleet = new KubeFleet(
            8000, Duration.ofHours(1), namespace -> pods, target -> targets, namespace -> hpas, variant -> Map.of());
    private boolean leads = true;
    private double now;
    private final KubeOffice office = new KubeOffice(
            api, "n", "llmd-numbers", () -> leads, Duration.ofMinutes(5), () -> Instant.parse("2026-01-31T12:00:00Z"));
    private final KubeActuator actuator = new KubeActuator(
            new KubeActuator.Settings(Duration.ofSeconds(30), true, Duration.ofMinutes(5)),
            api,
            fleet,
            office,
            new Claims(api, "n.llmd", Duration.ofMinutes(3), () -> Instant.parse("2026-01-31T12:00:00Z")),
            IdleLoop.make(),
            () -> now);

    @AfterEach
    void stop() {
        actuator.close();
        fleet.close();
    }

    private static GenericKubernetesResource read(String text) {
        return Serialization.unmarshal(text, GenericKubernetesResource.class);
    }

    private void begin(Actuation actuation) {
        office.replaced(List.of());
        targets.put(
                "v",
                read(
                        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"v\",\"namespace\":\"n\"},"
                                + "\"spec\":{\"replicas\":2}}"));
        api.put(TARGET.scalePath(), Map.of("spec", Map.of("replicas", 2)));
        fleet.variants(List.of(new KubeVariant("n/v", TARGET, actuation)), Set.of());
        Awaitility.await("the cluster is known")
                .until(() -> fleet.get().isPresent() && fleet.hpas("n").isPresent());
    }

    private Object replicas() throws Exception {
        return ((Map<?, ?>) api.found(TARGET.scalePath()).get("spec")).get("replicas");
    }

    private static Cycle ledBy(boolean isThis) {
        Cycle cycle = Decided.cycle("c", List.of());
        return new Cycle(
                cycle.id(),
                cycle.at(),
                cycle.nowSeconds(),
                cycle.input(),
                cycle.before(),
                cycle.decided(),
                cycle.published(),
                cycle.advised(),
                isThis,
                0);
    }

    @Test
    void theLeaderWritesTheTarget() throws Exception {
        begin(Actuation.SCALE);
        actuator.carryOut(ledBy(true));
        assertThat(replicas()).isEqualTo(5);
        assertThat(api.writes().getLast()).isEqualTo("PATCH " + TARGET.scalePath());
    }

    @Test
    @Tag("autoscaling-61")
    void whoDoesNotLeadWritesNothing() throws Exception {
        begin(Actuation.SCALE);
        actuator.carryOut(ledBy(false));
        leads = false;
        actuator.carryOut(ledBy(true));
        assertThat(replicas()).isEqualTo(2);
    }

    @Test
    void aDecisionThatIsTooOldIsNotCarriedOut() throws Exception {
        begin(Actuation.SCALE);
        now = 301;
        actuator.carryOut(ledBy(true));
        assertThat(replicas()).isEqualTo(2);
    }

    @Test
    @Tag("autoscaling-40")
    void aTargetOfAnHpaIsNotScaledHereAsWell() throws Exception {
        hpas.put("h", read(HPA.formatted(0)));
        begin(Actuation.SCALE);
        actuator.carryOut(ledBy(true));
        assertThat(replicas()).isEqualTo(2);
        assertThat(actuator.stalled().get("n/v")).startsWith("TWO_OWNERS");
    }

    @Test
    @Tag("autoscaling-58")
    void whatAnHpaIgnoresIsWrittenOnlyWhereItRemembersNothing() throws Exception {
        hpas.put("h", read(HPA.formatted(300)));
        begin(Actuation.METRIC);
        actuator.carryOut(ledBy(true));
        assertThat(replicas()).as("it would take back what it wanted before").isEqualTo(2);
        hpas.put("h", read(HPA.formatted(0)));
        Awaitility.await("its change is known")
                .until(() -> fleet.hpas("n").orElseThrow().getFirst().isDirect());
        actuator.carryOut(ledBy(true));
        assertThat(replicas()).isEqualTo(5);
    }

    @Test
    @Tag("fault-F65")
    void aNumberThatIsRefusedIsToldOfAndTriedAgainMoreAndMoreSeldom() throws Exception {
        begin(Actuation.SCALE);
        api.refuse(TARGET.scalePath(), 403, "exceeded quota: gpus");

        for (now = 0; now < 280; now += 10) {
            actuator.carryOut(ledBy(true));
            assertThat(actuator.stalled()).containsEntry("n/v", "REFUSED: exceeded quota: gpus");
        }
        assertThat(api.writes().stream().filter(("PATCH " + TARGET.scalePath())::equals))
                .as("at 0, 20, 60 and 140 seconds")
                .hasSize(4);
        assertThat(replicas()).isEqualTo(2);

        api.refuse(TARGET.scalePath(), 0, "");
        now = 300;
        actuator.carryOut(ledBy(true));
        assertThat(replicas()).isEqualTo(5);
        assertThat(actuator.stalled()).isEmpty();
    }
}
