package io.llmd.gateway.edge;

import io.llmd.contracts.error.ErrorCode;
import io.llmd.gateway.access.Access;
import io.llmd.gateway.access.ApiKey;
import io.llmd.openai.ApiError;
import io.llmd.openai.ModelInfo;
import io.llmd.openai.ModelList;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Answers from memory what needs no endpoint: probes, and the model list where there is a pool; with and without {@code /v1}. */
final class LocalAnswers {

    private static final String VERSION = "/v1";
    private static final String MODELS = "/models";
    private static final String HEALTH = "/health";

    /** What probes of llm-d's coordinator ask for. */
    private static final Set<String> PROBES = Set.of(HEALTH, "/healthz", "/readyz");

    private static final byte[] OK = "{\"status\":\"ok\"}".getBytes(StandardCharsets.US_ASCII);

    private final EdgeServices services;

    LocalAnswers(EdgeServices services) {
        this.services = services;
    }

    /** Whether a path is answered here, whatever its method; none where a model server behind answers for itself. */
    boolean covers(String path) {
        String rest = withoutVersion(path);
        return switch (services.settings().place()) {
            case SIDECAR -> false;
            case COORDINATOR -> PROBES.contains(path);
            case POOL -> rest.equals(HEALTH) || rest.equals(MODELS) || rest.startsWith(MODELS + "/");
        };
    }

    private static String withoutVersion(String path) {
        String rest = path.startsWith(VERSION + "/") ? path.substring(VERSION.length()) : path;
        return rest.length() > 1 && rest.endsWith("/") ? rest.substring(0, rest.length() - 1) : rest;
    }

    FullHttpResponse answer(HttpRequest request, String path, String requestId, InetAddress peer) {
        if (!request.method().equals(HttpMethod.GET)) {
            return Answers.error(
                    new ApiError(ErrorCode.METHOD_NOT_ALLOWED, "only GET is allowed here"),
                    requestId,
                    Map.of("allow", "GET"));
        }
        String rest = withoutVersion(path);
        if (PROBES.contains(rest)) {
            return health(requestId);
        }
        Predicate<String> visible = model -> true;
        if (!services.settings().openAccess()) {
            switch (access(request, peer)) {
                case Access.Denied(Access.Reason reason) -> {
                    return denial(reason, requestId);
                }
                case Access.Granted(ApiKey key) -> visible = key::mayUse;
            }
        }
        ModelList models = services.models().models();
        return rest.equals(MODELS)
                ? Answers.json(200, Unpooled.wrappedBuffer(models.toJson(visible)), requestId)
                : model(models, rest.substring(MODELS.length() + 1), visible, requestId);
    }

    /**
     * Refuses a request for a path of the API that others serve when it has no key; null when it may pass. Of a coordinator all
     * paths are, for the gateway behind believes it.
     */
    @Nullable
    FullHttpResponse refusal(HttpRequest request, String path, String requestId, InetAddress peer) {
        boolean isApi = path.startsWith(VERSION + "/") || services.settings().place() == Place.COORDINATOR;
        if (!isApi || services.settings().openAccess()) {
            return null;
        }
        return switch (access(request, peer)) {
            case Access.Denied(Access.Reason reason) -> denial(reason, requestId);
            case Access.Granted granted -> null;
        };
    }

    private Access access(HttpRequest request, InetAddress peer) {
        return services.access().check(request.headers().getAll(HttpHeaderNames.AUTHORIZATION), peer);
    }

    private FullHttpResponse denial(Access.Reason reason, String requestId) {
        services.metrics().authFailed(reason.name().toLowerCase(java.util.Locale.ROOT));
        return Answers.error(Rejections.error(reason), requestId, Rejections.headers(reason));
    }

    private FullHttpResponse model(ModelList models, String id, Predicate<String> visible, String requestId) {
        @Nullable ModelInfo model = models.find(id);
        return model == null || !visible.test(id)
                ? Answers.error(ApiError.modelNotFound(id), requestId, Map.of())
                : Answers.json(200, Unpooled.wrappedBuffer(ModelList.toJson(model)), requestId);
    }

    private FullHttpResponse health(String requestId) {
        return services.active().isDraining()
                ? Answers.error(
                        new ApiError(ErrorCode.SHUTTING_DOWN, "the gateway is shutting down"), requestId, Map.of())
                : Answers.json(200, Unpooled.wrappedBuffer(OK), requestId);
    }
}
