package io.llmd.scheduler.discovery;

import io.llmd.scheduler.datalayer.EndpointStore;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Endpoints that the service's own settings list. They never change. */
public final class StaticDiscovery implements DiscoveryState {

    /**
     * One endpoint.
     *
     * @param namespace first part of the id
     * @param name second part of the id
     * @param address IP address or host name
     * @param port TCP port
     * @param labels Kubernetes-style labels
     */
    public record Entry(String namespace, String name, String address, int port, Map<String, String> labels) {
        public Entry {
            labels = Map.copyOf(labels);
        }
    }

    /**
     * Puts the entries into the store.
     *
     * @throws DiscoveryException when an entry cannot be used or is there twice
     */
    public StaticDiscovery(List<Entry> entries, boolean allowLoopback, EndpointStore store) {
        List<EndpointMetadata> endpoints = new ArrayList<>(entries.size());
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < entries.size(); i++) {
            EndpointMetadata endpoint = endpoint(entries.get(i), i, allowLoopback);
            if (!seen.add(endpoint.id()) || !seen.add(endpoint.host() + " " + endpoint.port())) {
                throw new DiscoveryException("scheduler.discovery.endpoints[" + i + "]: " + endpoint.id() + " at "
                        + endpoint.host() + ":" + endpoint.port() + " (expected: unique name and address)");
            }
            endpoints.add(endpoint);
        }
        endpoints.forEach(store::upsert);
    }

    private static EndpointMetadata endpoint(Entry entry, int index, boolean allowLoopback) {
        try {
            return EndpointEntry.of(
                    entry.namespace(),
                    entry.name(),
                    entry.address(),
                    String.valueOf(entry.port()),
                    entry.labels(),
                    allowLoopback);
        } catch (IllegalArgumentException e) {
            throw new DiscoveryException("scheduler.discovery.endpoints[" + index + "]." + e.getMessage());
        }
    }

    @Override
    public boolean isReady() {
        return true;
    }

    @Override
    public String problem() {
        return "";
    }
}
