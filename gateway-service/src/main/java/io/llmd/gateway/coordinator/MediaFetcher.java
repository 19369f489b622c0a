package io.llmd.gateway.coordinator;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.disagg.MediaSource;
import io.llmd.gateway.dispatch.Transport;
import io.llmd.gateway.dispatch.UpstreamCall;
import io.llmd.gateway.dispatch.UpstreamClient;
import io.llmd.gateway.dispatch.UpstreamListener;
import io.llmd.gateway.dispatch.UpstreamRequest;
import io.llmd.gateway.edge.AddressRanges;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.ssl.SslContext;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fetches media over HTTP, from allowed hosts alone. A host is looked up once, and the connection goes to the address that
 * was looked at, so that a name cannot mean something else the second time. Redirections are not followed: what they name
 * was not asked for. Thread-safe.
 */
public final class MediaFetcher implements MediaSource, AutoCloseable {

    private static final String ENCRYPTED = "https";
    private static final String PLAIN = "http";
    private static final int HEAD_BYTES = 16 << 10;

    /**
     * @param hosts that may be contacted, see {@code gateway.coordinator.media-hosts}; none means that nothing is fetched
     * @param networks that may be contacted although they are not public
     * @param ports that may be contacted; none for 443 and, without encryption, 80
     * @param allowsPlain whether also without encryption
     * @param connectTimeout for a connection to be established
     */
    public record Settings(
            List<String> hosts,
            List<String> networks,
            List<Integer> ports,
            boolean allowsPlain,
            Duration connectTimeout) {}

    private final AllowedHosts hosts;
    private final boolean allowsPlain;
    private final Set<Integer> ports;
    private final UpstreamClient client;

    /**
     * @param encryption of connections
     * @throws IllegalArgumentException when a host or a network is none
     */
    public MediaFetcher(Settings settings, SslContext encryption) {
        hosts = new AllowedHosts(settings.hosts());
        allowsPlain = settings.allowsPlain();
        ports = Set.copyOf(settings.ports());
        client = new UpstreamClient(
                new UpstreamClient.Settings(settings.connectTimeout(), settings.connectTimeout(), HEAD_BYTES, 0),
                endpoint -> endpoint.id().equals(ENCRYPTED) ? encryption : null,
                new Reachable(AddressRanges.parse(settings.networks())));
    }

    /** Whether anything is fetched at all. */
    public boolean isOn() {
        return !hosts.isEmpty();
    }

    @Override
    public @Nullable String refusal(String address) {
        URI uri = parse(address);
        if (uri == null) {
            return "an address is none (expected: a URL with a host)";
        }
        if (!isEncrypted(uri) && !(allowsPlain && PLAIN.equalsIgnoreCase(uri.getScheme()))) {
            return "an address has another scheme (expected: " + (allowsPlain ? "https or http" : ENCRYPTED) + ")";
        }
        boolean isUsual = portOf(uri) == usualPort(uri);
        if (ports.isEmpty() ? !isUsual : !ports.contains(portOf(uri))) {
            return "nothing is fetched from the port of an address";
        }
        return hosts.allows(uri.getHost()) ? null : "nothing is fetched from the host of an address";
    }

    private static boolean isEncrypted(URI uri) {
        return ENCRYPTED.equalsIgnoreCase(uri.getScheme());
    }

    private static int usualPort(URI uri) {
        return isEncrypted(uri) ? 443 : 80;
    }

    private static int portOf(URI uri) {
        return uri.getPort() > 0 ? uri.getPort() : usualPort(uri);
    }

    /** A URL that names a host and carries no password; {@code null} for everything else. */
    private static @Nullable URI parse(String address) {
        try {
            URI uri = new URI(new URI(address).toASCIIString()).parseServerAuthority();
            boolean isUrl = uri.getScheme() != null
                    && uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && uri.getPort() <= 65_535
                    && uri.getPort() != 0;
            return isUrl ? uri : null;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    @Override
    public UpstreamCall fetch(Transport transport, String address, UpstreamListener listener) {
        URI uri = parse(address);
        if (uri == null || refusal(address) != null) {
            throw new IllegalStateException("a refused address");
        }
        String named = uri.getHost();
        String host = named.startsWith("[") ? named.substring(1, named.length() - 1) : named;
        boolean encrypted = isEncrypted(uri);
        int port = portOf(uri);
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        HttpHeaders headers = new DefaultHttpHeaders()
                .set(HttpHeaderNames.HOST, uri.getPort() > 0 ? named + ":" + port : named)
                .set(HttpHeaderNames.ACCEPT, "image/*");
        TargetEndpoint endpoint = new TargetEndpoint(encrypted ? ENCRYPTED : PLAIN, host, port);
        return client.send(transport, endpoint, UpstreamRequest.get(path + query, headers), listener);
    }

    @Override
    public void close() {
        client.close();
    }
}
