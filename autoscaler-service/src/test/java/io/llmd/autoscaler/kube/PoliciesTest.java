package io.llmd.autoscaler.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.llmd.autoscaler.kube.Policies.Effective;
import io.llmd.autoscaler.kube.Policies.Resources;
import io.llmd.autoscaler.loop.FleetSettings;
import io.llmd.autoscaler.loop.FleetSettings.VariantSettings;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.Shape;
import io.llmd.autoscaler.variant.TierClass;
import io.llmd.autoscaler.variant.Variant;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Resources, as they are written and as they should not be. */
class PoliciesTest {

    private static final String BIG = """
            apiVersion: autoscaler.llmd.io/v1alpha1
            kind: VariantPolicy
            metadata: {name: big, namespace: n}
            spec:
              scaleTargetRef: {kind: Deployment, name: vllm-big}
              model: m
              role: decode
              tiers: [chat]
              costPerReplicaHour: "8.5"
              acceleratorType: h100
              acceleratorsPerReplica: 2
              min: 0
              max: 12
              warmReserve: 1
              actuation: scale
              paused: true
              behaviour: {down: 2m, maxStepDownPercent: 25, downPeriod: 30s}
              prior: {base: 0.02, coldStart: 90s, kvTokens: 500000}
            """;
    private static final String CHAT = """
            apiVersion: autoscaler.llmd.io/v1alpha1
            kind: ServiceTier
            metadata: {name: chat}
            spec: {class: critical, match: {priorities: [1, 2]}, ttft: {target: 1500ms, percentile: 0.9}, itl: {target: 40ms}, burstQuantile: 0.95}
            """;
    private static final String FLEET = """
            apiVersion: autoscaler.llmd.io/v1alpha1
            kind: FleetPolicy
            metadata: {name: llmd}
            spec: {accelerators: {h100: 16}, zero: {enabled: true, retention: 5m}}
            """;
    private static final String HPA = """
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata:
              name: small
              namespace: n
              annotations: {llm-d.ai/managed: "true", llm-d.ai/model-id: m, llm-d.ai/variant-cost: "3.5"}
            spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: vllm-small}, minReplicas: 2, maxReplicas: 7}
            """;

    private final Policies policies = new Policies(
            new FleetSettings(
                    List.of(),
                    List.of(),
                    List.of(URI.create("http://router/metrics")),
                    Map.of("l4", 3),
                    new FleetSettings.Zero(false, 600),
                    30,
                    Shape.fixed(1_000, 0, 100)),
            List.of(),
            "llmd");

    private static GenericKubernetesResource read(String yaml) {
        return Serialization.unmarshal(yaml, GenericKubernetesResource.class);
    }

    private Effective effective(
            List<String> variants, List<String> tiers, List<String> fleets, List<String> annotated) {
        return policies.effective(
                new Resources(
                        variants.stream().map(PoliciesTest::read).toList(),
                        tiers.stream().map(PoliciesTest::read).toList(),
                        fleets.stream().map(PoliciesTest::read).toList(),
                        annotated.stream().map(PoliciesTest::read).toList(),
                        List.of(URI.create("http://router/metrics"))),
                target ->
                        target.name().equals("vllm-small") ? new PodTemplate("l4", 1, "prefill") : PodTemplate.UNKNOWN);
    }

