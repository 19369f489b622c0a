package io.llmd.kube;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Calls through a client's connection and credentials. It knows no kinds, so that it needs no rights but those for the call itself:
 * the client's own operations read objects before they change them. A call that is not answered within the client's time has failed.
 */
public final class KubeCalls implements KubeObjects {

    private static final String JSON = "application/json";
    private static final int MAX_REASON = 300;

    private final KubernetesClient client;
    private final String server;

    /** Calls of a client, which stays the caller's to close. */
    public KubeCalls(KubernetesClient client) {
        this.client = Objects.requireNonNull(client, "client");
        server = client.getConfiguration().getMasterUrl();
    }

    @Override
    public Map<String, Object> get(String path) throws KubeException {
        return call("GET", path, JSON, null);
    }

    @Override
    public Map<String, Object> mergePatch(String path, Map<String, ?> patch) throws KubeException {
        return call("PATCH", path, "application/merge-patch+json", patch);
    }

    @Override
    public Map<String, Object> create(String path, Map<String, ?> object) throws KubeException {
        return call("POST", path, JSON, object);
    }

    private Map<String, Object> call(String method, String path, String type, @Nullable Map<String, ?> body)
            throws KubeException {
        HttpRequest request = client.getHttpClient()
                .newHttpRequestBuilder()
                .uri(at(server, path))
                .header("Accept", JSON)
                .method(
                        method,
                        type,
                        body == null
                                ? null
                                : client.getKubernetesSerialization().asJson(body))
                .build();
        CompletableFuture<HttpResponse<String>> answer = client.getHttpClient().sendAsync(request, String.class);
        try {
            HttpResponse<String> response =
                    answer.get(client.getConfiguration().getRequestTimeout(), TimeUnit.MILLISECONDS);
            if (!response.isSuccessful()) {
                throw new KubeException(
                        method + " " + path + ": " + response.code() + " " + reason(response.body()),
                        response.code(),
                        new IllegalStateException("refused"));
            }
            return object(response.body());
        } catch (ExecutionException | TimeoutException e) {
            answer.cancel(true);
            throw new KubeException(method + " " + path + ": " + e, 0, e);
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new KubeException(method + " " + path + ": interrupted", 0, e);
        }
    }

    /** A path below the address of the API, which may have a path itself. */
    static URI at(String server, String path) {
        String base = server.endsWith("/") ? server.substring(0, server.length() - 1) : server;
        return URI.create(base + path);
    }

    private String reason(@Nullable String body) {
        try {
            Object message = object(body).get("message");
            String text = String.valueOf(message == null ? "" : message);
            return text.length() > MAX_REASON ? text.substring(0, MAX_REASON) : text;
        } catch (KubeException e) {
            return "";
        }
    }

    private Map<String, Object> object(@Nullable String body) throws KubeException {
        try {
            Map<?, ?> read = client.getKubernetesSerialization().unmarshal(body == null ? "{}" : body, Map.class);
            Map<String, Object> object = new LinkedHashMap<>();
            read.forEach((key, value) -> object.put(String.valueOf(key), value));
            return object;
        } catch (RuntimeException e) {
            throw new KubeException(
                    "an answer that is no object: " + e.getClass().getSimpleName(), 0, e);
        }
    }
}
