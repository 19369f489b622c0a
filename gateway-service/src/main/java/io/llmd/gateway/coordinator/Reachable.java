package io.llmd.gateway.coordinator;

import io.llmd.gateway.edge.AddressRanges;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.function.Predicate;

/**
 * The addresses that media may be fetched from: those of the internet at large, by the registries of special-purpose
 * addresses (RFC 6890 and what was added to it), and networks that are named besides. Immutable.
 */
final class Reachable implements Predicate<InetAddress> {

    private static final AddressRanges SPECIAL = AddressRanges.parse(List.of(
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            // the host of virtual machines of one cloud, from inside them
            "168.63.129.16/32",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
            // of the global unicast addresses of IPv6 those that stand for addresses of IPv4, and documentation
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20"));

    /** What else IPv6 has is local, mapped, or not given to anybody. */
    private static final AddressRanges GLOBAL_UNICAST = AddressRanges.parse(List.of("2000::/3"));

    private final AddressRanges named;

    /**
     * @param named networks that may be contacted although they are not public
     */
    Reachable(AddressRanges named) {
        this.named = named;
    }

    @Override
    public boolean test(InetAddress address) {
        boolean isPublic =
                !SPECIAL.contains(address) && (!(address instanceof Inet6Address) || GLOBAL_UNICAST.contains(address));
        return isPublic || named.contains(address);
    }
}