    @Test
    void whatIsWrittenIsInForce() {
        Effective all = effective(List.of(BIG), List.of(CHAT), List.of(FLEET), List.of());
        assertThat(all.problems()).isEmpty();
        VariantSettings big = all.settings().variants().getFirst();
        assertThat(big.variant())
                .isEqualTo(new Variant("n", "big", "m", Role.DECODE, Set.of("chat"), 8.5, false, "h100", 2, 0, 12, 1));
        assertThat(big.coldStartSeconds()).isEqualTo(90);
        assertThat(big.prior().base()).isEqualTo(0.02);
        assertThat(big.limits().kvTokens()).isEqualTo(500_000);
        assertThat(big.behaviour().downWindowSeconds()).isEqualTo(120);
        assertThat(big.behaviour().maxStepDown()).isEqualTo(0.25);
        assertThat(all.places())
                .containsExactly(new KubeVariant(
                        "n/big", new TargetRef("n", "apps/v1", "Deployment", "vllm-big"), Actuation.SCALE));
        assertThat(all.paused()).containsExactly("n/big");
        FleetSettings.TierRule chat = all.settings().tiers().getFirst();
        assertThat(chat.priorities()).containsExactlyInAnyOrder(1, 2);
        assertThat(chat.tier().tierClass()).isEqualTo(TierClass.CRITICAL);
        assertThat(chat.tier().firstTokenTarget()).isEqualTo(1.5);
        assertThat(chat.tier().interTokenTarget()).isEqualTo(0.04);
        assertThat(all.settings().tiers().get(1).priorities())
                .as("what has no tier is served all the same")
                .isEmpty();
        assertThat(all.settings().accelerators()).containsExactly(Map.entry("h100", 16));
        assertThat(all.settings().zero()).isEqualTo(new FleetSettings.Zero(true, 300));
    }

    @Test
    @DisplayName("row 51: a cost that is missing is refused, and the last good version stays")
    @Tag("autoscaling-51")
    void whatCannotBeUsedKeepsTheLastGoodVersion() {
        String without = BIG.replace("costPerReplicaHour: \"8.5\"", "costPerReplicaHour: 0");
        Effective first = effective(List.of(without), List.of(), List.of(), List.of());
        assertThat(first.settings().variants()).isEmpty();
        assertThat(first.problems().get("VariantPolicy n/big")).contains("cost-per-hour");
        assertThat(first.refusedModels()).containsExactly("m");
        effective(List.of(BIG), List.of(CHAT), List.of(), List.of());
        Effective later = effective(List.of(without), List.of(CHAT), List.of(), List.of());
        assertThat(later.settings().variants().getFirst().variant().costPerHour())
                .isEqualTo(8.5);
        assertThat(later.refusedModels()).containsExactly("m");
        Effective gone = effective(List.of(), List.of(CHAT), List.of(), List.of());
        assertThat(gone.settings().variants()).isEmpty();
        assertThat(gone.problems()).isEmpty();
    }

    @Test
    void whatIsWrongIsNamed() {
        assertThat(problem(BIG.replace("role: decode", "role: both"))).contains("spec.role: both");
        assertThat(problem(BIG.replace("max: 12", "max: many"))).contains("spec.max: many");
        assertThat(problem(BIG.replace("down: 2m", "down: soon"))).contains("spec.behaviour.down: soon");
        assertThat(problem(BIG.replace("name: vllm-big", "name: ../secrets"))).contains("scaleTargetRef.name");
        assertThat(problem(BIG.replace("actuation: scale", "actuation: force"))).contains("actuation: force");
        assertThat(problem(BIG.replace("model: m", "model: ''"))).contains("spec.model");
    }

    @Test
    void aTargetThatSettingsScaleUnderAnotherNameIsRefused() {
        TargetRef target = new TargetRef("n", "apps/v1", "Deployment", "vllm-big");
        Policies beside = new Policies(
                effective(List.of(), List.of(), List.of(), List.of()).settings(),
                List.of(new KubeVariant("n/first", target, Actuation.METRIC)),
                "llmd");
        Effective refused = beside.effective(
                new Resources(List.of(read(BIG)), List.of(read(CHAT)), List.of(), List.of(), List.of()),
                none -> PodTemplate.UNKNOWN);
        assertThat(refused.problems().get("VariantPolicy n/big")).contains("autoscaler.variants n/first");
        assertThat(refused.places()).hasSize(1);
    }

    private String problem(String yaml) {
        return effective(List.of(yaml), List.of(), List.of(), List.of())
                .problems()
                .getOrDefault("VariantPolicy n/big", "");
    }

