package io.llmd.launcher.load;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where load goes.
 *
 * @param uri base URL, {@code http} or {@code https}, with or without {@code /v1}
 * @param key API key, null for none
 * @param headers sent with every request besides
 */
public record Target(URI uri, @Nullable String key, Map<String, String> headers) {
    public Target {
        headers = Map.copyOf(headers);
        if (!("http".equals(uri.getScheme()) || "https".equals(uri.getScheme())) || uri.getHost() == null) {
            throw new IllegalArgumentException("url: " + uri + " (expected: http://HOST:PORT)");
        }
    }

    String host() {
        String host = uri.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    boolean isSecure() {
        return "https".equals(uri.getScheme());
    }

    int port() {
        return uri.getPort() > 0 ? uri.getPort() : isSecure() ? 443 : 80;
    }

    String authority() {
        return uri.getRawAuthority();
    }

    String chatPath() {
        String base = uri.getRawPath() == null ? "" : uri.getRawPath().replaceAll("/+$", "");
        return (base.endsWith("/v1") ? base : base + "/v1") + "/chat/completions";
    }

    /** Whether the host is this machine. */
    public boolean isLoopback() {
        try {
            return InetAddress.getByName(host()).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return uri.toString();
    }
}
