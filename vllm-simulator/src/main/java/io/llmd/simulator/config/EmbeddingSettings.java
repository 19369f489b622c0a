package io.llmd.simulator.config;

/**
 * How an endpoint exchanges embeddings of media with others.
 *
 * @param gives whether its answers tell where the embeddings are that it made
 * @param takes whether it gets embeddings that requests name, instead of making them
 * @param host where the side channel for them listens, and what other endpoints are told
 * @param port TCP port of the side channel, 0 for a free one
 */
public record EmbeddingSettings(boolean gives, boolean takes, String host, int port) {
    public EmbeddingSettings {
        if (host.isBlank()) {
            throw new IllegalArgumentException("ecSideChannelHost: blank (expected: a host)");
        }
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("ecSideChannelPort: " + port + " (expected: 0 to 65535)");
        }
    }

    EmbeddingSettings atPort(int other) {
        return new EmbeddingSettings(gives, takes, host, other);
    }
}