    @Test
    void aTierMayHaveADeadline() {
        String later = """
                apiVersion: autoscaler.llmd.io/v1alpha1
                kind: ServiceTier
                metadata: {name: later}
                spec: {class: batch, match: {priorities: [-1]}, deadline: 2h}
                """;
        Effective all = effective(List.of(), List.of(later), List.of(), List.of());
        assertThat(all.settings().tiers().getFirst().deadlineSeconds()).isEqualTo(7_200);
        Effective wrong = effective(List.of(), List.of(later.replace("2h", "0s")), List.of(), List.of());
        assertThat(wrong.problems().get("ServiceTier later")).contains("spec.deadline: 0s (expected: above 0)");
    }

    @Test
    void tiersThatContradictEachOtherLeaveWhatWasInForce() {
        Effective good = effective(List.of(BIG), List.of(CHAT), List.of(), List.of());
        Effective contradicting =
                effective(List.of(BIG), List.of(CHAT, CHAT.replace("name: chat", "name: other")), List.of(), List.of());
        assertThat(contradicting.problems().get("all")).contains("twice");
        assertThat(contradicting.settings()).isEqualTo(good.settings());
        assertThat(contradicting.refusedModels()).containsExactly("m");
    }

    @Test
    void annotationsOfLlmdAreVariantsAsWell() {
        Effective all = effective(List.of(), List.of(), List.of(), List.of(HPA, HPA.replace("\"true\"", "\"false\"")));
        assertThat(all.settings().variants()).singleElement().satisfies(each -> {
            assertThat(each.variant())
                    .isEqualTo(new Variant("n", "small", "m", Role.PREFILL, Set.of(), 3.5, false, "l4", 1, 2, 7, 0));
            assertThat(each.isAdvisory()).isFalse();
        });
        assertThat(all.places().getFirst().actuation()).isEqualTo(Actuation.METRIC);
        String scaled = """
                apiVersion: keda.sh/v1alpha1
                kind: ScaledObject
                metadata: {name: so, namespace: n, annotations: {llm-d.ai/managed: "true", llm-d.ai/model-id: m}}
                spec: {scaleTargetRef: {name: vllm-other}, maxReplicaCount: 4}
                """;
        Effective keda = effective(List.of(), List.of(), List.of(), List.of(scaled));
        Variant variant = keda.settings().variants().getFirst().variant();
        assertThat(variant.costPerHour()).as("llm-d's default").isEqualTo(10);
        assertThat(variant.min()).isZero();
        assertThat(variant.max()).isEqualTo(4);
        assertThat(keda.places().getFirst().actuation()).isEqualTo(Actuation.KEDA_PUSH);
    }

    @Test
    void aPolicyOverrulesAnnotationsOfItsTarget() {
        String policy = BIG.replace("name: vllm-big", "name: vllm-small");
        Effective all = effective(List.of(policy), List.of(CHAT), List.of(), List.of(HPA));
        assertThat(all.places()).extracting(KubeVariant::id).containsExactly("n/big");
        Effective twice = effective(
                List.of(policy, policy.replace("name: big", "name: other")), List.of(CHAT), List.of(), List.of());
        assertThat(twice.problems().get("VariantPolicy n/other")).contains("spec.scaleTargetRef");
    }

    @Test
    void hardwareIsReadFromPods() {
        GenericKubernetesResource target = read("""
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: d}
                spec:
                  template:
                    metadata: {labels: {llm-d.ai/role: decode}}
                    spec:
                      nodeSelector: {nvidia.com/gpu.product: NVIDIA-H100-80GB-HBM3}
                      containers: [{name: a, resources: {limits: {nvidia.com/gpu: "4"}}}, {name: b}]
                """);
        assertThat(PodTemplate.of(target)).isEqualTo(new PodTemplate("NVIDIA-H100-80GB-HBM3", 4, "decode"));
        assertThat(PodTemplate.of(null)).isEqualTo(PodTemplate.UNKNOWN);
    }
}
