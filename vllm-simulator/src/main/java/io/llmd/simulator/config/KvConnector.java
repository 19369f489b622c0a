package io.llmd.simulator.config;

import java.time.Duration;
import java.util.Optional;

/** How an endpoint exchanges KV blocks with others. */
public enum KvConnector {
    /** Not at all. */
    NONE,
    /** Like vLLM's NixlConnector: the prefill leg's answer tells the decode leg where to read. */
    NIXL,
    /** Like vLLM's MooncakeConnector: both legs are sent at the same time, with the same transfer id. */
    MOONCAKE;

    /** How long blocks are held; absent if that depends on the version of vLLM. */
    Optional<Duration> lease() {
        return this == MOONCAKE ? Optional.of(Duration.ofSeconds(480)) : Optional.empty();
    }
}
