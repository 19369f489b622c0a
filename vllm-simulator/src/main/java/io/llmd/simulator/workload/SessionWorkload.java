package io.llmd.simulator.workload;

import io.llmd.simulator.cluster.ClientRequest;
import io.llmd.simulator.cluster.RequestResult;
import io.llmd.simulator.cluster.Workload;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The requests of another workload dealt out to sessions in turn, of which each has one request under way: others wait
 * in the client until that has ended, and only then begin for simulation and results. Not thread-safe.
 */
public final class SessionWorkload implements Workload {
    private final Workload inner;
    private final List<Deque<ClientRequest>> waiting = new ArrayList<>();
    private final boolean[] busy;
    private final Deque<ClientRequest> released = new ArrayDeque<>();
    private final Map<Long, Integer> sessions = new HashMap<>();
    private long dealt;
    private long releasedAt;

    /** @param sessions requests that can be under way at a time */
    public SessionWorkload(Workload inner, int sessions) {
        if (sessions < 1) {
            throw new IllegalArgumentException("sessions: " + sessions + " (expected: >= 1)");
        }
        this.inner = inner;
        busy = new boolean[sessions];
        for (int i = 0; i < sessions; i++) {
            waiting.add(new ArrayDeque<>());
        }
    }

    @Override
    public long nextTime() {
        return released.isEmpty() ? inner.nextTime() : releasedAt;
    }

    @Override
    public @Nullable ClientRequest next() {
        if (!released.isEmpty()) {
            return released.removeFirst();
        }
        ClientRequest request = inner.next();
        if (request == null) {
            return null;
        }
        int session = (int) (dealt++ % busy.length);
        sessions.put(request.id(), session);
        if (busy[session]) {
            waiting.get(session).addLast(request);
            return null;
        }
        busy[session] = true;
        return request;
    }

    @Override
    public void ended(RequestResult result) {
        inner.ended(result);
        Integer session = sessions.remove(result.request().id());
        if (session == null) {
            throw new IllegalStateException("request " + result.request().id() + " is not of this workload");
        }
        ClientRequest next = waiting.get(session).pollFirst();
        busy[session] = next != null;
        if (next != null) {
            released.addLast(next);
            releasedAt = result.ended();
        }
    }
}
