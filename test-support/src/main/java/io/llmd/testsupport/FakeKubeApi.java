package io.llmd.testsupport;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A Kubernetes API on a loopback socket, with objects in memory: lists and watches by label, resource versions that refuse
 * changes of what has changed, and merge patches. It checks neither rights nor schemas. Each client has an address of its
 * own, so that a test can cut one off. Safe from any thread; one virtual thread for each call.
 */
public final class FakeKubeApi implements AutoCloseable {

    private static final String PREFIX = "/clients/";
    private static final int MOST_EVENTS = 100_000;

    private record Change(long version, String collection, Map<String, Object> before, Map<String, Object> after) {}

    private final KubernetesSerialization json = new KubernetesSerialization();
    private final Map<String, Map<String, Map<String, Object>>> collections = new TreeMap<>();
    private final List<Change> changes = new ArrayList<>();
    private final Set<String> cut = ConcurrentHashMap.newKeySet();
    private final Set<HttpExchange> open = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer server;
    private long version;
    private boolean isClosed;

    private FakeKubeApi(List<String> kinds) {
        kinds.forEach(kind -> collections.put(kind, new TreeMap<>()));
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        server.start();
    }

    /**
     * Starts an API.
     *
     * @param kinds what it knows, as paths without namespace such as {@code api/v1/pods}
     */
    public static FakeKubeApi start(String... kinds) {
        return new FakeKubeApi(List.of(kinds));
    }

