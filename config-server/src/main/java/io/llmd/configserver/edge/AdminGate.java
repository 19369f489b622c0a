package io.llmd.configserver.edge;

import io.llmd.configserver.config.ConfigServerSettings;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.stereotype.Component;

/**
 * Stands before the operations console. It may be read and nothing more, so that no page of another site can change anything
 * through a browser that has logged in; by operators with their keys (HTTP Basic), or without a login from this machine alone,
 * under a name of its own, so that no other name can be made to mean it.
 */
@Component
final class AdminGate {

    private static final Logger log = LoggerFactory.getLogger(AdminGate.class);
    private static final Pattern PATH = Pattern.compile("/admin(?:/[A-Za-z0-9_*-][A-Za-z0-9_.*-]*)*/?");
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final Set<String> FORWARDED = Set.of("Forwarded", "X-Forwarded-For");
    private static final String SCHEME = "Basic ";

    /** What the console's own pages need: its settings stand in the page, and its charts set styles. */
    private static final String POLICY =
            "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
                    + " img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    /** Nanoseconds between two logs of refused logins, so that guesses do not fill the log. */
    private static final long LOG_INTERVAL = Duration.ofSeconds(10).toNanos();

    private final AtomicLong lastLog = new AtomicLong(System.nanoTime() - LOG_INTERVAL);
    private final ConfigServerSettings.Admin settings;

    AdminGate(ConfigServerSettings settings) {
        this.settings = settings.admin();
    }

    /** Whether a path, still in its encoded form, is one of the console's. */
    boolean covers(String rawPath) {
        return settings.enabled() && PATH.matcher(rawPath).matches() && !rawPath.contains("..");
    }

    /** Lets the request through, or answers it. */
    void pass(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        response.setHeader("Content-Security-Policy", POLICY);
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("X-Frame-Options", "DENY");
        response.setHeader("Referrer-Policy", "no-referrer");
        if (!isRead(request.getMethod())) {
            response.setHeader("Allow", "GET, HEAD");
            response.setStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED);
        } else if (settings.login() == ConfigServerSettings.Admin.Login.NONE) {
            if (isLocal(request)) {
                chain.doFilter(request, response);
            } else {
                response.setStatus(HttpServletResponse.SC_FORBIDDEN);
            }
        } else if (isOperator(request.getHeader(HttpHeaders.AUTHORIZATION))) {
            chain.doFilter(request, response);
        } else {
            response.setHeader(HttpHeaders.WWW_AUTHENTICATE, "Basic realm=\"llmd operators\", charset=\"UTF-8\"");
            response.setStatus(HttpServletResponse.SC_UNAUTHORIZED);
        }
    }

    static boolean isRead(String method) {
        return method.equals(HttpMethod.GET.name()) || method.equals(HttpMethod.HEAD.name());
    }

    /** A request that a proxy on this machine has passed on comes from elsewhere. */
    private static boolean isLocal(HttpServletRequest request) throws IOException {
        String host = request.getHeader(HttpHeaders.HOST);
        return FORWARDED.stream().allMatch(name -> request.getHeader(name) == null)
                && InetAddress.getByName(request.getRemoteAddr()).isLoopbackAddress()
                && host != null
                && LOOPBACK.contains(host.replaceFirst(":\\d{1,5}$", ""));
    }

    private boolean isOperator(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return false;
        }
        String[] parts =
                decoded(authorization.substring(SCHEME.length()).strip()).split(":", 2);
        String expected = settings.operators().get(parts[0]);
        boolean isKnown = expected != null && parts.length == 2 && isHashOf(expected, parts[1]);
        if (!isKnown && isTimeToLog()) {
            log.atInfo()
                    .addKeyValue("visitor", expected == null ? "unknown" : parts[0])
                    .log("admin login refused");
        }
        return isKnown;
    }

    private boolean isTimeToLog() {
        long now = System.nanoTime();
        long last = lastLog.get();
        return now - last >= LOG_INTERVAL && lastLog.compareAndSet(last, now);
    }

    private static String decoded(String credentials) {
        try {
            return new String(Base64.getDecoder().decode(credentials), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static boolean isHashOf(String expectedHex, String secret) {
        try {
            byte[] given = MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
            return MessageDigest.isEqual(HexFormat.of().parseHex(expectedHex), given);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
