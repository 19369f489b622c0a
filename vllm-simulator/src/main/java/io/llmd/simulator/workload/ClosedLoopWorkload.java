package io.llmd.simulator.workload;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Workload;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/** Clients that send one request after the other: the next one some time after the end of the last. Not thread-safe. */
public final class ClosedLoopWorkload implements Workload {
    private final RequestSource source;
    private final long requests;
    private final long thinkNanos;
    private final PriorityQueue<Turn> turns =
            new PriorityQueue<>(Comparator.comparingLong(Turn::time).thenComparingInt(Turn::client));
    private final Map<Long, Integer> clients = new HashMap<>();
    private long sent;

    /** When a client sends its next request. */
    private record Turn(long time, int client) {}

    /**
     * @param clients that send at the same time
     * @param requests of all clients together
     * @param thinkNanos between the end of a request and the client's next one
     * @param source is told the client where it wants the stage
     */
    public ClosedLoopWorkload(int clients, long requests, long thinkNanos, RequestSource source) {
        if (clients < 1 || requests < 1 || thinkNanos < 0) {
            throw new IllegalArgumentException("clients: " + clients + ", requests: " + requests + ", thinkNanos: "
                    + thinkNanos + " (expected: >= 1, >= 1, >= 0)");
        }
        this.source = source;
        this.requests = requests;
        this.thinkNanos = thinkNanos;
        for (int client = 0; client < clients; client++) {
            turns.add(new Turn(0, client));
        }
    }

    @Override
    public long nextTime() {
        Turn turn = turns.peek();
        return turn == null || sent == requests ? NEVER : turn.time();
    }

    @Override
    public ClientRequest next() {
        Turn turn = turns.remove();
        ClientRequest request = source.next(sent, turn.client());
        clients.put(sent, turn.client());
        sent++;
        return request;
    }

    @Override
    public void ended(RequestResult result) {
        Integer client = clients.remove(result.request().id());
        if (client == null) {
            throw new IllegalStateException("request " + result.request().id() + " is not of this workload");
        }
        turns.add(new Turn(result.ended() + thinkNanos, client));
    }
}
