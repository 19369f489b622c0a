package io.llmd.gateway.console;

import io.llmd.gateway.access.Access;
import io.llmd.gateway.access.AccessControl;
import io.llmd.gateway.access.ApiKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpCookie;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseCookie;
import org.springframework.web.reactive.function.server.HandlerFilterFunction;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.json.JsonMapper;

/**
 * Stands before all of the console. Requests of pages of other sites are refused; without a login only this machine gets in,
 * under a name of its own, so that no other name can be made to mean it; writes need the visitor's token and an operator.
 */
final class Gate implements HandlerFilterFunction<ServerResponse, ServerResponse> {

    /** Header of the token that goes with each write. */
    static final String TOKEN = "x-console-token";

    private static final Logger log = LoggerFactory.getLogger("io.llmd.gateway.audit");
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String COOKIE = "llmd-console";
    private static final String VISITOR = Gate.class.getName();
    private static final String LOGIN = "/console/login";
    private static final String POLICY =
            "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
                    + "form-action 'self'; frame-ancestors 'none'";
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final Set<HttpMethod> READS = Set.of(HttpMethod.GET, HttpMethod.HEAD);

    private final ConsoleSettings settings;
    private final AccessControl access;
    private final Sessions sessions;
    private final Visitor local;

    /** @param localToken token of visitors where no login is needed */
    Gate(ConsoleSettings settings, AccessControl access, Sessions sessions, String localToken) {
        this.settings = settings;
        this.access = access;
        this.sessions = sessions;
        this.local = new Visitor("local", true, localToken);
    }

    /** Who sent the request; only behind the gate. */
    static Visitor visitor(ServerRequest request) {
        return (Visitor) request.attribute(VISITOR).orElseThrow();
    }

    @Override
    public Mono<ServerResponse> filter(ServerRequest request, HandlerFunction<ServerResponse> next) {
        addHeaders(request);
        if (!isOwnOrigin(request)) {
            return refuse(HttpStatus.FORBIDDEN, "foreign_origin", "requests from pages of other sites are refused");
        }
        if (settings.isOpen() && !isLocal(request)) {
            return refuse(
                    HttpStatus.FORBIDDEN,
                    "not_local",
                    "without a login the console is for this machine alone (set gateway.console.login to keys)");
        }
        if (request.path().equals(LOGIN) || request.path().startsWith("/console/assets/")) {
            return next.handle(request);
        }
        Visitor visitor = visitorOf(request);
        if (visitor == null) {
            return request.path().startsWith("/console/api/")
                    ? refuse(HttpStatus.UNAUTHORIZED, "no_session", "log in at " + LOGIN)
                    : ServerResponse.seeOther(URI.create(LOGIN)).build();
        }
        request.attributes().put(VISITOR, visitor);
        if (READS.contains(request.method())) {
            return next.handle(request);
        }
        if (!isSame(visitor.token(), request.headers().firstHeader(TOKEN))) {
            return refuse(HttpStatus.FORBIDDEN, "no_token", TOKEN + ": missing or wrong (reload the page)");
        }
        return next.handle(request);
    }

    /** The same for routes that change something. */
    Mono<ServerResponse> operator(ServerRequest request, HandlerFunction<ServerResponse> next) {
        Visitor visitor = visitor(request);
        if (!visitor.isOperator()) {
            return refuse(HttpStatus.FORBIDDEN, "not_operator", "only operators may do this");
        }
        log.atInfo()
                .addKeyValue("visitor", visitor.name())
                .addKeyValue("method", request.method().name())
                .addKeyValue("path", request.path())
                .log("console changes something");
        return next.handle(request);
    }

    private static void addHeaders(ServerRequest request) {
        HttpHeaders headers = request.exchange().getResponse().getHeaders();
        headers.set("content-security-policy", POLICY);
        headers.set("x-content-type-options", "nosniff");
        headers.set("x-frame-options", "DENY");
        headers.set("referrer-policy", "no-referrer");
        headers.set("cross-origin-opener-policy", "same-origin");
        if (!request.path().startsWith("/console/assets/")) {
            headers.setCacheControl("no-store");
        }
    }

