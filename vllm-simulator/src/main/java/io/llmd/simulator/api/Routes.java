package io.llmd.simulator.api;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Which handler answers which method on which path. Filled once, read by all event loops. */
public final class Routes {
    private final Map<String, Map<String, Route>> byPath = new HashMap<>();

    public Routes get(String path, Handler handler) {
        return add(path, "GET", new Route(false, handler));
    }

    public Routes post(String path, Handler handler) {
        return add(path, "POST", new Route(false, handler));
    }

    /** A route to the model: counts as load and can be made to fail. */
    public Routes inference(String path, Handler handler) {
        return add(path, "POST", new Route(true, handler));
    }

    private Routes add(String path, String method, Route route) {
        byPath.computeIfAbsent(path, ignored -> new TreeMap<>()).put(method, route);
        return this;
    }

    public Match match(String path, String method) {
        Map<String, Route> methods = byPath.get(path);
        if (methods == null) {
            return new Match.UnknownPath();
        }
        Route route = methods.get(method);
        return route == null ? new Match.WrongMethod(methods.keySet()) : new Match.Found(route);
    }

    /** @param inference whether the model is behind it */
    public record Route(boolean inference, Handler handler) {}

    /** Answers a call, or throws {@link ApiException}; runs on an event loop and does not block. */
    @FunctionalInterface
    public interface Handler {
        Reply handle(Call call);
    }

    /** What a path and a method lead to. */
    public sealed interface Match {
        record Found(Route route) implements Match {}

        record UnknownPath() implements Match {}

        record WrongMethod(Set<String> allowed) implements Match {}
    }
}
