package io.llmd.simulator.config;

/** How an endpoint exchanges KV blocks with others. */
public enum KvConnector {
    /** Not at all. */
    NONE,
    /** Like vLLM's NixlConnector: the engine that decodes reads from the one that prefilled. */
    NIXL
}
