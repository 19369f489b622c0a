package io.llmd.gateway.edge;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.List;

/** Tells who a client is: the peer or, behind trusted proxies, whom they name in {@code x-forwarded-for}. */
final class ClientAddress {

    static final String FORWARDED_FOR = "x-forwarded-for";

    private ClientAddress() {}

    /**
     * The nearest address that is no trusted proxy. Names are read from the right, where the nearest proxy has added its
     * own; what stands before the first one that is not trusted was written by the client and is not looked at.
     */
    static InetAddress of(HttpHeaders received, InetAddress peer, AddressRanges trusted) {
        InetAddress nearest = peer;
        List<String> lines = received.getAll(FORWARDED_FOR);
        for (int line = lines.size() - 1; line >= 0; line--) {
            String[] names = lines.get(line).split(",", -1);
            for (int i = names.length - 1; i >= 0; i--) {
                if (!trusted.contains(nearest)) {
                    return nearest;
                }
                InetAddress named = NetUtil.createInetAddressFromIpAddressString(names[i].strip());
                if (named == null) {
                    return nearest;
                }
                nearest = named;
            }
        }
        return nearest;
    }
}
