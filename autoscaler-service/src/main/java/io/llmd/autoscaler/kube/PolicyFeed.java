package io.llmd.autoscaler.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.llmd.autoscaler.kube.KubeFleet.Followed;
import io.llmd.autoscaler.kube.Policies.Effective;
import io.llmd.autoscaler.kube.Policies.Resources;
import io.llmd.autoscaler.loop.FleetLoop;
import io.llmd.autoscaler.loop.FleetSettings;
import io.llmd.kube.WatchedKind;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows what people say about scaling, and puts it in force: VariantPolicy, ServiceTier, FleetPolicy, and HPAs and ScaledObjects
 * with the annotations of llm-d. {@link #refresh} is called by one thread, all else by any.
 */
public final class PolicyFeed implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PolicyFeed.class);

    private final Policies policies;
    private final Supplier<Optional<List<URI>>> routers;
    private final KubeFleet fleet;
    private final FleetLoop loop;
    private final Followed<GenericKubernetesResource> variants;
    private final Followed<GenericKubernetesResource> tiers;
    private final Followed<GenericKubernetesResource> fleets;
    private final Followed<GenericKubernetesResource> hpas;
    private final Followed<GenericKubernetesResource> scaledObjects;
    private volatile @Nullable Effective inForce;
    private Map<String, String> told = Map.of();

    /**
     * Follows from now on.
     *
     * @param base settings
     * @param basePlaces where their variants are
     * @param instance name of this controller
     * @param routers metrics pages of routers; empty while they are not known
     * @param kinds objects of a kind, in the namespace of the controller where it has namespaces
     */
    public PolicyFeed(
            FleetSettings base,
            List<KubeVariant> basePlaces,
            String instance,
            Supplier<Optional<List<URI>>> routers,
            KubeFleet fleet,
            FleetLoop loop,
            Function<ResourceDefinitionContext, WatchedKind<GenericKubernetesResource>> kinds,
            Duration resync) {
        policies = new Policies(base, basePlaces, instance);
        this.routers = routers;
        this.fleet = fleet;
        this.loop = loop;
        variants = new Followed<>(kinds.apply(ours("VariantPolicy", "variantpolicies", true)), resync);
        tiers = new Followed<>(kinds.apply(ours("ServiceTier", "servicetiers", false)), resync);
        fleets = new Followed<>(kinds.apply(ours("FleetPolicy", "fleetpolicies", false)), resync);
        hpas = new Followed<>(kinds.apply(hpas()), resync);
        scaledObjects = new Followed<>(
                kinds.apply(context("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects", true)), resync);
    }

    private static ResourceDefinitionContext ours(String kind, String plural, boolean isNamespaced) {
        return context(PolicyReader.GROUP, PolicyReader.VERSION, kind, plural, isNamespaced);
    }

    /** How to ask for HPAs. */
    public static ResourceDefinitionContext hpas() {
        return context("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true);
    }

    private static ResourceDefinitionContext context(
            String group, String version, String kind, String plural, boolean isNamespaced) {
        return new ResourceDefinitionContext.Builder()
                .withGroup(group)
                .withVersion(version)
                .withKind(kind)
                .withPlural(plural)
                .withNamespaced(isNamespaced)
                .build();
    }

    /** Puts in force what is said now. Nothing changes before all of ours was read once. */
    void refresh() {
        if (!variants.isKnown() || !tiers.isKnown() || !fleets.isKnown()) {
            return;
        }
        List<URI> pages = routers.get().orElse(null);
        if (pages == null) {
            return;
        }
        List<GenericKubernetesResource> annotated = new ArrayList<>(hpas.all());
        annotated.addAll(scaledObjects.all());
        Effective before = inForce;
        Effective now = policies.effective(
                new Resources(variants.all(), tiers.all(), fleets.all(), annotated, pages),
                target -> PodTemplate.of(fleet.resource(target)));
        tell(now.problems());
        if (now.equals(before)) {
            return;
        }
        fleet.variants(now.places(), now.paused());
        loop.reconfigure(now.settings(), now.refusedModels());
        inForce = now;
        LOG.atInfo()
                .addKeyValue("variants", now.settings().variants().size())
                .addKeyValue("tiers", now.settings().tiers().size())
                .log("another configuration is in force");
    }

    private void tell(Map<String, String> problems) {
        if (!problems.equals(told)) {
            problems.forEach((key, reason) -> LOG.atError()
                    .addKeyValue("name", key)
                    .addKeyValue("reason", reason)
                    .log("a resource cannot be used, its previous version stays"));
            told = Map.copyOf(problems);
        }
    }

    /** What cannot be used, by kind and name. */
    public Map<String, String> problems() {
        Effective now = inForce;
        return now == null ? Map.of() : now.problems();
    }

    Set<String> paused() {
        Effective now = inForce;
        return now == null ? Set.of() : now.paused();
    }

    List<GenericKubernetesResource> variantPolicies() {
        return variants.all();
    }

    /** Those that belong to no namespace. */
    List<GenericKubernetesResource> shared() {
        List<GenericKubernetesResource> all = new ArrayList<>(tiers.all());
        all.addAll(fleets.all());
        return all;
    }

    @Override
    public void close() {
        List.of(variants, tiers, fleets, hpas, scaledObjects).forEach(Followed::close);
    }
}
