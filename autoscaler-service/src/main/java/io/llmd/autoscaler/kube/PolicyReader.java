package io.llmd.autoscaler.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.llmd.autoscaler.loop.FleetSettings.TierRule;
import io.llmd.autoscaler.loop.FleetSettings.VariantSettings;
import io.llmd.autoscaler.loop.FleetSettings.Zero;
import io.llmd.autoscaler.planner.Behaviour;
import io.llmd.autoscaler.variant.EngineLimits;
import io.llmd.autoscaler.variant.Role;
import io.llmd.autoscaler.variant.StepTime;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.autoscaler.variant.TierClass;
import io.llmd.autoscaler.variant.Variant;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads what people say about scaling in a cluster: VariantPolicy, ServiceTier and FleetPolicy, and the annotations of llm-d on HPAs
 * and ScaledObjects. What cannot be used is an {@link IllegalArgumentException} with field, value and expectation. Pure functions.
 */
final class PolicyReader {

    static final String GROUP = "autoscaler.llmd.io";
    static final String VERSION = "v1alpha1";

    private static final String MANAGED = "llm-d.ai/managed";
    private static final String MODEL = "llm-d.ai/model-id";
    private static final String COST = "llm-d.ai/variant-cost";
    private static final String ROLE = "llm-d.ai/role";
    private static final String ACCELERATORS = "llm-d.ai/gpus-per-replica";

    /**
     * A variant of the cluster.
     *
     * @param settings what it is
     * @param place where it is
     * @param isPaused whether it is held
     */
    record Policy(VariantSettings settings, KubeVariant place, boolean isPaused) {}

    /**
     * What counts for all variants.
     *
     * @param accelerators accelerators by type; null where nothing is said
     * @param zero the policy for zero; null where nothing is said
     */
    record Fleet(
            @Nullable Map<String, Integer> accelerators,
            @Nullable Zero zero) {}

    private PolicyReader() {}

    /** A VariantPolicy. @param templates what a target's pods are like */
    static Policy variant(GenericKubernetesResource resource, Function<TargetRef, PodTemplate> templates) {
        Spec spec = Spec.of("spec", resource.get("spec"));
        String namespace = resource.getMetadata().getNamespace();
        Spec ref = spec.fields("scaleTargetRef");
        TargetRef target = new TargetRef(
                namespace, ref.text("apiVersion", "apps/v1"), ref.text("kind", "Deployment"), ref.text("name"));
        PodTemplate template = templates.apply(target);
        Variant variant = new Variant(
                namespace,
                resource.getMetadata().getName(),
                spec.text("model"),
                role(spec.text("role", "unified")),
                new HashSet<>(spec.texts("tiers")),
                spec.decimal("costPerReplicaHour", 0),
                spec.flag("costFree", false),
                spec.text("acceleratorType", template.accelerator()),
                spec.number("acceleratorsPerReplica", Math.max(1, template.count())),
                spec.number("min", 1),
                spec.number("max", 10),
                spec.number("warmReserve", 0));
        Actuation actuation = Actuation.of(spec.text("actuation", "metric"));
        Spec behaviour = spec.fields("behaviour");
        Spec prior = spec.fields("prior");
        VariantSettings settings = new VariantSettings(
                variant,
                spec.text("fingerprint", variant.id()),
                new StepTime(
                        prior.decimal("base", 0.013),
                        prior.decimal("perPromptToken", 0.00006),
                        prior.decimal("perSequence", 0.00003),
                        prior.decimal("perContextToken", 0.00000006)),
                new EngineLimits(
                        prior.decimal("kvTokens", 350_000),
                        prior.number("maxSequences", 256),
                        prior.number("stepTokens", 8_192)),
                prior.seconds("coldStart", 120),
                new Behaviour(
                        behaviour.seconds("down", 300),
                        behaviour.number("maxStepDownPercent", 50) / 100.0,
                        behaviour.seconds("downPeriod", 60)),
                actuation == Actuation.ADVISORY);
        return new Policy(settings, new KubeVariant(variant.id(), target, actuation), spec.flag("paused", false));
    }

    private static Role role(String name) {
        for (Role each : Role.values()) {
            if (each.wireName().equals(name)) {
                return each;
            }
        }
        throw new IllegalArgumentException("spec.role: " + name + " (expected: unified, prefill or decode)");
    }

