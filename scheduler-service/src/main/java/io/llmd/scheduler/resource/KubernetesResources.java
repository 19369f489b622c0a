package io.llmd.scheduler.resource;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
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

    private static final String ANOTHER_POOL = "PoolMismatch";
    private static final List<String> KINDS = List.of(ResourceReader.OBJECTIVE, ResourceReader.REWRITE);

    /** What became of an object: told to whoever writes its status. */
    public record Judgement(GenericKubernetesResource resource, boolean isAccepted, String reason, String message) {

        /** Whether the version before stays in force: this one has errors, and is not just another pool's. */
        boolean leavesPrevious() {
            return !isAccepted && !isOfAnotherPool();
        }

        /** Whether the object refers to another pool. */
        boolean isOfAnotherPool() {
            return reason.equals(ANOTHER_POOL);
        }

        /** The same about another version of the object. */
        Judgement about(GenericKubernetesResource version) {
            return new Judgement(version, isAccepted, reason, message);
        }
    }

    /**
     * @param file what the object declares
     * @param good the newest version of that without errors, null for none
     */
    private record Judged(ResourceFile file, @Nullable ResourceFile good, Judgement judgement) {

        private boolean isOf(GenericKubernetesResource resource) {
            return Objects.equals(
                            resource.getMetadata().getResourceVersion(),
                            judgement.resource().getMetadata().getResourceVersion())
                    && resource.getMetadata().getResourceVersion() != null;
        }
    }

    private final Function<ResourceDefinitionContext, WatchedKind<GenericKubernetesResource>> kinds;
    private final Duration resync;
    private final ResourceStore store;
    private final Consumer<List<Finding>> listener;
    private final Consumer<Judgement> judgements;
    private final KubernetesSerialization serialization = new KubernetesSerialization();
    private final Map<String, Map<ResourceGroup, Followed>> followed = new TreeMap<>();
    private final Map<String, Judged> judged = new HashMap<>();
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
        Set<String> alive = new HashSet<>();
        for (Map<ResourceGroup, Followed> groups : followed.values()) {
            for (GenericKubernetesResource resource : inForce(groups)) {
                ResourceFile good = judge(resource);
                alive.add(uid(resource));
                if (good != null) {
                    files.add(good);
                }
            }
        }
        judged.keySet().retainAll(alive);
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
    private @Nullable ResourceFile judge(GenericKubernetesResource resource) {
        String uid = uid(resource);
        Judged known = judged.get(uid);
        if (known == null || !known.isOf(resource)) {
            ResourceFile file = file(resource);
            known = known != null && known.file().equals(file)
                    ? new Judged(file, known.good(), known.judgement().about(resource))
                    : judgeAnew(resource, file, known == null ? null : known.good());
            judged.put(uid, known);
        }
        return known.good();
    }

    private Judged judgeAnew(GenericKubernetesResource resource, ResourceFile file, @Nullable ResourceFile before) {
        Judgement judgement = judgeAlone(resource, file);
        judgements.accept(judgement);
        return new Judged(file, judgement.leavesPrevious() ? before : file, judgement);
    }

    private Judgement judgeAlone(GenericKubernetesResource resource, ResourceFile file) {
        LoadedResources alone = new ResourceReader(store.pool()).read(List.of(file));
        if (!alone.findings().isEmpty()) {
            listener.accept(alone.findings());
        }
        return judgement(resource, alone);
    }

    /** What an object declares, without what others write into it. */
    private ResourceFile file(GenericKubernetesResource resource) {
        ObjectMeta metadata = resource.getMetadata();
        Map<String, Object> kept = new LinkedHashMap<>();
        kept.put("apiVersion", resource.getApiVersion());
        kept.put("kind", resource.getKind());
        Map<String, Object> name = new LinkedHashMap<>();
        name.put("name", metadata.getName());
        name.put("namespace", metadata.getNamespace());
        name.put("creationTimestamp", metadata.getCreationTimestamp());
        kept.put("metadata", name);
        kept.put("spec", resource.get("spec"));
        return new ResourceFile(
                resource.getKind() + " " + metadata.getNamespace() + "/" + metadata.getName(),
                serialization.asJson(kept));
    }

    /** Tells again what became of all objects, to whoever could not take note of it before. */
    public synchronized void tellAgain() {
        judged.values().forEach(known -> judgements.accept(known.judgement()));
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
                return new Judgement(resource, false, ANOTHER_POOL, finding.message());
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
            boolean isFirst = served != Served.YES;
            change(() -> {
                served = Served.YES;
                objects.clear();
                all.forEach(this::put);
            });
            if (!isFirst) {
                tellAgain();
            }
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
                if (reason.isForbidden()) {
                    change(this::isNotOurs);
                }
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

        /** A group that this process has never been allowed to read does not stand before the former one. */
        private void isNotOurs() {
            if (served == Served.UNKNOWN) {
                served = Served.NO;
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
