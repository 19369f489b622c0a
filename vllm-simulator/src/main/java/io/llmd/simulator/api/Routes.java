package io.llmd.simulator.api;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which handler answers which method on which path. A segment in braces stands for any text. Filled once, read by all
 * event loops.
 */
public final class Routes {
    private final Map<String, Map<String, Route>> exact = new HashMap<>();
    private final List<Template> templates = new ArrayList<>();
    private final Map<String, Set<String>> documented = new TreeMap<>();

    public Routes get(String path, Handler handler) {
        return add("GET", new Route(Kind.CONTROL, path, handler));
    }

    public Routes post(String path, Handler handler) {
        return add("POST", new Route(Kind.CONTROL, path, handler));
    }

    /** A route to the model: counts as load and can be made to fail. */
    public Routes inference(String path, Handler handler) {
        return add("POST", new Route(Kind.INFERENCE, path, handler));
    }

    private Routes add(String method, Route route) {
        String path = route.path();
        documented.computeIfAbsent(path, ignored -> new TreeSet<>()).add(method);
        if (path.indexOf('{') < 0) {
            exact.computeIfAbsent(path, ignored -> new TreeMap<>()).put(method, route);
            return this;
        }
        List<String> segments = segments(path);
        for (Template template : templates) {
            if (template.segments().equals(segments)) {
                template.methods().put(method, route);
                return this;
            }
        }
        Map<String, Route> methods = new TreeMap<>();
        methods.put(method, route);
        templates.add(new Template(segments, methods));
        return this;
    }

    public Match match(String path, String method) {
        Map<String, Route> methods = exact.get(path);
        if (methods != null) {
            return match(methods, method, Map.of());
        }
        List<String> segments = segments(path);
        for (Template template : templates) {
            Map<String, String> variables = template.match(segments);
            if (variables != null) {
                return match(template.methods(), method, variables);
            }
        }
        return new Match.UnknownPath();
    }

    /** The methods of every path, sorted. */
    public Map<String, Set<String>> documented() {
        return documented;
    }

    private static Match match(Map<String, Route> methods, String method, Map<String, String> variables) {
        Route route = methods.get(method);
        if (route != null) {
            return new Match.Found(route, variables);
        }
        return new Match.WrongMethod(methods.values().iterator().next().path(), methods.keySet());
    }

    private static List<String> segments(String path) {
        return List.of(path.split("/", -1));
    }

    /** What a route is for. */
    public enum Kind {
        /** The model is behind it. */
        INFERENCE,
        /** Everything else. */
        CONTROL
    }

    /**
     * A handler and what it is for.
     *
     * @param path with its placeholders
     */
    public record Route(Kind kind, String path, Handler handler) {}

    /** Answers a call, or throws {@link ApiException}; runs on an event loop and does not block. */
    @FunctionalInterface
    public interface Handler {
        Reply handle(Call call);
    }

    /** What a path and a method lead to. */
    public sealed interface Match {
        record Found(Route route, Map<String, String> variables) implements Match {}

        record UnknownPath() implements Match {}

        record WrongMethod(String path, Set<String> allowed) implements Match {}
    }

    private record Template(List<String> segments, Map<String, Route> methods) {
        @Nullable
        Map<String, String> match(List<String> path) {
            if (path.size() != segments.size()) {
                return null;
            }
            Map<String, String> variables = new HashMap<>();
            for (int i = 0; i < path.size(); i++) {
                String segment = segments.get(i);
                if (segment.startsWith("{")) {
                    variables.put(segment.substring(1, segment.length() - 1), path.get(i));
                } else if (!segment.equals(path.get(i))) {
                    return null;
                }
            }
            return variables;
        }
    }
}
