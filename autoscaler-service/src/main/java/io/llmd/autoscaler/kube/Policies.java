package io.llmd.autoscaler.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.llmd.autoscaler.kube.PolicyReader.Fleet;
import io.llmd.autoscaler.kube.PolicyReader.Policy;
import io.llmd.autoscaler.loop.FleetSettings;
import io.llmd.autoscaler.loop.FleetSettings.TierRule;
import io.llmd.autoscaler.loop.FleetSettings.VariantSettings;
import io.llmd.autoscaler.variant.Tier;
import io.llmd.autoscaler.variant.TierClass;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes one configuration of settings and resources. A resource that cannot be used keeps the last version of it that could, and its
 * models keep their numbers until it is mended (G01). Settings are overruled by resources of the same name, annotations by a
 * VariantPolicy of the same target. For one thread.
 */
final class Policies {

    /**
     * Resources as they are now.
     *
     * @param variants VariantPolicies
     * @param tiers ServiceTiers
     * @param fleets FleetPolicies; the one with the name of this controller counts
     * @param annotated HPAs and ScaledObjects
     * @param routers metrics pages of routers
     */
    record Resources(
            List<GenericKubernetesResource> variants,
            List<GenericKubernetesResource> tiers,
            List<GenericKubernetesResource> fleets,
            List<GenericKubernetesResource> annotated,
            List<URI> routers) {}

    /**
     * The configuration in force.
     *
     * @param settings for the loop
     * @param places where variants are
     * @param paused variants that are held
     * @param refusedModels models of which something cannot be used
     * @param problems what cannot be used, by resource
     */
    record Effective(
            FleetSettings settings,
            List<KubeVariant> places,
            Set<String> paused,
            Set<String> refusedModels,
            Map<String, String> problems) {}

    private static final String OTHERS = "others";

    private final FleetSettings base;
    private final List<KubeVariant> basePlaces;
    private final String instance;
    private final Map<String, Policy> goodVariants = new HashMap<>();
    private final Map<String, TierRule> goodTiers = new HashMap<>();
    private @Nullable Fleet goodFleet;
    private @Nullable Effective last;

    /**
     * Policies on top of settings.
     *
     * @param base settings
     * @param basePlaces where their variants are
     * @param instance name of this controller
     */
    Policies(FleetSettings base, List<KubeVariant> basePlaces, String instance) {
        this.base = base;
        this.basePlaces = List.copyOf(basePlaces);
        this.instance = instance;
    }

    /** A name for messages and statuses. */
    static String key(GenericKubernetesResource resource) {
        String namespace = resource.getMetadata().getNamespace();
        return resource.getKind() + " " + (namespace == null ? "" : namespace + "/")
                + resource.getMetadata().getName();
    }

    /** The configuration that follows from these resources. @param templates what a target's pods are like */
    Effective effective(Resources now, Function<TargetRef, PodTemplate> templates) {
        Map<String, String> problems = new TreeMap<>();
        Set<String> refused = new HashSet<>();
        Map<String, Policy> variants = variants(now, templates, problems, refused);
        Map<String, TierRule> tiers = tiers(now, problems);
        Fleet fleet = fleet(now, problems);
        Map<String, VariantSettings> settings = new LinkedHashMap<>();
        Map<String, KubeVariant> places = new LinkedHashMap<>();
        base.variants().forEach(each -> settings.put(each.variant().id(), each));
        basePlaces.forEach(each -> places.put(each.id(), each));
        Set<String> paused = new HashSet<>();
        variants.forEach((id, policy) -> {
            settings.put(id, policy.settings());
            places.put(id, policy.place());
            if (policy.isPaused()) {
                paused.add(id);
            }
        });
        boolean isAnyShared = !tiers.isEmpty();
        Map<String, TierRule> rules = new LinkedHashMap<>();
        if (!isAnyShared) {
            base.tiers().forEach(each -> rules.put(each.tier().name(), each));
        }
        rules.putAll(tiers);
        if (rules.values().stream().noneMatch(each -> each.priorities().isEmpty())) {
            // Requests of which nobody has said anything are served, without a promise.
            rules.putIfAbsent(
                    OTHERS,
                    new TierRule(Tier.ofInterToken(OTHERS, TierClass.STANDARD, Double.POSITIVE_INFINITY), Set.of(), 0));
        }
        boolean isSharedWrong =
                problems.keySet().stream().anyMatch(each -> !each.startsWith("VariantPolicy") && !isAnnotated(each));
        try {
            FleetSettings next = new FleetSettings(
                    List.copyOf(settings.values()),
                    List.copyOf(rules.values()),
                    now.routers(),
                    fleet == null || fleet.accelerators() == null ? base.accelerators() : fleet.accelerators(),
                    fleet == null || fleet.zero() == null ? base.zero() : fleet.zero(),
                    base.staleSeconds(),
                    base.assumedShape());
            Set<String> models = new HashSet<>(refused);
            next.variants().stream()
                    .filter(each -> isSharedWrong)
                    .forEach(each -> models.add(each.variant().model()));
            last = new Effective(next, List.copyOf(places.values()), Set.copyOf(paused), models, problems);
        } catch (IllegalArgumentException e) {
            // Each is well and all together are not, such as two tiers for one priority: what was in force before
            // stays.
            problems.put("all", String.valueOf(e.getMessage()));
            Effective before = last;
            FleetSettings kept = before == null ? base : before.settings();
            Set<String> models = new HashSet<>();
            kept.variants().forEach(each -> models.add(each.variant().model()));
            last = new Effective(
                    kept,
                    before == null ? basePlaces : before.places(),
                    before == null ? Set.of() : before.paused(),
                    models,
                    problems);
        }
        return last;
    }

