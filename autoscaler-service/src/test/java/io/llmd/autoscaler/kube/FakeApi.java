package io.llmd.autoscaler.kube;

import io.llmd.kube.KubeException;
import io.llmd.kube.KubeObjects;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Objects by path, with versions, conflicts and merge patches as the API has them. */
final class FakeApi implements KubeObjects {

    private final Map<String, Map<String, Object>> objects = new TreeMap<>();
    private final List<String> calls = new ArrayList<>();
    private final Map<String, KubeException> refusals = new HashMap<>();
    private int version;

    /** Changes of an object are answered with this status from now on; with 0 they are made again. */
    void refuse(String path, int status, String message) {
        if (status == 0) {
            refusals.remove(path);
        } else {
            refusals.put(path, new KubeException(message, status, new IllegalStateException("fake")));
        }
    }

    @SuppressWarnings("unchecked")
    void put(String path, Map<String, ?> object) {
        Map<String, Object> copy = (Map<String, Object>) merged(new HashMap<>(), object);
        copy.putIfAbsent("metadata", new HashMap<String, Object>());
        ((Map<String, Object>) copy.get("metadata")).put("resourceVersion", String.valueOf(++version));
        objects.put(path, copy);
    }

    /** Calls that change something, as {@code VERB path}. */
    List<String> writes() {
        return calls.stream().filter(call -> !call.startsWith("GET ")).toList();
    }

    List<String> calls() {
        return List.copyOf(calls);
    }

    @Override
    public Map<String, Object> get(String path) throws KubeException {
        calls.add("GET " + path);
        return found(path);
    }

    Map<String, Object> found(String path) throws KubeException {
        Map<String, Object> object = objects.get(path);
        if (object == null) {
            throw failure(404);
        }
        return object;
    }

    private static KubeException failure(int status) {
        return new KubeException("status " + status, status, new IllegalStateException("fake"));
    }

    @Override
    @SuppressWarnings("unchecked")
    public Map<String, Object> mergePatch(String path, Map<String, ?> patch) throws KubeException {
        calls.add("PATCH " + path);
        KubeException refusal = refusals.get(path);
        if (refusal != null) {
            throw refusal;
        }
        Map<String, Object> object = found(path);
        Object wanted = patch.get("metadata") instanceof Map<?, ?> meta ? meta.get("resourceVersion") : null;
        Object present = ((Map<String, Object>) object.get("metadata")).get("resourceVersion");
        if (wanted != null && !wanted.equals(present)) {
            throw failure(409);
        }
        put(path, (Map<String, Object>) merged(object, patch));
        return found(path);
    }

    @Override
    public Map<String, Object> create(String path, Map<String, ?> object) throws KubeException {
        String name = String.valueOf(((Map<?, ?>) object.get("metadata")).get("name"));
        calls.add("CREATE " + path);
        if (objects.containsKey(path + "/" + name)) {
            throw failure(409);
        }
        put(path + "/" + name, object);
        return found(path + "/" + name);
    }

    /** RFC 7396. */
    private static Object merged(Object target, Object patch) {
        if (!(patch instanceof Map<?, ?> changes)) {
            return patch;
        }
        Map<String, Object> result = new HashMap<>();
        if (target instanceof Map<?, ?> map) {
            map.forEach((key, value) -> result.put(String.valueOf(key), value));
        }
        changes.forEach((key, value) -> {
            if (value == null) {
                result.remove(String.valueOf(key));
            } else {
                result.put(String.valueOf(key), merged(result.get(String.valueOf(key)), value));
            }
        });
        return result;
    }
}
