package io.llmd.gateway.sidecar;

import io.llmd.gateway.edge.AddressRanges;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The endpoints that headers may name: everything else is never contacted. Immutable. */
public final class AllowList {

    private record Entry(@Nullable String name, @Nullable AddressRanges addresses, int firstPort, int lastPort) {

        boolean allows(HostPort endpoint) {
            if (endpoint.port() < firstPort || endpoint.port() > lastPort) {
                return false;
            }
            String host = endpoint.host().toLowerCase(Locale.ROOT);
            AddressRanges ranges = addresses;
            return ranges == null ? host.equals(name) : isIn(ranges, host);
        }

        private static boolean isIn(AddressRanges ranges, String host) {
            byte[] address = NetUtil.createByteArrayFromIpAddressString(host);
            try {
                return address != null && ranges.contains(InetAddress.getByAddress(address));
            } catch (UnknownHostException e) {
                return false;
            }
        }
    }

    private final List<Entry> entries;

    private AllowList(List<Entry> entries) {
        this.entries = entries;
    }

    /**
     * Reads a list.
     *
     * @param texts such as {@code 10.1.0.0/16:8000-8007}, {@code [fd00::/8]:8000} or {@code prefill-0.prefill:8000}
     * @throws IllegalArgumentException when one is none of that
     */
    public static AllowList parse(List<String> texts) {
        return new AllowList(texts.stream().map(AllowList::entry).toList());
    }

    private static Entry entry(String text) {
        int colon = text.lastIndexOf(':');
        String[] ports = text.substring(colon + 1).split("-", 2);
        int first = port(ports[0]);
        int last = port(ports[ports.length - 1]);
        if (colon < 1 || first < 1 || last < first) {
            throw wrong(text);
        }
        String host = text.substring(0, colon).toLowerCase(Locale.ROOT);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        int slash = host.indexOf('/');
        boolean isAddress =
                NetUtil.createByteArrayFromIpAddressString(slash < 0 ? host : host.substring(0, slash)) != null;
        if (!isAddress && HostPort.parse(host + ":1") == null) {
            throw wrong(text);
        }
        return new Entry(host, isAddress ? AddressRanges.parse(List.of(host)) : null, first, last);
    }

    private static int port(String text) {
        return text.matches("[0-9]{1,5}") && Integer.parseInt(text) <= 65_535 ? Integer.parseInt(text) : -1;
    }

    private static IllegalArgumentException wrong(String text) {
        return new IllegalArgumentException(
                "gateway.sidecar.allow: " + text
                        + " (expected: host:port, with an address range for the host or a range of ports, such as 10.1.0.0/16:8000-8007)");
    }

    boolean allows(HostPort endpoint) {
        for (Entry entry : entries) {
            if (entry.allows(endpoint)) {
                return true;
            }
        }
        return false;
    }
}
