package io.llmd.scheduler.discovery;

import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.netty.util.NetUtil;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Checks one configured endpoint. */
public final class EndpointEntry {

    static final String DEFAULT_NAMESPACE = "default";
    private static final int MAX_HOST = 253;

    /** The longest name of a pod, and its rank. */
    private static final int MAX_NAME = 253 + "-rank-7".length();

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?");
    private static final Pattern HOST_LABEL = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?");

    /** Addresses that make no sense as a target, or that answer secrets to whoever asks. */
    private static final Set<String> FORBIDDEN =
            Set.of("0.0.0.0", "::", "255.255.255.255", "169.254.169.254", "fd00:ec2::254", "metadata.google.internal");

    private EndpointEntry() {}

    /**
     * Makes an endpoint.
     *
     * @param allowLoopback whether the endpoint may be on this machine
     * @throws IllegalArgumentException with value and expectation
     */
    public static EndpointMetadata of(
            String namespace,
            String name,
            String address,
            String port,
            Map<String, String> labels,
            boolean allowLoopback) {
        requireName("namespace", namespace);
        requireName("name", name);
        int number = port(port);
        return new EndpointMetadata(
                namespace + "/" + name, name, host(address, allowLoopback), number, number, labels, 0);
    }

    private static void requireName(String field, String value) {
        if (value.length() > MAX_NAME || !NAME.matcher(value).matches()) {
            throw new IllegalArgumentException(field + ": " + shortened(value) + " (expected: 1 to " + MAX_NAME
                    + " letters, digits, '.', '_', '-')");
        }
    }

    private static String shortened(String value) {
        return value.length() <= 64 ? value : value.substring(0, 64) + "…";
    }

    private static int port(String text) {
        int port = -1;
        if (!text.isEmpty() && text.length() <= 5 && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            port = Integer.parseInt(text);
        }
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port: " + shortened(text) + " (expected: 1 to 65535)");
        }
        return port;
    }

    private static String host(String address, boolean allowLoopback) {
        String host =
                address.startsWith("[") && address.endsWith("]") ? address.substring(1, address.length() - 1) : address;
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
        if (literal == null && !isHostName(host)) {
            throw new IllegalArgumentException(
                    "address: " + shortened(address) + " (expected: an IPv4 or IPv6 address or a host name)");
        }
        String canonical =
                literal == null ? host.toLowerCase(java.util.Locale.ROOT) : NetUtil.bytesToIpAddress(literal);
        if (FORBIDDEN.contains(canonical) || isMulticast(literal)) {
            throw new IllegalArgumentException("address: " + address + " (expected: an address of a model server)");
        }
        if (!allowLoopback && isLoopback(canonical, literal)) {
            throw new IllegalArgumentException("address: " + address
                    + " (expected: not this machine, unless scheduler.discovery.allow-loopback is set)");
        }
        return canonical;
    }

    /** A name of digits and dots only would be an address that is out of range. */
    private static boolean isHostName(String host) {
        if (host.isEmpty()
                || host.length() > MAX_HOST
                || host.chars().allMatch(c -> c == '.' || Character.isDigit(c))) {
            return false;
        }
        for (String label : host.split("\\.", -1)) {
            if (!HOST_LABEL.matcher(label).matches()) {
                return false;
            }
        }
        return true;
    }

    private static boolean isMulticast(byte @org.jspecify.annotations.Nullable [] literal) {
        return literal != null && (literal.length == 4 ? (literal[0] & 0xf0) == 0xe0 : (literal[0] & 0xff) == 0xff);
    }

    private static boolean isLoopback(String canonical, byte @org.jspecify.annotations.Nullable [] literal) {
        if (literal == null) {
            return canonical.equals("localhost") || canonical.endsWith(".localhost");
        }
        return literal.length == 4 ? literal[0] == 127 : canonical.equals("::1");
    }
}
