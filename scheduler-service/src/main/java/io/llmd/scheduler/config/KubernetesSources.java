package io.llmd.scheduler.config;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.llmd.kube.KubeClients;
import io.llmd.kube.KubeKind;
import io.llmd.kube.Leadership;
import io.llmd.kube.WatchedKind;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.discovery.DiscoveryListener;
import io.llmd.scheduler.discovery.DiscoveryState;
import io.llmd.scheduler.discovery.kube.InferencePools;
import io.llmd.scheduler.discovery.kube.KubernetesDiscovery;
import io.llmd.scheduler.discovery.kube.ServingPool;
import io.llmd.scheduler.plugin.Finding;
import io.llmd.scheduler.resource.KubernetesResources;
import io.llmd.scheduler.resource.ObjectStatuses;
import io.llmd.scheduler.resource.ResourceStore;
import io.llmd.scheduler.scheduling.AppProtocol;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that comes from a Kubernetes cluster: endpoints, objectives and rewrites, and who of several replicas serves. Ready
 * when the pods were listed, and, where replicas elect a leader, while this one leads; the others keep their knowledge
 * fresh meanwhile.
 */
final class KubernetesSources implements DiscoveryState, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(KubernetesSources.class);

    private final KubernetesClient client;
    private final KubernetesDiscovery discovery;
    private final KubernetesResources resources;
    private final @Nullable ObjectStatuses statuses;
    private final boolean elects;
    private final @Nullable KubernetesClient electionClient;
    private final @Nullable Leadership leadership;

    /**
     * Follows the cluster from now on.
     *
     * @param client ends with this object
     * @param declared gets objectives and rewrites, unless it has files
     * @param findings hears what is wrong with those
     */
    KubernetesSources(
            KubernetesClient client,
            SchedulerProperties properties,
            EndpointStore store,
            ResourceStore declared,
            Consumer<List<Finding>> findings,
            DiscoveryListener listener) {
        SchedulerProperties.Kubernetes settings = properties.discovery().kubernetes();
        this.client = client;
        String namespace = KubeClients.namespace(settings.namespace(), client);
        ServingPool fixed = settings.fixedPool();
        WatchedKind<GenericKubernetesResource> pools = kind(InferencePools.context(settings.poolGroup()), namespace);
        elects = settings.leaderElection().enabled();
        statuses = settings.writeStatus()
                ? new ObjectStatuses(client, () -> !elects || isLeader(), InstantSource.system())
                : null;
        Consumer<KubernetesResources.Judgement> judgements = statuses == null ? ignored -> {} : statuses;
        resources = new KubernetesResources(
                context -> kind(context, namespace), settings.resync(), declared, findings, judgements);
        discovery = new KubernetesDiscovery(
                selector -> new KubeKind<>(
                        "pods of " + namespace,
                        client.pods().inNamespace(namespace).withLabelSelector(selector)),
                settings.resync(),
                store,
                properties.discovery().allowLoopback(),
                listener,
                declared.hasFiles() ? exists -> {} : resources::poolExists);
        if (elects) {
            Leadership.Settings election = election(settings.leaderElection(), namespace, properties.pool());
            electionClient = KubeClients.forElection(client, election);
            leadership = Leadership.start(electionClient, election, this::leads);
        } else {
            electionClient = null;
            leadership = null;
        }
        if (!declared.hasFiles()) {
            resources.start();
        }
        if (fixed == null) {
            discovery.followPool(properties.pool(), pools);
        } else {
            discovery.followPods(fixed);
        }
    }

    private WatchedKind<GenericKubernetesResource> kind(ResourceDefinitionContext context, String namespace) {
        return new KubeKind<>(
                context.getPlural() + "." + context.getGroup() + " of " + namespace,
                client.genericKubernetesResources(context).inNamespace(namespace));
    }

    private static Leadership.Settings election(
            SchedulerProperties.LeaderElection settings, String namespace, String pool) {
        return new Leadership.Settings(
                namespace,
                "epp-" + namespace + "-" + pool + ".llm-d.ai",
                Objects.requireNonNullElse(System.getenv("POD_NAME"), "scheduler") + "_" + UUID.randomUUID(),
                settings.lease(),
                settings.renewDeadline(),
                settings.retry());
    }

    private void leads(boolean isLeader) {
        LOG.info(isLeader ? "this replica leads and serves" : "this replica stands by");
        if (isLeader) {
            resources.tellAgain();
        }
    }

    /** What the endpoints of the pool speak; {@code null} when it does not say. */
    @Nullable
    AppProtocol protocol() {
        return discovery.protocol();
    }

    /** Lets another replica lead while this one still finishes what it has. */
    void standDown() {
        if (leadership != null) {
            leadership.close();
        }
    }

    @Override
    public boolean isReady() {
        return discovery.isReady() && (!elects || isLeader());
    }

    private boolean isLeader() {
        return leadership != null && leadership.isLeader();
    }

    @Override
    public String problem() {
        String problem = discovery.problem();
        boolean standsBy = problem.isEmpty() && elects && !isLeader();
        return standsBy ? "another replica leads" : problem;
    }

    @Override
    public void close() {
        discovery.close();
        resources.close();
        if (statuses != null) {
            statuses.close();
        }
        standDown();
        if (electionClient != null) {
            electionClient.close();
        }
        client.close();
    }
}
