package io.llmd.scheduler.latency;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The requests that run on each endpoint with their objectives for the time per output token. Safe from any thread. Grows
 * with the requests in flight; O(log requests).
 */
public final class RunningRequests {

    private static final class OnEndpoint {
        private final TreeMap<Double, Integer> objectives = new TreeMap<>();
        private int count;

        private synchronized void add(double objectiveMillis) {
            count++;
            if (objectiveMillis > 0) {
                objectives.merge(objectiveMillis, 1, Integer::sum);
            }
        }

        private synchronized boolean remove(double objectiveMillis) {
            count--;
            objectives.computeIfPresent(objectiveMillis, (objective, requests) -> requests == 1 ? null : requests - 1);
            return count == 0;
        }

        private synchronized int count() {
            return count;
        }

        private synchronized double strictest() {
            return objectives.isEmpty() ? 0 : objectives.firstKey();
        }
    }

    private final Map<String, OnEndpoint> endpoints = new ConcurrentHashMap<>();

    /** A request begins; {@code objectiveMillis} is 0 without an objective. */
    public void add(String endpointId, double objectiveMillis) {
        endpoints.compute(endpointId, (id, old) -> {
            OnEndpoint endpoint = old == null ? new OnEndpoint() : old;
            endpoint.add(objectiveMillis);
            return endpoint;
        });
    }

    /** A request with that objective, which was added before, ends. */
    public void remove(String endpointId, double objectiveMillis) {
        endpoints.computeIfPresent(endpointId, (id, endpoint) -> endpoint.remove(objectiveMillis) ? null : endpoint);
    }

    /** Requests that run on the endpoint. */
    public int count(String endpointId) {
        OnEndpoint endpoint = endpoints.get(endpointId);
        return endpoint == null ? 0 : endpoint.count();
    }

    /** The strictest objective of those requests in milliseconds, 0 when none has one. */
    public double strictestObjectiveMillis(String endpointId) {
        OnEndpoint endpoint = endpoints.get(endpointId);
        return endpoint == null ? 0 : endpoint.strictest();
    }
}
