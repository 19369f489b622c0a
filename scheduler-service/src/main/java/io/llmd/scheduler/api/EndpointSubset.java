package io.llmd.scheduler.api;

import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * The endpoints that a proxy allows: those with one of the addresses and ports, and all ports of the addresses that stand
 * alone. IPv6 with a port is in brackets. Entries with a port that none can have are ignored.
 */
final class EndpointSubset {

    private static final int MOST_PORT_DIGITS = 5;

    private final Set<String> hosts = new HashSet<>();
    private final Set<String> hostPorts = new HashSet<>();

    private EndpointSubset() {}

    /** Reads entries with commas between. */
    static EndpointSubset of(String hint) {
        EndpointSubset subset = new EndpointSubset();
        for (String entry : hint.split(",")) {
            subset.add(entry.strip().toLowerCase(Locale.ROOT));
        }
        return subset;
    }

    boolean has(EndpointMetadata endpoint) {
        return hosts.contains(endpoint.host()) || hostPorts.contains(key(endpoint.host(), endpoint.port()));
    }

    private void add(String entry) {
        boolean isBracketed = entry.startsWith("[");
        int hostEnd = isBracketed ? entry.indexOf(']') : entry.indexOf(':');
        boolean isAddressAlone = hostEnd < 0 || !isBracketed && entry.indexOf(':', hostEnd + 1) >= 0;
        if (isAddressAlone) {
            hosts.add(entry);
            return;
        }
        String host = entry.substring(isBracketed ? 1 : 0, hostEnd);
        String rest = entry.substring(isBracketed ? hostEnd + 1 : hostEnd);
        if (rest.isEmpty()) {
            hosts.add(host);
        } else if (rest.length() > 1 && rest.length() <= 1 + MOST_PORT_DIGITS && isPort(rest)) {
            hostPorts.add(key(host, Integer.parseInt(rest, 1, rest.length(), 10)));
        }
    }

    private static boolean isPort(String rest) {
        return rest.charAt(0) == ':' && rest.chars().skip(1).allMatch(c -> c >= '0' && c <= '9');
    }

    private static String key(String host, int port) {
        return host + ' ' + port;
    }
}
