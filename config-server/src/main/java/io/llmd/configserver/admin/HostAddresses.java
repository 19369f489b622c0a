package io.llmd.configserver.admin;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;

/** Addresses of hosts, as they stand in URLs. */
final class HostAddresses {

    private HostAddresses() {}

    /** All addresses of a host in order, empty while it has none. Blocks while it asks. */
    static List<String> of(String host) {
        try {
            return Arrays.stream(InetAddress.getAllByName(host))
                    .map(HostAddresses::text)
                    .distinct()
                    .sorted()
                    .toList();
        } catch (UnknownHostException e) {
            return List.of();
        }
    }

    private static String text(InetAddress address) {
        String text = address.getHostAddress();
        return address instanceof Inet6Address ? "[" + text.replaceFirst("%.*", "") + "]" : text;
    }
}
