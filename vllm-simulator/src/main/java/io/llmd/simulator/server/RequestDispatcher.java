package io.llmd.simulator.server;

import io.llmd.simulator.api.ApiException;
import io.llmd.simulator.api.Call;
import io.llmd.simulator.api.Json;
import io.llmd.simulator.api.Reply;
import io.llmd.simulator.api.Routes;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.fault.FaultSwitch;
import io.llmd.simulator.fault.InjectedErrors;
import io.llmd.simulator.fault.RequestFaults;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the route of a request, lets it in or not, and turns what goes wrong into an answer. Thread-safe. */
final class RequestDispatcher {
    private static final Logger log = LoggerFactory.getLogger(RequestDispatcher.class);

    private static final Pattern LONE_PERCENT = Pattern.compile("%(?!\\p{XDigit}{2})");

    private final SimulatorSettings settings;
    private final Routes routes;
    private final FaultSwitch faults;
    private final InjectedErrors errors;
    private final AccessKeys keys;
    private final CacheThreshold threshold;

    RequestDispatcher(SimulatorSettings settings, Routes routes, FaultSwitch faults) {
        this.settings = settings;
        this.routes = routes;
        this.faults = faults;
        errors = new InjectedErrors(settings);
        keys = new AccessKeys(settings.api().keys(), settings.preset());
        threshold = new CacheThreshold(settings.handoff().cacheHitThreshold());
    }

    /**
     * The faults that a request meets.
     *
     * @throws ApiException if it asks for one that there is not
     */
    RequestFaults faultsOf(FullHttpRequest request) {
        String path = path(request.uri());
        if (routes.match(path, request.method().name()) instanceof Routes.Match.Found found
                && found.route().kind() == Routes.Kind.INFERENCE) {
            return faults.draw(name -> request.headers().get(name), () -> ByteBufUtil.getBytes(request.content()));
        }
        return path.startsWith("/admin/") ? RequestFaults.NONE : faults.drawOther(path);
    }

    /** The path of a request's route, with its placeholders; {@code none} without a route. */
    String handler(FullHttpRequest request) {
        return switch (routes.match(path(request.uri()), request.method().name())) {
            case Routes.Match.Found found -> found.route().path();
            case Routes.Match.WrongMethod wrong -> wrong.path();
            case Routes.Match.UnknownPath _ -> "none";
        };
    }

    /** @param port on which the request came in */
    Dispatched dispatch(FullHttpRequest request, RequestFaults met, int port) {
        Map<String, String> headers = new HashMap<>();
        settings.api().identity().addTo(headers, port);
        if (settings.api().requestIdHeaders()) {
            String given = request.headers().get("x-request-id");
            headers.put(
                    "X-Request-Id", given == null ? UUID.randomUUID().toString().replace("-", "") : given);
        }
        return new Dispatched(reply(request, headers, met), headers);
    }

    /** What is answered when the work for a request fails. */
    Reply.Content failed(ApiException error) {
        return Reply.Content.json(error.status(), Json.error(settings.errorFormat(), error));
    }

    private Reply reply(FullHttpRequest request, Map<String, String> headers, RequestFaults met) {
        if (!request.decoderResult().isSuccess()) {
            return Reply.Content.text("text/plain; charset=utf-8", "Invalid HTTP request received.")
                    .withStatus(400);
        }
        String path = path(request.uri());
        String method = request.method().name();
        if (!keys.allows(method, path, request.headers().get(HttpHeaderNames.AUTHORIZATION))) {
            return Reply.Content.json(401, Json.object().put("error", "Unauthorized"));
        }
        return switch (routes.match(path, method)) {
            case Routes.Match.UnknownPath unknown -> unknownPath(request, path, headers);
            case Routes.Match.WrongMethod wrong -> {
                headers.put("Allow", String.join(", ", wrong.allowed()));
                yield detail(405, "Method Not Allowed");
            }
            case Routes.Match.Found found -> {
                Reply error = errors.of(met, path);
                yield error == null ? handled(found, request, path) : error;
            }
        };
    }

    private Reply handled(Routes.Match.Found found, FullHttpRequest request, String path) {
        try {
            Reply reply = found.route().handler().handle(call(request, path, found.variables()));
            return threshold.on(reply, request.headers()::get);
        } catch (ApiException e) {
            return failed(e);
        } catch (RuntimeException e) {
            log.atError().setCause(e).addKeyValue("path", path).log("request failed");
            return failed(ApiException.internal());
        }
    }

    /** A path that exists with or without the slash at its end is redirected there. */
    private Reply unknownPath(FullHttpRequest request, String path, Map<String, String> headers) {
        String other = path.endsWith("/") ? path.substring(0, path.length() - 1) : path + "/";
        String host = request.headers().get(HttpHeaderNames.HOST);
        if (host != null && !(routes.match(other, request.method().name()) instanceof Routes.Match.UnknownPath)) {
            String query = request.uri().substring(path.length());
            headers.put("Location", "http://" + host + other + query);
            return Reply.Content.empty(307);
        }
        return detail(404, "Not Found");
    }

    private static Reply detail(int status, String text) {
        return Reply.Content.json(status, Json.object().put("detail", text));
    }

    private static Call call(FullHttpRequest request, String path, Map<String, String> variables) {
        return new Call(
                path,
                variables,
                query(request.uri()),
                name -> request.headers().get(name),
                ByteBufUtil.getBytes(request.content()),
                System.currentTimeMillis() / 1000);
    }

    /** A percent sign that begins no character stands for itself, as in vLLM's server. */
    private static Map<String, List<String>> query(String uri) {
        return uri.indexOf('?') < 0
                ? Map.of()
                : new QueryStringDecoder(LONE_PERCENT.matcher(uri).replaceAll("%25")).parameters();
    }

    static String path(String uri) {
        int query = uri.indexOf('?');
        return query < 0 ? uri : uri.substring(0, query);
    }

    /**
     * What a request came to.
     *
     * @param headers of the answer, beside those of its framing
     */
    record Dispatched(Reply reply, Map<String, String> headers) {}
}
