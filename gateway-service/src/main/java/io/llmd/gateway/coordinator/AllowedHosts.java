package io.llmd.gateway.coordinator;

import java.util.List;
import java.util.Locale;

/** The hosts that media may be fetched from. Immutable. */
final class AllowedHosts {

    private static final String ANY = "*";

    private final List<String> patterns;

    /**
     * @param patterns names, {@code *.example.org} for all below one, or {@code *} for any
     * @throws IllegalArgumentException when one is none of that
     */
    AllowedHosts(List<String> patterns) {
        this.patterns = patterns.stream().map(AllowedHosts::checked).toList();
    }

    private static String checked(String pattern) {
        String host = pattern.strip().toLowerCase(Locale.ROOT);
        String name = host.startsWith("*.") ? host.substring(2) : host;
        if (!host.equals(ANY) && !name.matches("[a-z0-9.-]+|\\[[a-f0-9:.]+\\]")) {
            throw new IllegalArgumentException("gateway.coordinator.media-hosts: " + pattern
                    + " (expected: a host name, *. and a host name, or *)");
        }
        return host;
    }

    boolean isEmpty() {
        return patterns.isEmpty();
    }

    boolean allows(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        for (String pattern : patterns) {
            boolean fits = pattern.startsWith("*.") ? name.endsWith(pattern.substring(1)) : name.equals(pattern);
            if (fits || pattern.equals(ANY)) {
                return true;
            }
        }
        return false;
    }
}
