package io.llmd.simulator.config;

/** What an endpoint is meant for. A router goes by it; the endpoint itself serves whatever comes. */
public enum EndpointRole {
    /** Prefill and decode. */
    BOTH,
    /** Prefill, for others to decode. */
    PREFILL,
    /** Decode, of what others prefilled. */
    DECODE,
    /** The encoder alone, for others to prefill. */
    ENCODE
}
