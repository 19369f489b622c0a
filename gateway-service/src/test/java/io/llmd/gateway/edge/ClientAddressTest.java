package io.llmd.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClientAddressTest {

    private static final AddressRanges TRUSTED = AddressRanges.parse(List.of("10.0.0.0/8", "fd00::/8"));

    private static String client(String peer, String... forwardedFor) throws Exception {
        HttpHeaders headers = new DefaultHttpHeaders();
        for (String line : forwardedFor) {
            headers.add("x-forwarded-for", line);
        }
        return ClientAddress.of(headers, InetAddress.ofLiteral(peer), TRUSTED).getHostAddress();
    }

    @Test
    void untrustedPeerIsTheClientWhateverItSays() throws Exception {
        assertThat(client("203.0.113.7", "198.51.100.1")).isEqualTo("203.0.113.7");
    }

    @Test
    void trustedProxyNamesItsClient() throws Exception {
        assertThat(client("10.0.0.1", "203.0.113.7")).isEqualTo("203.0.113.7");
        assertThat(client("fd00:0:0:0:0:0:0:1", "2001:db8::7")).isEqualTo("2001:db8:0:0:0:0:0:7");
    }

    @Test
    void whatTheClientItselfWroteIsNotBelieved() throws Exception {
        assertThat(client("10.0.0.1", "198.51.100.1, 203.0.113.7, 10.0.0.2")).isEqualTo("203.0.113.7");
        assertThat(client("10.0.0.1", "198.51.100.1", "203.0.113.7")).isEqualTo("203.0.113.7");
    }

    @Test
    void garbageEndsTheSearchAtTheLastKnownAddress() throws Exception {
        assertThat(client("10.0.0.1", "unknown")).isEqualTo("10.0.0.1");
        assertThat(client("10.0.0.1", "203.0.113.7, localhost, 10.0.0.2")).isEqualTo("10.0.0.2");
        assertThat(client("10.0.0.1", "")).isEqualTo("10.0.0.1");
        assertThat(client("10.0.0.1")).isEqualTo("10.0.0.1");
    }
}
