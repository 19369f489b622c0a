package io.llmd.scheduler.discovery.kube;

import io.llmd.kube.ServingPod;
import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.discovery.DiscoveryListener;
import io.llmd.scheduler.discovery.EndpointEntry;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the store equal to the pods that serve: one endpoint for each target port of a pod that is active, whose id is
 * {@code namespace/<pod>-rank-<index>}. Safe from any thread.
 */
final class PodEndpoints {

    private static final Logger LOG = LoggerFactory.getLogger(PodEndpoints.class);

    private record Known(ServingPod pod, List<EndpointMetadata> endpoints) {}

    private final EndpointStore store;
    private final boolean allowLoopback;
    private final DiscoveryListener listener;
    private final Map<String, Known> pods = new HashMap<>();
    private List<Integer> ports = List.of();

    /**
     * No endpoints yet.
     *
     * @param allowLoopback whether pods may be on this machine
     */
    PodEndpoints(EndpointStore store, boolean allowLoopback, DiscoveryListener listener) {
        this.store = store;
        this.allowLoopback = allowLoopback;
        this.listener = listener;
    }

    /** These are the target ports from now on, in the order of their ranks. */
    synchronized void portsAre(List<Integer> next) {
        ports = List.copyOf(next);
        List.copyOf(pods.values()).forEach(known -> put(known.pod()));
    }

    /** These are all pods, and their target ports from now on. */
    synchronized void replaced(List<ServingPod> all, List<Integer> next) {
        ports = List.copyOf(next);
        Set<String> gone = new HashSet<>(pods.keySet());
        all.forEach(pod -> gone.remove(pod.name()));
        gone.forEach(this::remove);
        all.forEach(this::put);
        listener.loaded(count());
    }

    /** A pod is new or has changed. */
    synchronized void changed(ServingPod pod) {
        put(pod);
    }

    /** A pod is gone; one that has taken its name stays. */
    synchronized void removed(ServingPod pod) {
        Known known = pods.get(pod.name());
        if (known != null && known.pod().uid().equals(pod.uid())) {
            remove(pod.name());
        }
    }

    /** There is no pool. */
    synchronized void clear() {
        List.copyOf(pods.keySet()).forEach(this::remove);
    }

    private int count() {
        return pods.values().stream()
                .mapToInt(known -> known.endpoints().size())
                .sum();
    }

    private void remove(String pod) {
        Known known = pods.remove(pod);
        if (known != null) {
            known.endpoints().forEach(endpoint -> store.delete(endpoint.id()));
        }
    }

    private void put(ServingPod pod) {
        List<EndpointMetadata> wanted = endpoints(pod);
        Known known = pods.put(pod.name(), new Known(pod, wanted));
        if (known != null) {
            Map<String, EndpointMetadata> gone = new LinkedHashMap<>();
            boolean isSamePod = known.pod().uid().equals(pod.uid());
            known.endpoints().forEach(endpoint -> gone.put(endpoint.id(), endpoint));
            if (isSamePod) {
                wanted.forEach(endpoint -> gone.remove(endpoint.id()));
            }
            gone.keySet().forEach(store::delete);
        }
        wanted.forEach(store::upsert);
    }

    private List<EndpointMetadata> endpoints(ServingPod pod) {
        String address = pod.address();
        if (address == null) {
            return List.of();
        }
        List<EndpointMetadata> endpoints = new ArrayList<>(ports.size());
        for (ServingPod.Rank rank : pod.ranks(ports)) {
            EndpointMetadata endpoint = endpoint(pod, address, rank);
            if (endpoint != null) {
                endpoints.add(endpoint);
            }
        }
        return endpoints;
    }

    private @Nullable EndpointMetadata endpoint(ServingPod pod, String address, ServingPod.Rank rank) {
        int port = rank.port();
        try {
            EndpointMetadata checked = EndpointEntry.of(
                    pod.namespace(), rank.name(), address, String.valueOf(port), pod.labels(), allowLoopback);
            return new EndpointMetadata(
                    checked.id(), pod.name(), checked.host(), port, port, checked.labels(), rank.index());
        } catch (IllegalArgumentException e) {
            LOG.atError()
                    .addKeyValue("pod", pod.namespace() + "/" + pod.name())
                    .addKeyValue("reason", e.getMessage())
                    .log("pod refused");
            listener.entryRefused(pod.name() + ": " + e.getMessage());
            return null;
        }
    }
}