    private static boolean isOwnOrigin(ServerRequest request) {
        String site = request.headers().firstHeader("sec-fetch-site");
        boolean isNavigation =
                "navigate".equals(request.headers().firstHeader("sec-fetch-mode")) && READS.contains(request.method());
        if ("cross-site".equals(site) && !isNavigation) {
            return false;
        }
        List<String> origins = request.headers().header(HttpHeaders.ORIGIN);
        String host = request.headers().firstHeader(HttpHeaders.HOST);
        return origins.isEmpty()
                || origins.size() == 1
                        && (origins.getFirst().equals("http://" + host)
                                || origins.getFirst().equals("https://" + host));
    }

    private static boolean isLocal(ServerRequest request) {
        InetAddress peer = address(request);
        String host = request.headers().firstHeader(HttpHeaders.HOST);
        return peer != null && peer.isLoopbackAddress() && host != null && LOOPBACK.contains(withoutPort(host));
    }

    private static String withoutPort(String host) {
        return host.replaceFirst(":\\d{1,5}$", "");
    }

    private static @Nullable InetAddress address(ServerRequest request) {
        return request.remoteAddress().map(InetSocketAddress::getAddress).orElse(null);
    }

    private @Nullable Visitor visitorOf(ServerRequest request) {
        if (settings.isOpen()) {
            return local;
        }
        HttpCookie cookie = request.cookies().getFirst(COOKIE);
        return cookie == null ? null : sessions.visitor(cookie.getValue());
    }

    private static boolean isSame(String expected, @Nullable String given) {
        return given != null
                && MessageDigest.isEqual(
                        expected.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }

    /** Begins a session for the holder of a key that may look, or sends back to the form. */
    Mono<ServerResponse> logIn(ServerRequest request) {
        return request.formData()
                .map(form -> String.valueOf(form.getFirst("key")))
                .flatMap(secret -> {
                    ApiKey key = key(secret, request);
                    boolean isOperator = key != null && settings.operators().contains(key.id());
                    boolean mayLook =
                            isOperator || key != null && settings.viewers().contains(key.id());
                    if (key == null || !mayLook) {
                        log.atInfo()
                                .addKeyValue("visitor", key == null ? "unknown" : key.id())
                                .log("console login refused");
                        return ServerResponse.seeOther(URI.create(LOGIN + "?refused"))
                                .build();
                    }
                    log.atInfo().addKeyValue("visitor", key.id()).log("console login");
                    return Mono.fromCallable(() -> sessions.begin(key.id(), isOperator))
                            .subscribeOn(Schedulers.boundedElastic())
                            .flatMap(id -> ServerResponse.seeOther(URI.create("/console"))
                                    .cookie(cookie(request, id)
                                            .maxAge(settings.sessionLength())
                                            .build())
                                    .build());
                });
    }

    private @Nullable ApiKey key(String secret, ServerRequest request) {
        InetAddress peer = address(request);
        Access decision =
                access.check(List.of("Bearer " + secret), peer == null ? InetAddress.getLoopbackAddress() : peer);
        return decision instanceof Access.Granted(ApiKey key) ? key : null;
    }

    Mono<ServerResponse> logOut(ServerRequest request) {
        HttpCookie cookie = request.cookies().getFirst(COOKIE);
        if (cookie != null) {
            sessions.end(cookie.getValue());
        }
        return ServerResponse.noContent()
                .cookie(cookie(request, "").maxAge(0).build())
                .build();
    }

    private static ResponseCookie.ResponseCookieBuilder cookie(ServerRequest request, String value) {
        boolean isSecure = "https".equals(request.headers().firstHeader("x-forwarded-proto"))
                || "https".equals(request.uri().getScheme());
        return ResponseCookie.from(COOKIE, value)
                .httpOnly(true)
                .secure(isSecure)
                .sameSite("Strict")
                .path("/console");
    }

    /** A problem document (RFC 9457). */
    static Mono<ServerResponse> refuse(HttpStatus status, String code, String detail) {
        return ServerResponse.status(status)
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .bodyValue(JSON.writeValueAsBytes(new Problem(status.getReasonPhrase(), status.value(), detail, code)));
    }

    record Problem(String title, int status, String detail, String code) {}
}