    /** The address of the API for one client. */
    public String url(String client) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + PREFIX + client + "/";
    }

    /** Breaks all calls of a client from now on. */
    public void cut(String client) {
        cut.add(client);
        open.stream().filter(call -> client(call).equals(client)).forEach(HttpExchange::close);
    }

    /**
     * Adds an object, or puts it in the place of the one of its name.
     *
     * @param kind one of those that the API knows
     * @param yaml the object, with {@code metadata.name} and {@code metadata.namespace}
     */
    public void put(String kind, String yaml) {
        Map<String, Object> object = map(json.unmarshal(yaml, LinkedHashMap.class));
        store(kind, key(metadata(object)), object);
    }

    /** Removes an object. */
    public synchronized void remove(String kind, String namespace, String name) {
        Map<String, Object> gone = objects(kind).remove(namespace + "/" + name);
        if (gone != null) {
            change(kind, gone, Map.of());
        }
    }

    /** An object as it is now; empty when there is none. */
    public synchronized Map<String, Object> get(String kind, String namespace, String name) {
        return objects(kind).getOrDefault(namespace + "/" + name, Map.of());
    }

    private Map<String, Map<String, Object>> objects(String kind) {
        Map<String, Map<String, Object>> objects = collections.get(kind);
        if (objects == null) {
            throw new IllegalArgumentException("kind: " + kind + " (expected: one of " + collections.keySet() + ")");
        }
        return objects;
    }

    private synchronized Map<String, Object> store(String kind, String key, Map<String, Object> object) {
        Map<String, Object> before = objects(kind).getOrDefault(key, Map.of());
        Map<String, Object> stored = new LinkedHashMap<>(object);
        Map<String, Object> metadata = new LinkedHashMap<>(metadata(object));
        metadata.putIfAbsent(
                "uid",
                before.isEmpty()
                        ? UUID.randomUUID().toString()
                        : metadata(before).get("uid"));
        metadata.putIfAbsent("creationTimestamp", "2026-01-01T00:00:00Z");
        metadata.put("resourceVersion", Long.toString(version + 1));
        stored.put("metadata", metadata);
        objects(kind).put(key, stored);
        change(kind, before, stored);
        return stored;
    }

    private void change(String kind, Map<String, Object> before, Map<String, Object> after) {
        version++;
        if (changes.size() == MOST_EVENTS) {
            throw new IllegalStateException("more than " + MOST_EVENTS + " changes");
        }
        changes.add(new Change(version, kind, before, after));
        notifyAll();
    }

    // ---- calls

    private record Call(
            String kind,
            @Nullable String namespace,
            @Nullable String name,
            Map<String, String> query) {
        boolean includes(String key) {
            return namespace == null || key.startsWith(namespace + "/");
        }
    }

    private static String client(HttpExchange exchange) {
        String[] parts = exchange.getRequestURI().getPath().split("/", 4);
        return parts.length < 4 ? "" : parts[2];
    }

    private void serve(HttpExchange exchange) throws IOException {
        open.add(exchange);
        try (exchange) {
            if (cut.contains(client(exchange))) {
                return;
            }
            if ("websocket".equalsIgnoreCase(exchange.getRequestHeaders().getFirst("Upgrade"))) {
                answer(exchange, 503, status(503, "no web sockets here"));
                return;
            }
            String path = exchange.getRequestURI().getPath();
            Call call = path.startsWith(PREFIX)
                    ? call(path.split("/", 4)[3], exchange.getRequestURI().getRawQuery())
                    : null;
            if (call == null) {
                answer(exchange, 404, status(404, "not found"));
            } else if ("true".equals(call.query().get("watch"))
                    || "1".equals(call.query().get("watch"))) {
                watch(exchange, call);
            } else {
                handle(exchange, call);
            }
        } finally {
            open.remove(exchange);
        }
    }

    /** {@code api/v1/namespaces/ns/pods/name/status} and its like; null for what is not known. */
    private @Nullable Call call(String path, @Nullable String query) {
        List<String> parts = new ArrayList<>(List.of(path.split("/", -1)));
        int version = parts.getFirst().equals("api") ? 1 : 2;
        String namespace = null;
        if (parts.size() > version + 2 && parts.get(version + 1).equals("namespaces")) {
            namespace = parts.get(version + 2);
            parts.subList(version + 1, version + 3).clear();
        }
        if (parts.size() <= version + 1) {
            return null;
        }
        String kind = String.join("/", parts.subList(0, version + 2));
        String name = parts.size() > version + 2 ? parts.get(version + 2) : null;
        Map<String, String> parameters = new HashMap<>();
        for (String pair : query == null ? new String[0] : query.split("&", -1)) {
            String[] both = pair.split("=", 2);
            parameters.put(both[0], both.length < 2 ? "" : java.net.URLDecoder.decode(both[1], StandardCharsets.UTF_8));
        }
        return collections.containsKey(kind) ? new Call(kind, namespace, name, parameters) : null;
    }

    private void handle(HttpExchange exchange, Call call) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Map<String, Object> sent = body.isEmpty() ? Map.of() : map(json.unmarshal(body, LinkedHashMap.class));
        int code;
        Map<String, Object> answer;
        synchronized (this) {
            Object name = call.name() == null ? metadata(sent).get("name") : call.name();
            String key = call.namespace() + "/" + name;
            Map<String, Object> present = objects(call.kind()).getOrDefault(key, Map.of());
            String method = exchange.getRequestMethod();
            boolean isStale = !present.isEmpty()
                    && metadata(sent).getOrDefault("resourceVersion", version(present)) instanceof String wanted
                    && !wanted.equals(version(present));
            if (method.equals("GET") && call.name() == null) {
                code = 200;
                answer = list(call);
            } else if (!method.equals("POST") && present.isEmpty()) {
                code = 404;
                answer = status(404, key + " not found");
            } else if (method.equals("POST") && !present.isEmpty() || isStale) {
                code = 409;
                answer = status(409, key + " has changed");
            } else {
                code = method.equals("POST") ? 201 : 200;
                answer = switch (method) {
                    case "GET" -> present;
                    case "POST", "PUT" -> store(call.kind(), key, sent);
                    case "PATCH" -> store(call.kind(), key, merged(present, sent));
                    case "DELETE" -> {
                        objects(call.kind()).remove(key);
                        change(call.kind(), present, Map.of());
                        yield present;
                    }
                    default -> throw new IllegalStateException(method);
                };
            }
        }
        answer(exchange, code, answer);
    }

    private Map<String, Object> list(Call call) {
        List<Map<String, Object>> items = new ArrayList<>();
        objects(call.kind()).forEach((key, object) -> {
            if (call.includes(key) && matches(object, call)) {
                items.add(object);
            }
        });
        return Map.of(
                "kind",
                "List",
                "apiVersion",
                "v1",
                "metadata",
                Map.of("resourceVersion", Long.toString(version)),
                "items",
                items);
    }

    private void watch(HttpExchange exchange, Call call) throws IOException {
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        out.flush();
        long seen = Long.parseLong(call.query().getOrDefault("resourceVersion", "0"));
        while (true) {
            List<Change> news = new ArrayList<>();
            synchronized (this) {
                long after = seen;
                while (!isClosed && version == after && open.contains(exchange) && !cut.contains(client(exchange))) {
                    try {
                        wait(1_000);
                    } catch (InterruptedException e) {
                        return;
                    }
                }
                if (isClosed || cut.contains(client(exchange))) {
                    return;
                }
                changes.stream().filter(change -> change.version() > after).forEach(news::add);
            }
            for (Change change : news) {
                seen = change.version();
                String line = event(change, call);
                if (!line.isEmpty()) {
                    out.write(line.getBytes(StandardCharsets.UTF_8));
                    out.flush();
                }
            }
        }
    }

    /** What a watch is told of a change; empty when it is of no concern there. */
    private String event(Change change, Call call) {
        Map<String, Object> known = change.after().isEmpty() ? change.before() : change.after();
        if (!change.collection().equals(call.kind()) || !call.includes(key(metadata(known)))) {
            return "";
        }
        boolean was = !change.before().isEmpty() && matches(change.before(), call);
        boolean is = !change.after().isEmpty() && matches(change.after(), call);
        if (!was && !is) {
            return "";
        }
        String type = was && is ? "MODIFIED" : was ? "DELETED" : "ADDED";
        return json.asJson(Map.of("type", type, "object", known)) + "\n";
    }

    private static boolean matches(Map<String, Object> object, Call call) {
        String selector = call.query().getOrDefault("labelSelector", "");
        Map<String, Object> labels = map(metadata(object).getOrDefault("labels", Map.of()));
        for (String term : selector.isEmpty() ? new String[0] : selector.split(",", -1)) {
            String[] both = term.split("=", 2);
            boolean isMet = both.length == 1 ? labels.containsKey(both[0]) : both[1].equals(labels.get(both[0]));
            if (!isMet) {
                return false;
            }
        }
        return true;
    }

    private static Map<String, Object> merged(Map<String, Object> present, Map<String, Object> patch) {
        Map<String, Object> merged = new LinkedHashMap<>(present);
        patch.forEach((name, value) -> {
            if (value == null) {
                merged.remove(name);
            } else if (value instanceof Map<?, ?> && merged.get(name) instanceof Map<?, ?> old) {
                merged.put(name, merged(map(old), map(value)));
            } else {
                merged.put(name, value);
            }
        });
        return merged;
    }

    private void answer(HttpExchange exchange, int code, Map<String, Object> body) throws IOException {
        byte[] bytes = json.asJson(body).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static Map<String, Object> status(int code, String message) {
        return Map.of("kind", "Status", "apiVersion", "v1", "status", "Failure", "code", code, "message", message);
    }

    private static Map<String, Object> metadata(Map<String, Object> object) {
        return map(object.getOrDefault("metadata", Map.of()));
    }

    private static String version(Map<String, Object> object) {
        return String.valueOf(metadata(object).get("resourceVersion"));
    }

    private static String key(Map<String, Object> metadata) {
        return metadata.get("namespace") + "/" + metadata.get("name");
    }

    @SuppressWarnings("unchecked") // JSON objects have text as keys
    private static Map<String, Object> map(Object object) {
        return (Map<String, Object>) object;
    }

    @Override
    public void close() {
        synchronized (this) {
            isClosed = true;
            notifyAll();
        }
        open.forEach(HttpExchange::close);
        server.stop(0);
        threads.shutdownNow();
    }
}
