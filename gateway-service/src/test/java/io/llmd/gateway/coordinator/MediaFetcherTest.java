package io.llmd.gateway.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.gateway.edge.AddressRanges;
import io.netty.handler.ssl.SslContextBuilder;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MediaFetcherTest {

    private static MediaFetcher fetcher(boolean plain, String... hosts) throws Exception {
        return new MediaFetcher(
                new MediaFetcher.Settings(List.of(hosts), List.of(), List.of(), plain, Duration.ofSeconds(1)),
                SslContextBuilder.forClient().build());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "10.1.2.3",
                "100.64.0.1",
                "127.0.0.1",
                "168.63.129.16",
                "169.254.169.254",
                "172.31.255.255",
                "192.0.2.1",
                "192.168.1.1",
                "198.19.0.1",
                "203.0.113.9",
                "224.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "::ffff:10.0.0.1",
                "64:ff9b::a00:1",
                "fc00::1",
                "fe80::1",
                "ff02::1",
                "2001:db8::1",
                "2002:a00:1::1"
            })
    void specialAddressesAreNotReached(String address) throws Exception {
        assertThat(new Reachable(AddressRanges.parse(List.of())).test(InetAddress.getByName(address)))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.1.1.1", "172.32.0.1", "2606:4700::1111", "10.7.0.1"})
    void publicAndNamedAddressesAre(String address) throws Exception {
        assertThat(new Reachable(AddressRanges.parse(List.of("10.7.0.0/16"))).test(InetAddress.getByName(address)))
                .isTrue();
    }

    @Test
    void onlyNamedHostsAreFetchedFrom() throws Exception {
        try (MediaFetcher some = fetcher(false, "a.example", "*.b.example");
                MediaFetcher any = fetcher(true, "*");
                MediaFetcher none = fetcher(false)) {
            assertThat(some.refusal("https://A.example/x")).isNull();
            assertThat(some.refusal("https://c.b.example:443/x?y=z")).isNull();
            assertThat(some.refusal("https://c.b.example:8443/x")).contains("port");
            assertThat(any.refusal("http://a.example:443/x")).contains("port");
            assertThat(some.refusal("https://b.example/")).isNotNull();
            assertThat(some.refusal("https://ab.example/")).isNotNull();
            assertThat(some.refusal("https://a.example.evil/")).isNotNull();
            assertThat(some.refusal("http://a.example/x")).contains("expected: https");
            assertThat(any.refusal("http://1.2.3.4/x")).isNull();
            assertThat(any.refusal("https://[2606::1]/x")).isNull();
            assertThat(none.refusal("https://a.example/x")).isNotNull();
            assertThat(none.isOn()).isFalse();
            assertThat(some.isOn()).isTrue();
        }
    }

    @Test
    void onlyNamedPortsAreFetchedFrom() throws Exception {
        MediaFetcher.Settings settings =
                new MediaFetcher.Settings(List.of("*"), List.of(), List.of(8443), false, Duration.ofSeconds(1));
        try (MediaFetcher fetcher =
                new MediaFetcher(settings, SslContextBuilder.forClient().build())) {
            assertThat(fetcher.refusal("https://a.example:8443/x")).isNull();
            assertThat(fetcher.refusal("https://a.example/x")).contains("port");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a.example/x",
                "https:///x",
                "https://a.example:0/",
                "https://a.example:70000/",
                "https://u:p@a.example/",
                "https://a example/",
                "https://a.example/\r\nx: y",
                "https://0x7f.1/",
                "https://127.1/",
                "https://a.example\\@b.example/",
                "https://a.example%2f@b.example/",
                "https://\uff41.example/",
                "https://[fe80::1%25eth0]:x/",
                " https://a.example/",
                "javascript:alert(1)"
            })
    void whatIsNoUrlIsRefused(String address) throws Exception {
        try (MediaFetcher any = fetcher(true, "*")) {
            assertThat(any.refusal(address)).isNotNull();
        }
    }

    @Test
    void hostsThatAreNoneAreRefusedAtTheStart() {
        assertThatThrownBy(() -> fetcher(false, "https://a.example")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> fetcher(false, "a b")).isInstanceOf(IllegalArgumentException.class);
    }
}