    private static boolean isAnnotated(String key) {
        return key.startsWith("HorizontalPodAutoscaler") || key.startsWith("ScaledObject");
    }

    private Map<String, Policy> variants(
            Resources now,
            Function<TargetRef, PodTemplate> templates,
            Map<String, String> problems,
            Set<String> refused) {
        Map<String, Policy> found = new TreeMap<>();
        Map<TargetRef, String> owners = new HashMap<>();
        Map<TargetRef, String> configured = new HashMap<>();
        basePlaces.forEach(each -> configured.put(each.target(), each.id()));
        Set<String> present = new HashSet<>();
        List<GenericKubernetesResource> all = new ArrayList<>(now.variants());
        all.addAll(now.annotated());
        for (GenericKubernetesResource each : all) {
            String key = key(each);
            boolean isPolicy = each.getKind().equals("VariantPolicy");
            present.add(key);
            Policy policy;
            try {
                policy = isPolicy
                        ? PolicyReader.variant(each, templates)
                        : PolicyReader.annotated(each, templates).orElse(null);
                if (policy == null) {
                    goodVariants.remove(key);
                    continue;
                }
                String owner = owners.get(policy.place().target());
                String settled = configured.get(policy.place().target());
                if (owner == null
                        && settled != null
                        && !settled.equals(policy.place().id())) {
                    owner = "autoscaler.variants " + settled;
                }
                if (owner != null && isPolicy) {
                    throw new IllegalArgumentException("spec.scaleTargetRef: "
                            + policy.place().target().name() + " (expected: one that " + owner + " has not)");
                }
                if (owner != null) {
                    continue;
                }
                goodVariants.put(key, policy);
            } catch (IllegalArgumentException | ArithmeticException e) {
                problems.put(key, String.valueOf(e.getMessage()));
                policy = goodVariants.get(key);
                Object model = each.get("spec", "model");
                refused.add(policy != null ? policy.settings().variant().model() : String.valueOf(model));
            }
            if (policy != null) {
                owners.put(policy.place().target(), key);
                found.putIfAbsent(policy.place().id(), policy);
            }
        }
        goodVariants.keySet().retainAll(present);
        return found;
    }

    private Map<String, TierRule> tiers(Resources now, Map<String, String> problems) {
        Map<String, TierRule> found = new TreeMap<>();
        Set<String> present = new HashSet<>();
        for (GenericKubernetesResource each : now.tiers()) {
            String key = key(each);
            present.add(key);
            try {
                goodTiers.put(key, PolicyReader.tier(each));
            } catch (IllegalArgumentException | ArithmeticException e) {
                problems.put(key, String.valueOf(e.getMessage()));
            }
            TierRule rule = goodTiers.get(key);
            if (rule != null) {
                found.put(rule.tier().name(), rule);
            }
        }
        goodTiers.keySet().retainAll(present);
        return found;
    }

    private @Nullable Fleet fleet(Resources now, Map<String, String> problems) {
        boolean isThere = false;
        for (GenericKubernetesResource each : now.fleets()) {
            if (each.getMetadata().getName().equals(instance)) {
                isThere = true;
                try {
                    goodFleet = PolicyReader.fleet(each);
                } catch (IllegalArgumentException | ArithmeticException e) {
                    problems.put(key(each), String.valueOf(e.getMessage()));
                }
            }
        }
        goodFleet = isThere ? goodFleet : null;
        return goodFleet;
    }
}
