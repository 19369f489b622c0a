package io.llmd.scheduler.discovery.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.llmd.kube.FollowedObjects;
import io.llmd.kube.KubeException;
import io.llmd.kube.ObjectListener;
import io.llmd.kube.ServingPod;
import io.llmd.kube.WatchedKind;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.discovery.DiscoveryListener;
import io.llmd.scheduler.discovery.DiscoveryState;
import io.llmd.scheduler.scheduling.AppProtocol;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Endpoints of the pods that an InferencePool selects, or that settings select where there is no such resource. While the
 * API cannot be asked, endpoints stay as they are. A pool that is gone takes its endpoints with it; one that cannot be
 * used leaves the previous version in force.
 */
public final class KubernetesDiscovery implements DiscoveryState, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(KubernetesDiscovery.class);

    private final Function<String, WatchedKind<Pod>> pods;
    private final Duration resync;
    private final PodEndpoints endpoints;
    private final DiscoveryListener listener;
    private final Consumer<Boolean> poolListener;
    private @Nullable FollowedObjects<GenericKubernetesResource> pools;
    private @Nullable ServingPool pool;
    private @Nullable Follower follower;
    private boolean closed;
    private volatile boolean ready;
    private volatile @Nullable AppProtocol protocol;
    private volatile String poolProblem = "";
    private volatile String podProblem = "";

    /**
     * Follows nothing yet.
     *
     * @param pods pods of a label selector
     * @param resync time after which everything is listed again although nothing seems wrong
     * @param allowLoopback whether pods may be on this machine
     * @param poolListener hears whether there is a pool, when that changes; must not block
     */
    public KubernetesDiscovery(
            Function<String, WatchedKind<Pod>> pods,
            Duration resync,
            EndpointStore store,
            boolean allowLoopback,
            DiscoveryListener listener,
            Consumer<Boolean> poolListener) {
        this.pods = Objects.requireNonNull(pods, "pods");
        this.resync = Objects.requireNonNull(resync, "resync");
        this.endpoints = new PodEndpoints(store, allowLoopback, listener);
        this.listener = Objects.requireNonNull(listener, "listener");
        this.poolListener = Objects.requireNonNull(poolListener, "poolListener");
    }

    /**
     * Follows an InferencePool.
     *
     * @param name name of the pool
     * @param kind pools of its namespace
     */
    public synchronized void followPool(String name, WatchedKind<GenericKubernetesResource> kind) {
        poolProblem = "InferencePool " + name + ": not seen yet";
        pools = FollowedObjects.start(kind, resync, new PoolListener(name));
    }

    /** Follows the pods of settings. */
    public synchronized void followPods(ServingPool fixed) {
        use(fixed);
    }

    private synchronized void use(ServingPool next) {
        ServingPool previous = pool;
        if (closed || next.equals(previous)) {
            return;
        }
        pool = next;
        protocol = next.protocol();
        if (previous != null && previous.selector().equals(next.selector())) {
            endpoints.portsAre(next.ports());
        } else {
            endFollower();
            follower = new Follower();
            follower.start(next.selector());
        }
        LOG.atInfo()
                .addKeyValue("selector", next.selector())
                .addKeyValue("ports", next.ports())
                .log("pool is in force");
        if (previous == null) {
            poolListener.accept(true);
        }
    }

    private synchronized void poolIsGone(String reason) {
        poolProblem = reason;
        if (pool != null) {
            LOG.atWarn().addKeyValue("reason", reason).log("no pool, so no endpoints");
            pool = null;
            protocol = null;
            ready = false;
            endFollower();
            endpoints.clear();
            poolListener.accept(false);
        }
    }

    private void endFollower() {
        if (follower != null) {
            follower.close();
            follower = null;
        }
    }

    @Override
    public boolean isReady() {
        return ready;
    }

    @Override
    public String problem() {
        return poolProblem.isEmpty() ? podProblem : poolProblem;
    }

    /** What the pods of the pool speak; {@code null} when there is no pool, or it does not say. */
    public @Nullable AppProtocol protocol() {
        return protocol;
    }

    @Override
    public synchronized void close() {
        closed = true;
        endFollower();
        if (pools != null) {
            pools.close();
        }
    }

    private final class PoolListener implements ObjectListener<GenericKubernetesResource> {

        private final String name;

        private PoolListener(String name) {
            this.name = name;
        }

        @Override
        public void replaced(List<GenericKubernetesResource> all) {
            all.stream()
                    .filter(this::isOurs)
                    .findFirst()
                    .ifPresentOrElse(this::changed, () -> poolIsGone(describe() + ": not found"));
        }

        @Override
        public void changed(GenericKubernetesResource resource) {
            if (!isOurs(resource)) {
                return;
            }
            if (resource.getMetadata().getDeletionTimestamp() != null) {
                poolIsGone(describe() + ": being deleted");
                return;
            }
            try {
                ServingPool next = InferencePools.read(resource);
                poolProblem = "";
                use(next);
            } catch (IllegalArgumentException e) {
                poolProblem = describe() + ": " + e.getMessage();
                LOG.atError().addKeyValue("reason", poolProblem).log("pool refused, its previous version stays");
                listener.sourceRefused(poolProblem);
            }
        }

        @Override
        public void removed(GenericKubernetesResource resource) {
            if (isOurs(resource)) {
                poolIsGone(describe() + ": deleted");
            }
        }

        @Override
        public void failed(KubeException reason) {
            if (reason.isNotFound()) {
                poolIsGone(describe() + ": the cluster knows no such resource");
                return;
            }
            poolProblem = describe() + ": " + reason.getMessage();
            LOG.atError().addKeyValue("reason", poolProblem).log("pool cannot be read, what is known stays");
            listener.sourceRefused(poolProblem);
        }

        private boolean isOurs(GenericKubernetesResource resource) {
            return name.equals(resource.getMetadata().getName());
        }

        private String describe() {
            return "InferencePool " + name;
        }
    }

    /** Follows the pods of one selector; says nothing once another one has taken its place. */
    private final class Follower implements ObjectListener<Pod>, AutoCloseable {

        private @Nullable FollowedObjects<Pod> followed;

        private void start(String selector) {
            followed = FollowedObjects.start(pods.apply(selector), resync, this);
        }

        private void ifCurrent(Consumer<ServingPool> work) {
            synchronized (KubernetesDiscovery.this) {
                ServingPool now = pool;
                if (follower == this && now != null && !closed) {
                    work.accept(now);
                }
            }
        }

        @Override
        public void replaced(List<Pod> all) {
            List<ServingPod> states = all.stream().map(ServingPod::of).toList();
            ifCurrent(now -> {
                endpoints.replaced(states, now.ports());
                podProblem = "";
                ready = true;
            });
        }

        @Override
        public void changed(Pod pod) {
            ServingPod state = ServingPod.of(pod);
            ifCurrent(now -> endpoints.changed(state));
        }

        @Override
        public void removed(Pod pod) {
            ServingPod state = ServingPod.of(pod);
            ifCurrent(now -> endpoints.removed(state));
        }

        @Override
        public void failed(KubeException reason) {
            ifCurrent(now -> {
                podProblem = String.valueOf(reason.getMessage());
                LOG.atError().addKeyValue("reason", podProblem).log("pods cannot be listed, endpoints stay");
                listener.sourceRefused(podProblem);
            });
        }

        @Override
        public void close() {
            if (followed != null) {
                followed.close();
            }
        }
    }
}
