package io.llmd.gateway.console;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What happened lately, seen from one frame to the next. At most 50 are kept. For one thread. */
final class Events {

    private static final int KEPT = 50;
    private static final String NOTE = "note";
    private static final String WARNING = "warning";
    private static final String HARM = "harm";

    private final Deque<Frame.Event> events = new ArrayDeque<>();

    List<Frame.Event> newest() {
        return List.copyOf(events);
    }

    void add(long at, String kind, String text) {
        events.addFirst(new Frame.Event(at, kind, text));
        if (events.size() > KEPT) {
            events.removeLast();
        }
    }

    /** Notes how two frames differ. */
    void compare(@Nullable Frame before, Frame now) {
        if (before == null) {
            add(now.at(), NOTE, "The console began to watch.");
            return;
        }
        serving(before, now);
        parts(before, now);
        gateways(before, now);
        if (before.endpointsAt() > 0) {
            endpoints(before, now);
        }
    }

    private void serving(Frame before, Frame now) {
        String state = now.serving().state();
        if (!state.equals(before.serving().state())) {
            String reason = now.serving().reason();
            add(
                    now.at(),
                    state.equals("refusing") ? HARM : state.equals("degraded") ? WARNING : NOTE,
                    "The suite is " + state + (reason.isEmpty() ? "." : ": " + reason + "."));
        }
    }

    private void parts(Frame before, Frame now) {
        Map<String, String> states = new HashMap<>();
        before.parts().forEach(part -> states.put(part.name(), part.state()));
        for (Watched.Part part : now.parts()) {
            String was = states.getOrDefault(part.name(), "unknown");
            if (part.state().equals("gone") && !was.equals("gone")) {
                add(now.at(), WARNING, "The " + part.name() + " is gone: it " + part.reason() + ".");
            } else if (part.state().equals("up") && was.equals("gone")) {
                add(now.at(), NOTE, "The " + part.name() + " is back.");
            }
        }
    }

    private void gateways(Frame before, Frame now) {
        Map<String, String> states = new HashMap<>();
        before.gateways().forEach(gateway -> states.put(gateway.name(), gateway.state()));
        for (Frame.Gateway gateway : now.gateways()) {
            String was = states.get(gateway.name());
            if (gateway.state().equals("gone") && !"gone".equals(was)) {
                add(now.at(), WARNING, "Gateway " + gateway.name() + " is gone.");
            } else if (gateway.state().equals("up") && "gone".equals(was)) {
                add(now.at(), NOTE, "Gateway " + gateway.name() + " is back.");
            }
        }
    }

    private void endpoints(Frame before, Frame now) {
        Map<String, Frame.OfEndpoint> known = new HashMap<>();
        before.endpoints().forEach(endpoint -> known.put(endpoint.id(), endpoint));
        for (Frame.OfEndpoint endpoint : now.endpoints()) {
            Frame.OfEndpoint was = known.remove(endpoint.id());
            if (was == null) {
                add(now.at(), NOTE, "Endpoint " + endpoint.id() + " joined the pool.");
            } else if (!was.state().equals(endpoint.state())) {
                changed(now.at(), was, endpoint);
            }
        }
        known.keySet().forEach(id -> add(now.at(), NOTE, "Endpoint " + id + " left the pool."));
    }

    private void changed(long at, Frame.OfEndpoint was, Frame.OfEndpoint endpoint) {
        switch (endpoint.state()) {
            case "ejected" -> add(at, WARNING, "Endpoint " + endpoint.id() + " is ejected: its answers fail.");
            case "stale" -> add(at, WARNING, "Endpoint " + endpoint.id() + " is stale: its metrics are too old.");
            default -> add(at, NOTE, "Endpoint " + endpoint.id() + " is well again, after it was " + was.state() + ".");
        }
    }
}
