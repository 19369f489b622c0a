package io.llmd.autoscaler.config;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.llmd.autoscaler.collector.EndpointsFile;
import io.llmd.autoscaler.collector.Roster;
import io.llmd.autoscaler.config.AutoscalerProperties.ScaledVariant;
import io.llmd.autoscaler.config.AutoscalerProperties.WithinTolerance;
import io.llmd.autoscaler.kube.Claims;
import io.llmd.autoscaler.kube.KubeActuator;
import io.llmd.autoscaler.kube.KubeFleet;
import io.llmd.autoscaler.kube.KubeOffice;
import io.llmd.autoscaler.kube.KubeVariant;
import io.llmd.autoscaler.kube.PolicyFeed;
import io.llmd.autoscaler.kube.RouterPods;
import io.llmd.autoscaler.loop.Cycle;
import io.llmd.autoscaler.loop.FleetLoop;
import io.llmd.autoscaler.loop.Office;
import io.llmd.autoscaler.observe.ClusterState;
import io.llmd.kube.KubeCalls;
import io.llmd.kube.KubeClients;
import io.llmd.kube.KubeException;
import io.llmd.kube.KubeKind;
import io.llmd.kube.Leadership;
import io.llmd.kube.ObjectList;
import io.llmd.kube.WatchedKind;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All that has to do with a Kubernetes cluster: what there is to scale, who leads, and what is done there. */
final class ClusterAutoscaling implements Supplier<Optional<Roster>>, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterAutoscaling.class);
    private static final Duration CLAIM_PERIOD = Duration.ofSeconds(30);
    private static final Duration CLAIM_TTL = Duration.ofMinutes(3);
    private static final String EXTERNAL_METRICS =
            "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.external.metrics.k8s.io";

    private final AutoscalerProperties properties;
    private final KubernetesClient client;
    private final KubeCalls calls;
    private final String namespace;
    private final KubeFleet fleet;
    private final KubeOffice office;
    private final Claims claims;
    private final List<KubeVariant> places;
    private final @Nullable KubernetesClient electionClient;
    private final @Nullable Leadership leadership;
    private volatile @Nullable KubeActuator actuator;
    private volatile @Nullable PolicyFeed feed;
    private volatile @Nullable RouterPods routers;

    /** A kind of which nothing is wanted. */
    private record NoObjects(String description) implements WatchedKind<GenericKubernetesResource> {

        @Override
        public ObjectList<GenericKubernetesResource> list() {
            return new ObjectList<>(List.of(), "0");
        }

        @Override
        public Watching watch(String version, WatchEvents<GenericKubernetesResource> events) {
            return () -> {};
        }
    }

    /** Follows the cluster from now on. @param client ends with this object */
    ClusterAutoscaling(AutoscalerProperties properties, KubernetesClient client) {
        this.properties = properties;
        this.client = client;
        AutoscalerProperties.Kubernetes settings = properties.kubernetes();
        calls = new KubeCalls(client);
        namespace = KubeClients.namespace(settings.namespace(), client);
        places = properties.variants().stream().map(ScaledVariant::inCluster).toList();
        claims = new Claims(calls, Claims.identity(namespace, settings.instance()), CLAIM_TTL, InstantSource.system());
        fleet = new KubeFleet(
                settings.metricsPort(),
                settings.resync(),
                name -> new KubeKind<>(
                        "pods of " + name, client.pods().inNamespace(name).withLabel(EndpointsFile.VARIANT)),
                target -> kind(target.context(), target.namespace()),
                name -> kind(PolicyFeed.hpas(), name),
                claims::conflicts);
        fleet.variants(places, Set.of());
        if (settings.leaderElection().enabled()) {
            Leadership.Settings election = election(settings, namespace);
            electionClient = KubeClients.forElection(client, election);
            leadership = Leadership.start(
                    electionClient,
                    election,
                    leads -> LOG.info(leads ? "this replica leads and decides" : "this replica stands by"));
        } else {
            electionClient = null;
            leadership = null;
        }
        String numbers = settings.instance() + "-numbers";
        office = new KubeOffice(
                calls,
                namespace,
                numbers,
                () -> leadership == null || leadership.isLeader(),
                settings.staleAfter(),
                InstantSource.system());
        office.follow(
                new KubeKind<>(
                        "configmap " + numbers,
                        client.configMaps().inNamespace(namespace).withField("metadata.name", numbers)),
                settings.resync());
    }

    private WatchedKind<GenericKubernetesResource> kind(ResourceDefinitionContext context, String of) {
        String description = context.getPlural() + "." + context.getGroup();
        return context.isNamespaceScoped()
                ? new KubeKind<>(
                        description + " of " + of,
                        client.genericKubernetesResources(context).inNamespace(of))
                : new KubeKind<>(description, client.genericKubernetesResources(context));
    }

    private static Leadership.Settings election(AutoscalerProperties.Kubernetes settings, String namespace) {
        return new Leadership.Settings(
                namespace,
                settings.instance(),
                Objects.requireNonNullElse(System.getenv("POD_NAME"), settings.instance()) + "_" + UUID.randomUUID(),
                settings.leaderElection().lease(),
                settings.leaderElection().renewDeadline(),
                settings.leaderElection().retry());
    }

    @Override
    public Optional<Roster> get() {
        return fleet.get();
    }

    Office office() {
        return office;
    }

    /** Carries out what {@code loop} decides from now on. @param seconds its clock */
    void begin(FleetLoop loop, DoubleSupplier seconds) {
        AutoscalerProperties.Kubernetes settings = properties.kubernetes();
        KubeActuator begun = new KubeActuator(
                new KubeActuator.Settings(
                        CLAIM_PERIOD, settings.withinTolerance() == WithinTolerance.SCALE, settings.staleAfter()),
                calls,
                fleet,
                office,
                claims,
                loop,
                seconds);
        boolean hasRouters = !settings.routerSelector().isBlank();
        if (hasRouters) {
            routers = new RouterPods(
                    new KubeKind<>(
                            "routers of " + namespace,
                            client.pods().inNamespace(namespace).withLabelSelector(settings.routerSelector())),
                    settings.routerPort(),
                    settings.routerPath(),
                    settings.resync());
        }
        RouterPods pods = routers;
        if (settings.resources() || pods != null) {
            PolicyFeed resources = new PolicyFeed(
                    properties.fleet(),
                    places,
                    settings.instance(),
                    pods == null ? () -> Optional.of(properties.routers()) : pods,
                    fleet,
                    loop,
                    settings.resources()
                            ? context -> kind(context, namespace)
                            : context -> new NoObjects(context.getKind()),
                    settings.resync());
            begun.follow(resources, settings.writeStatus());
            feed = resources;
        }
        begun.start();
        actuator = begun;
    }

    /** A cycle has been published. */
    void published(Cycle cycle) {
        KubeActuator begun = actuator;
        if (begun != null) {
            begun.published(cycle);
        }
    }

    /** For meters. */
    ClusterState state() {
        KubeActuator begun = actuator;
        PolicyFeed resources = feed;
        return new ClusterState(
                office.isLeader(),
                resources == null || resources.problems().isEmpty(),
                begun == null ? Map.of() : begun.lagSeconds(),
                begun == null ? Map.of() : begun.stalled());
    }

    /**
     * Who else serves external metrics in the cluster, which can have one such server only; empty when nobody does, or this one.
     *
     * @param service name of our Service
     */
    Optional<String> otherExternalMetrics(String service) {
        try {
            Object spec = calls.get(EXTERNAL_METRICS).get("spec");
            Object named = spec instanceof Map<?, ?> fields ? fields.get("service") : null;
            if (named instanceof Map<?, ?> theirs) {
                boolean isOurs = service.equals(theirs.get("name")) && namespace.equals(theirs.get("namespace"));
                return isOurs ? Optional.empty() : Optional.of(theirs.get("namespace") + "/" + theirs.get("name"));
            }
            return Optional.empty();
        } catch (KubeException e) {
            if (!e.isNotFound()) {
                LOG.atWarn()
                        .addKeyValue("reason", e.getMessage())
                        .log("whether KEDA serves external metrics is not known");
            }
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        KubeActuator begun = actuator;
        if (begun != null) {
            begun.close();
        }
        PolicyFeed resources = feed;
        if (resources != null) {
            resources.close();
        }
        RouterPods pods = routers;
        if (pods != null) {
            pods.close();
        }
        office.close();
        if (leadership != null) {
            leadership.close();
        }
        if (electionClient != null) {
            electionClient.close();
        }
        fleet.close();
        client.close();
    }
}
