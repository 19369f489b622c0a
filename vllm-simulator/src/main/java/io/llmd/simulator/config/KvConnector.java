package io.llmd.simulator.config;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How an endpoint exchanges KV blocks with others. */
public enum KvConnector {
    /** Not at all. */
    NONE(0, null),
    /** Like vLLM's NixlConnector: the prefill leg's answer tells the decode leg where to read. */
    NIXL(5600, null),
    /** Like vLLM's NixlPushConnector: the same, but the prefilling endpoint writes. */
    NIXL_PUSH(5600, null),
    /** Like vLLM's MooncakeConnector: both legs are sent at the same time, with the same transfer id. */
    MOONCAKE(8998, Duration.ofSeconds(480)),
    /** Like vLLM's MoRIIOConnector in write mode: likewise, and the prefilling endpoint writes layer by layer. */
    MORIIO(6301, Duration.ofSeconds(60)),
    /** Like SGLang's prefill and decode servers: both get the client's request, and meet in a room. */
    SGLANG(8998, Duration.ofSeconds(300)),
    /** Like vLLM's OffloadingConnector with a tier for peers: blocks are looked up in the other endpoint's host memory. */
    OFFLOADING(7777, null);

    private final int port;
    private final @Nullable Duration lease;

    KvConnector(int port, @Nullable Duration lease) {
        this.port = port;
        this.lease = lease;
    }

    /** Names of all, as options have them. */
    static String names() {
        return Arrays.stream(values()).map(KvConnector::optionName).collect(Collectors.joining(", "));
    }

    /** @throws IllegalArgumentException if there is none of that name */
    static KvConnector of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    private String optionName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Usual port of the side channel. */
    int port() {
        return port;
    }

    /** How long blocks are held; absent if that depends on the version of vLLM. */
    Optional<Duration> lease() {
        return Optional.ofNullable(lease);
    }

    /** Whether NIXL carries the blocks. */
    public boolean isNixl() {
        return this == NIXL || this == NIXL_PUSH;
    }
}
