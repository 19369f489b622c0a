package io.llmd.scheduler.resource;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.llmd.kube.FollowedObjects;
import io.llmd.kube.KubeException;
import io.llmd.kube.ObjectListener;
import io.llmd.kube.WatchedKind;
import io.llmd.scheduler.plugin.Finding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Objectives and rewrites of a Kubernetes cluster. Of a kind that the cluster serves in today's group, the former group is
 * left out, even if there are no objects. Each object is judged alone: one with errors leaves its previous version in
 * force. Kinds that are installed later are found. While the API cannot be asked, everything stays.
 */
public final class KubernetesResources implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(KubernetesResources.class);

    private static final List<String> KINDS = List.of(ResourceReader.OBJECTIVE, ResourceReader.REWRITE);

    /** What became of an object: told to whoever writes its status. */
    public record Judgement(GenericKubernetesResource resource, boolean isAccepted, String reason, String message) {}

    private record Accepted(String uid, ResourceFile file) {}

    private final Function<ResourceDefinitionContext, WatchedKind<GenericKubernetesResource>> kinds;
    private final Duration resync;
    private final ResourceStore store;
    private final Consumer<List<Finding>> listener;
    private final Consumer<Judgement> judgements;
    private final KubernetesSerialization serialization = new KubernetesSerialization();
    private final Map<String, Map<ResourceGroup, Followed>> followed = new TreeMap<>();
    private final Map<String, String> judged = new HashMap<>();
    private final Map<String, ResourceFile> lastGood = new HashMap<>();
    private boolean hasPool;
    private boolean closed;

    /**
     * Follows nothing yet.
     *
     * @param kinds objects of a kind in the namespace
     * @param resync time after which everything is listed again although nothing seems wrong
     * @param listener hears the findings of objects that are new or have changed
     * @param judgements hears whether such an object is in force; must not block
     */
    public KubernetesResources(
            Function<ResourceDefinitionContext, WatchedKind<GenericKubernetesResource>> kinds,
            Duration resync,
            ResourceStore store,
            Consumer<List<Finding>> listener,
            Consumer<Judgement> judgements) {
        this.kinds = Objects.requireNonNull(kinds, "kinds");
        this.resync = Objects.requireNonNull(resync, "resync");
        this.store = Objects.requireNonNull(store, "store");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.judgements = Objects.requireNonNull(judgements, "judgements");
    }

    /** Begins to follow. */
    public synchronized void start() {
        for (String kind : KINDS) {
            Map<ResourceGroup, Followed> groups = new EnumMap<>(ResourceGroup.class);
            followed.put(kind, groups);
            for (ResourceGroup group : ResourceGroup.values()) {
                groups.put(group, new Followed(kind, group));
            }
        }
        followed.values().forEach(groups -> groups.values().forEach(Followed::start));
    }

    /** Says whether there is a pool; without one nothing is in force. */
    public synchronized void poolExists(boolean exists) {
        if (hasPool != exists) {
            hasPool = exists;
            judgeAll();
        }
    }

    private synchronized void judgeAll() {
        if (closed) {
            return;
        }
        if (!hasPool) {
            store.declare(Resources.NONE);
            return;
        }
        List<ResourceFile> files = new ArrayList<>();
        List<String> alive = new ArrayList<>();
        for (Map<ResourceGroup, Followed> groups : followed.values()) {
            for (GenericKubernetesResource resource : inForce(groups)) {
                Accepted accepted = judge(resource);
                alive.add(uid(resource));
                if (accepted != null) {
                    files.add(accepted.file());
                }
            }
        }
        judged.keySet().retainAll(alive);
        lastGood.keySet().retainAll(alive);
        LoadedResources read = new ResourceReader(store.pool()).read(files);
        if (read.isRefused()) {
            listener.accept(read.findings());
        } else {
            store.declare(read.resources());
        }
    }

    private static List<GenericKubernetesResource> inForce(Map<ResourceGroup, Followed> groups) {
        Followed current = Objects.requireNonNull(groups.get(ResourceGroup.CURRENT));
        Followed former = Objects.requireNonNull(groups.get(ResourceGroup.FORMER));
        return switch (current.served) {
            case YES -> List.copyOf(current.objects.values());
            case NO -> List.copyOf(former.objects.values());
            case UNKNOWN -> List.of();
        };
    }

    /** The version of an object that counts, null for none. */
    private @Nullable Accepted judge(GenericKubernetesResource resource) {
        String uid = uid(resource);
        ResourceFile file = new ResourceFile(
                resource.getKind() + " " + resource.getMetadata().getNamespace() + "/"
                        + resource.getMetadata().getName(),
                serialization.asJson(resource));
        if (!file.text().equals(judged.put(uid, file.text()))) {
            LoadedResources alone = new ResourceReader(store.pool()).read(List.of(file));
            if (!alone.findings().isEmpty()) {
                listener.accept(alone.findings());
            }
            if (!alone.isRefused()) {
                lastGood.put(uid, file);
            }
            judgements.accept(judgement(resource, alone));
        }
        ResourceFile good = lastGood.get(uid);
        return good == null ? null : new Accepted(uid, good);
    }

    private static Judgement judgement(GenericKubernetesResource resource, LoadedResources alone) {
        for (Finding finding : alone.findings()) {
            if (finding.isError()) {
                String reason = finding.field().equals("spec.priority") ? "InvalidPriority" : "Invalid";
                return new Judgement(resource, false, reason, finding.field() + ": " + finding.message());
            }
        }
        for (Finding finding : alone.findings()) {
            if (finding.field().equals("spec.poolRef")) {
                return new Judgement(resource, false, "PoolMismatch", finding.message());
            }
        }
        return new Judgement(resource, true, "Accepted", "in force");
    }

    private static String uid(GenericKubernetesResource resource) {
        return Objects.requireNonNullElse(
                resource.getMetadata().getUid(), resource.getMetadata().getName());
    }

    @Override
    public synchronized void close() {
        closed = true;
        followed.values().forEach(groups -> groups.values().forEach(Followed::close));
    }

    private enum Served {
        YES,
        NO,
        UNKNOWN
    }

    /** The objects of one kind in one group. */
    private final class Followed implements ObjectListener<GenericKubernetesResource>, AutoCloseable {

        private final String kind;
        private final ResourceGroup group;
        private final Map<String, GenericKubernetesResource> objects = new TreeMap<>();
        private Served served = Served.UNKNOWN;
        private @Nullable FollowedObjects<GenericKubernetesResource> source;

        private Followed(String kind, ResourceGroup group) {
            this.kind = kind;
            this.group = group;
        }

        private void start() {
            source = FollowedObjects.start(kinds.apply(group.context(kind)), resync, this);
        }

        private void change(Runnable change) {
            synchronized (KubernetesResources.this) {
                change.run();
                judgeAll();
            }
        }

        @Override
        public void replaced(List<GenericKubernetesResource> all) {
            change(() -> {
                served = Served.YES;
                objects.clear();
                all.forEach(this::put);
            });
        }

        @Override
        public void changed(GenericKubernetesResource object) {
            change(() -> put(object));
        }

        private void put(GenericKubernetesResource object) {
            objects.put(object.getMetadata().getName(), object);
        }

        @Override
        public void removed(GenericKubernetesResource object) {
            change(() -> objects.remove(object.getMetadata().getName()));
        }

        @Override
        public void failed(KubeException reason) {
            if (!reason.isNotFound()) {
                LOG.atError()
                        .addKeyValue("kind", kind)
                        .addKeyValue("group", group.apiVersion())
                        .addKeyValue("reason", reason.getMessage())
                        .log("resources cannot be listed, what is known stays");
                return;
            }
            change(() -> {
                served = Served.NO;
                objects.clear();
            });
            if (group == ResourceGroup.CURRENT) {
                LOG.atWarn()
                        .addKeyValue("kind", kind)
                        .addKeyValue("group", group.apiVersion())
                        .log("kind is not installed, its former group is used if that is");
            }
        }

        @Override
        public void close() {
            if (source != null) {
                source.close();
            }
        }
    }
}