    /** A ServiceTier. */
    static TierRule tier(GenericKubernetesResource resource) {
        Spec spec = Spec.of("spec", resource.get("spec"));
        String name = spec.text("class", "standard");
        TierClass tierClass = null;
        for (TierClass each : TierClass.values()) {
            tierClass = each.wireName().equals(name) ? each : tierClass;
        }
        if (tierClass == null) {
            throw spec.wrong("class", "critical, standard or batch");
        }
        double burst = spec.decimal("burstQuantile", 0);
        if (!(burst >= 0 && burst <= 1)) {
            throw spec.wrong("burstQuantile", "0 to 1");
        }
        Tier tier = new Tier(
                resource.getMetadata().getName(),
                tierClass,
                spec.fields("ttft").seconds("target", Double.POSITIVE_INFINITY),
                spec.fields("ttft").decimal("percentile", 0.95),
                spec.fields("itl").seconds("target", Double.POSITIVE_INFINITY));
        double deadline = spec.seconds("deadline", Double.POSITIVE_INFINITY);
        if (!(deadline > 0)) {
            throw spec.wrong("deadline", "above 0");
        }
        return new TierRule(tier, new HashSet<>(spec.fields("match").numbers("priorities")), burst, deadline);
    }

    /** A FleetPolicy. */
    static Fleet fleet(GenericKubernetesResource resource) {
        Spec spec = Spec.of("spec", resource.get("spec"));
        Spec zero = spec.fields("zero");
        Map<String, Integer> accelerators = spec.has("accelerators") ? spec.counts("accelerators") : null;
        if (accelerators != null && accelerators.values().stream().anyMatch(count -> count < 0)) {
            throw spec.wrong("accelerators", "counts of at least 0");
        }
        double retention = zero.seconds("retention", 600);
        if (retention < 1) {
            throw zero.wrong("retention", "at least 1s");
        }
        return new Fleet(accelerators, spec.has("zero") ? new Zero(zero.flag("enabled", false), retention) : null);
    }

    /**
     * An HPA or ScaledObject with the annotations of llm-d; none where it is not managed so.
     *
     * @param templates what a target's pods are like
     */
    static Optional<Policy> annotated(GenericKubernetesResource resource, Function<TargetRef, PodTemplate> templates) {
        Map<String, String> annotations = resource.getMetadata().getAnnotations();
        if (annotations == null || !"true".equals(annotations.get(MANAGED))) {
            return Optional.empty();
        }
        boolean isHpa = resource.getKind().equals("HorizontalPodAutoscaler");
        String namespace = resource.getMetadata().getNamespace();
        Spec said = Spec.of("annotations", annotations);
        Spec spec = Spec.of("spec", resource.get("spec"));
        Spec ref = spec.fields("scaleTargetRef");
        TargetRef target = new TargetRef(
                namespace, ref.text("apiVersion", "apps/v1"), ref.text("kind", "Deployment"), ref.text("name"));
        PodTemplate template = templates.apply(target);
        int min = isHpa ? spec.number("minReplicas", 1) : spec.number("minReplicaCount", 0);
        int max = isHpa ? spec.number("maxReplicas", 1) : spec.number("maxReplicaCount", 100);
        double cost = said.decimal(COST, 10);
        String role = said.text(ROLE, template.role()).toLowerCase(Locale.ROOT);
        Variant variant = new Variant(
                namespace,
                resource.getMetadata().getName(),
                said.text(MODEL),
                // Anything else serves both phases.
                role.equals("prefill") ? Role.PREFILL : role.equals("decode") ? Role.DECODE : Role.UNIFIED,
                Set.of(),
                cost,
                cost == 0,
                template.accelerator(),
                annotations.containsKey(ACCELERATORS)
                        ? (int) said.decimal(ACCELERATORS, 1)
                        : Math.max(1, template.count()),
                min,
                max,
                0);
        VariantSettings settings = new VariantSettings(
                variant,
                variant.id(),
                new StepTime(0.013, 0.00006, 0.00003, 0.00000006),
                new EngineLimits(350_000, 256, 8_192),
                120,
                Behaviour.USUAL,
                false);
        return Optional.of(new Policy(
                settings,
                new KubeVariant(variant.id(), target, isHpa ? Actuation.METRIC : Actuation.KEDA_PUSH),
                false));
    }
}
