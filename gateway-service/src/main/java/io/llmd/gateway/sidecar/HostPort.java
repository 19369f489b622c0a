package io.llmd.gateway.sidecar;

import org.jspecify.annotations.Nullable;

/**
 * Where an endpoint listens, as headers name it.
 *
 * @param host address or name, IPv6 without brackets
 * @param port TCP port in [1, 65535]
 */
record HostPort(String host, int port) {

    private static final int MAX_LENGTH = 300;

    /** Reads {@code host:port}, perhaps with a scheme before it; {@code null} when it is something else. */
    static @Nullable HostPort parse(String text) {
        String value = text.strip();
        int scheme = value.indexOf("://");
        value = scheme < 0 ? value : value.substring(scheme + 3);
        int colon = value.lastIndexOf(':');
        if (colon < 1 || value.length() > MAX_LENGTH) {
            return null;
        }
        String host = value.substring(0, colon);
        boolean isBracketed = host.startsWith("[") && host.endsWith("]");
        if (isBracketed) {
            host = host.substring(1, host.length() - 1);
        }
        String digits = value.substring(colon + 1);
        if (!isHost(host, isBracketed) || !digits.matches("[0-9]{1,5}")) {
            return null;
        }
        int port = Integer.parseInt(digits);
        return port < 1 || port > 65_535 ? null : new HostPort(host, port);
    }

    private static boolean isHost(String host, boolean isBracketed) {
        return !host.isEmpty()
                && host.chars()
                        .allMatch(c -> c >= 'a' && c <= 'z'
                                || c >= 'A' && c <= 'Z'
                                || c >= '0' && c <= '9'
                                || c == '.'
                                || c == '-'
                                || isBracketed && c == ':');
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
