package io.llmd.simulator.server;

import io.netty.handler.codec.http.HttpMethod;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Which handler answers which method on which path. Filled once, read by all event loops. */
final class Routes {
    private final Map<String, Map<String, Route>> byPath = new HashMap<>();

    Routes get(String path, Handler handler) {
        return add(path, HttpMethod.GET, new Route(false, handler));
    }

    Routes post(String path, Handler handler) {
        return add(path, HttpMethod.POST, new Route(false, handler));
    }

    /** A route to the model: counts as load and can be made to fail. */
    Routes inference(String path, Handler handler) {
        return add(path, HttpMethod.POST, new Route(true, handler));
    }

    private Routes add(String path, HttpMethod method, Route route) {
        byPath.computeIfAbsent(path, ignored -> new TreeMap<>()).put(method.name(), route);
        return this;
    }

    Match match(String path, HttpMethod method) {
        Map<String, Route> methods = byPath.get(path);
        if (methods == null) {
            return new Match.UnknownPath();
        }
        Route route = methods.get(method.name());
        return route == null ? new Match.WrongMethod(methods.keySet()) : new Match.Found(route);
    }

    /** @param inference whether the model is behind it */
    record Route(boolean inference, Handler handler) {}

    /** Answers a call, or throws {@link ApiException}; runs on an event loop and does not block. */
    @FunctionalInterface
    interface Handler {
        Reply handle(Call call);
    }

    /** What a path and a method lead to. */
    sealed interface Match {
        record Found(Route route) implements Match {}

        record UnknownPath() implements Match {}

        record WrongMethod(Set<String> allowed) implements Match {}
    }
}
