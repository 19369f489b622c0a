package io.llmd.autoscaler.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.llmd.autoscaler.collector.Replica;
import io.llmd.autoscaler.collector.Roster;
import io.llmd.kube.FollowedObjects;
import io.llmd.kube.KubeException;
import io.llmd.kube.ObjectListener;
import io.llmd.kube.WatchedKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pods and targets of the variants, followed by one watch for each kind and namespace, so that a cycle asks the API nothing. Before
 * each of them was asked once, what there is cannot be told; where one cannot be read, its variants are unknown and no others. Safe
 * from any thread.
 */
public final class KubeFleet implements Supplier<Optional<Roster>>, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(KubeFleet.class);

    private final int metricsPort;
    private final Duration resync;
    private final Function<String, WatchedKind<Pod>> pods;
    private final Function<TargetRef, WatchedKind<GenericKubernetesResource>> targets;
    private final Function<String, Map<String, String>> conflicts;
    private final Map<String, Followed<Pod>> podsByNamespace = new TreeMap<>();
    private final Map<String, Followed<GenericKubernetesResource>> targetsByKind = new TreeMap<>();
    private final Function<String, WatchedKind<GenericKubernetesResource>> hpas;
    private final Map<String, Followed<GenericKubernetesResource>> hpasByNamespace = new TreeMap<>();
    private List<KubeVariant> variants = List.of();
    private Set<String> paused = Set.of();
    private boolean isClosed;

    /**
     * Follows nothing yet.
     *
     * @param metricsPort port of the metrics page of pods that name none
     * @param resync time after which everything is listed again although nothing seems wrong
     * @param pods pods of a namespace that have a variant
     * @param targets objects of the kind and namespace of a target
     * @param hpas HPAs of a namespace
     * @param conflicts other controllers that claim a variant, as {@code {variant: name}}, of a variant's id
     */
    public KubeFleet(
            int metricsPort,
            Duration resync,
            Function<String, WatchedKind<Pod>> pods,
            Function<TargetRef, WatchedKind<GenericKubernetesResource>> targets,
            Function<String, WatchedKind<GenericKubernetesResource>> hpas,
            Function<String, Map<String, String>> conflicts) {
        this.hpas = hpas;
        this.metricsPort = metricsPort;
        this.resync = resync;
        this.pods = pods;
        this.targets = targets;
        this.conflicts = conflicts;
    }

    /** These are the variants from now on. @param held those that are to stay as they are */
    public synchronized void variants(List<KubeVariant> next, Set<String> held) {
        if (isClosed) {
            return;
        }
        variants = List.copyOf(next);
        paused = Set.copyOf(held);
        Set<String> namespaces = new HashSet<>();
        Set<String> withHpas = new HashSet<>();
        Map<String, TargetRef> kinds = new HashMap<>();
        for (KubeVariant each : variants) {
            if (each.actuation() != Actuation.ADVISORY) {
                // Who scales by itself has to know that no HPA does.
                withHpas.add(each.target().namespace());
            }
            namespaces.add(each.target().namespace());
            kinds.putIfAbsent(each.target().followedAs(), each.target());
        }
        retain(podsByNamespace, namespaces);
        retain(targetsByKind, kinds.keySet());
        retain(hpasByNamespace, withHpas);
        for (String namespace : withHpas) {
            hpasByNamespace.computeIfAbsent(namespace, name -> new Followed<>(hpas.apply(name), resync));
        }
        for (String namespace : namespaces) {
            podsByNamespace.computeIfAbsent(namespace, name -> new Followed<>(pods.apply(name), resync));
        }
        kinds.forEach((name, target) ->
                targetsByKind.computeIfAbsent(name, key -> new Followed<>(targets.apply(target), resync)));
    }

    private static <T extends HasMetadata> void retain(Map<String, Followed<T>> followed, Set<String> names) {
        followed.entrySet().removeIf(each -> {
            boolean isOver = !names.contains(each.getKey());
            if (isOver) {
                each.getValue().close();
            }
            return isOver;
        });
    }

    /** The variants. */
    public synchronized List<KubeVariant> variants() {
        return variants;
    }

    @Override
    public synchronized Optional<Roster> get() {
        boolean isAnyAwaited = podsByNamespace.values().stream().anyMatch(Followed::isAwaited)
                || targetsByKind.values().stream().anyMatch(Followed::isAwaited);
        if (isAnyAwaited) {
            return Optional.empty();
        }
        List<Replica> replicas = new ArrayList<>();
        Map<String, Integer> specified = new HashMap<>();
        Set<String> disrupted = new HashSet<>();
        Map<String, String> claimed = new HashMap<>();
        for (KubeVariant each : variants) {
            state(each.target()).ifPresent(state -> {
                specified.put(each.id(), state.specified());
                if (state.isRolledOut()) {
                    disrupted.add(each.id());
                }
            });
            claimed.putAll(conflicts.apply(each.id()));
        }
        podsByNamespace
                .values()
                .forEach(each -> each.all()
                        .forEach(pod -> PodReplica.of(pod, metricsPort).ifPresent(replicas::add)));
        return Optional.of(new Roster(
                replicas, specified, disrupted, claimed, paused, unreadable().keySet()));
    }

    /** Why pods or the target of a variant cannot be read, by variant. */
    synchronized Map<String, String> unreadable() {
        Map<String, String> found = new TreeMap<>();
        for (KubeVariant each : variants) {
            Followed<Pod> itsPods = podsByNamespace.get(each.target().namespace());
            Followed<GenericKubernetesResource> itsTarget =
                    targetsByKind.get(each.target().followedAs());
            String reason = itsPods == null ? "" : itsPods.problem();
            if (reason.isEmpty() && itsTarget != null) {
                reason = itsTarget.problem();
            }
            if (!reason.isEmpty()) {
                found.put(each.id(), reason);
            }
        }
        return found;
    }

    private Optional<TargetState> state(TargetRef target) {
        return Optional.ofNullable(resource(target)).map(TargetState::of);
    }

    /** A target as it was told last; null while it is not known. */
    synchronized @Nullable GenericKubernetesResource resource(TargetRef target) {
        Followed<GenericKubernetesResource> followed = targetsByKind.get(target.followedAs());
        return followed == null ? null : followed.of(target.name());
    }

    /** Replicas that a target asks for; none while that is not known. */
    OptionalInt specified(TargetRef target) {
        return state(target).map(state -> OptionalInt.of(state.specified())).orElse(OptionalInt.empty());
    }

    /** HPAs of a namespace; none while they are not known. */
    synchronized Optional<List<HpaState>> hpas(String namespace) {
        Followed<GenericKubernetesResource> followed = hpasByNamespace.get(namespace);
        return followed == null || !followed.isKnown()
                ? Optional.empty()
                : Optional.of(followed.all().stream().map(HpaState::of).toList());
    }

    /** Names of the pods of a variant, with their ids. */
    synchronized Map<String, String> podsOf(KubeVariant variant) {
        Followed<Pod> followed = podsByNamespace.get(variant.target().namespace());
        Map<String, String> found = new TreeMap<>();
        if (followed != null) {
            for (Pod pod : followed.all()) {
                PodReplica.of(pod, metricsPort)
                        .filter(replica -> replica.variant().equals(variant.id()))
                        .ifPresent(replica -> found.put(pod.getMetadata().getName(), replica.id()));
            }
        }
        return found;
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        podsByNamespace.values().forEach(Followed::close);
        targetsByKind.values().forEach(Followed::close);
        hpasByNamespace.values().forEach(Followed::close);
    }

    /** Objects of a kind as they were told last. */
    static final class Followed<T extends HasMetadata> implements ObjectListener<T>, AutoCloseable {

        private final Map<String, T> objects = new TreeMap<>();
        private final FollowedObjects<T> following;
        private boolean isKnown;
        private String problem = "";

        Followed(WatchedKind<T> kind, Duration resync) {
            following = FollowedObjects.start(kind, resync, this);
        }

        @Override
        public synchronized void replaced(List<T> all) {
            objects.clear();
            all.forEach(each -> objects.put(each.getMetadata().getName(), each));
            isKnown = true;
            problem = "";
        }

        @Override
        public synchronized void changed(T object) {
            objects.put(object.getMetadata().getName(), object);
        }

        @Override
        public synchronized void removed(T object) {
            objects.remove(object.getMetadata().getName());
        }

        @Override
        public synchronized void failed(KubeException reason) {
            isKnown = false;
            problem = String.valueOf(reason.getMessage());
            LOG.atWarn().addKeyValue("reason", reason.getMessage()).log("the cluster cannot be read");
        }

        synchronized boolean isKnown() {
            return isKnown;
        }

        /** Whether it has not been read yet, and nothing speaks against it. */
        synchronized boolean isAwaited() {
            return !isKnown && problem.isEmpty();
        }

        /** Why it cannot be read; empty where it can, or was not asked yet. */
        synchronized String problem() {
            return problem;
        }

        synchronized @Nullable T of(String name) {
            return objects.get(name);
        }

        synchronized List<T> all() {
            return List.copyOf(objects.values());
        }

        @Override
        public void close() {
            following.close();
        }
    }
}
