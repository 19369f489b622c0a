package io.llmd.gateway.dispatch;

import io.llmd.contracts.schedule.EndpointList;
import io.llmd.contracts.schedule.EndpointStatus;
import io.llmd.contracts.schedule.ServedPhase;
import io.llmd.contracts.schedule.TargetEndpoint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The endpoints of the pool as the scheduler last told them. Thread-safe. */
public final class EndpointDirectory {

    private final List<Consumer<List<TargetEndpoint>>> listeners = new CopyOnWriteArrayList<>();
    private volatile @Nullable List<TargetEndpoint> endpoints;
    private volatile List<EndpointStatus> statuses = List.of();
    private volatile Map<String, EndpointStatus> byAddress = Map.of();

    /** Takes a new list and tells the listeners when it differs from the one before. */
    public void update(EndpointList list) {
        Map<String, EndpointStatus> addresses = new HashMap<>();
        list.endpoints().forEach(status -> addresses.put(status.endpoint().hostPort(), status));
        byAddress = addresses;
        statuses = list.endpoints();
        List<TargetEndpoint> now =
                list.endpoints().stream().map(EndpointStatus::endpoint).toList();
        if (now.equals(endpoints)) {
            return;
        }
        endpoints = now;
        listeners.forEach(listener -> listener.accept(now));
    }

    /** Called with the whole list on every change. */
    public void onChange(Consumer<List<TargetEndpoint>> listener) {
        listeners.add(listener);
    }

    /** The last known endpoints; empty when none were ever told. */
    public List<TargetEndpoint> endpoints() {
        List<TargetEndpoint> known = endpoints;
        return known == null ? List.of() : known;
    }

    /** What was last said of the endpoint at {@code host:port}; {@code null} when there is none. */
    public @Nullable EndpointStatus at(String hostPort) {
        return byAddress.get(hostPort);
    }

    /** What was last said of all endpoints. */
    public List<EndpointStatus> statuses() {
        return statuses;
    }

    /** The endpoints that may answer by themselves: all but those whose role is a phase before decode. */
    public List<TargetEndpoint> answering() {
        return statuses.stream()
                .filter(EndpointDirectory::mayAnswer)
                .map(EndpointStatus::endpoint)
                .toList();
    }

    private static boolean mayAnswer(EndpointStatus status) {
        return ServedPhase.DECODE.isServed(status.labels(), true)
                || !ServedPhase.PREFILL.isServed(status.labels(), false)
                        && !ServedPhase.ENCODE.isServed(status.labels(), false);
    }

    /** Whether a list was ever received. */
    public boolean isKnown() {
        return endpoints != null;
    }

    /** Ids of the last known endpoints. */
    public Set<String> ids() {
        return endpoints().stream().map(TargetEndpoint::id).collect(Collectors.toUnmodifiableSet());
    }
}
