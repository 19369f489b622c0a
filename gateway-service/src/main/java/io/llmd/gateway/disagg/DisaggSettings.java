package io.llmd.gateway.disagg;

import java.time.Duration;
import java.util.function.Predicate;

/**
 * Bounds and manners of disaggregated requests.
 *
 * @param onPrefillFailure what becomes of a request whose prompt nobody computed
 * @param prefillRetries further tries of a prefill leg that was answered with 429, 502, 503 or 504
 * @param retryBackoff pause before such a try
 * @param prefillTimeout for the answer of a prefill leg, plus {@code timeoutPerToken} for each token of the prompt
 * @param timeoutPerToken see {@code prefillTimeout}
 * @param decodeTimeout for the first byte of a decode leg, plus {@code timeoutPerToken} for each token of the prompt
 * @param handoffLease how long a prefill endpoint is taken to hold blocks that nobody fetches
 * @param maxHandoffs handoffs of one prefill endpoint that may be under way, stranded ones included
 * @param maxAnswerBytes answer of a prefill leg
 * @param overrideLoopbackHost whether a loopback {@code remote_host} is replaced by the prefill endpoint's own host
 * @param transferHosts hosts beyond those of the pool that an answer may name as {@code remote_host}
 * @param cachedTokens what clients are told of cached tokens
 * @param reuseTokens whether the decode leg of a chat carries the prompt's token ids
 * @param generateExtraArgs whether handoffs are put into {@code sampling_params.extra_args} of generate requests as well
 * @param sidecarLabel label of endpoints that orchestrate themselves when its value is {@code true}; {@code *} when all do
 * @param versionLabel label whose values have to be equal on both endpoints, where both have it
 * @param quarantineAfter failures in a row of two endpoints together that keep them apart
 * @param quarantine how long they are kept apart
 * @param commitTimeout how long an answer is held for that of the prefill leg, where a connector does so
 * @param ports where prefill endpoints are reached beside their HTTP port
 * @param engines what an endpoint consists of, where a connector has to tell
 * @param cacheHitThreshold share of a prompt, in [0, 1], below which a decode endpoint is not to compute the rest itself,
 *     where a connector asks it first and the client did not say; 0 for none
 * @param chunkTokens tokens of an answer that an endpoint alone generates in one go; 0 for all
 * @param encode how embeddings of media get to the endpoint that computes the prompt
 */
public record DisaggSettings(
        OnPrefillFailure onPrefillFailure,
        int prefillRetries,
        Duration retryBackoff,
        Duration prefillTimeout,
        Duration timeoutPerToken,
        Duration decodeTimeout,
        Duration handoffLease,
        int maxHandoffs,
        int maxAnswerBytes,
        boolean overrideLoopbackHost,
        Predicate<String> transferHosts,
        CachedTokens cachedTokens,
        boolean reuseTokens,
        boolean generateExtraArgs,
        String sidecarLabel,
        String versionLabel,
        int quarantineAfter,
        Duration quarantine,
        Duration commitTimeout,
        Ports ports,
        Engines engines,
        double cacheHitThreshold,
        int chunkTokens,
        Encode encode) {

    /**
     * @param bootstrap of SGLang's and Mooncake's bootstrap servers
     * @param offload of vLLM's offloading connector, plus the data-parallel rank
     * @param notification of MoRI-IO, for the end of a transfer
     * @param handshake of MoRI-IO, for the first contact
     */
    public record Ports(int bootstrap, int offload, int notification, int handshake) {}

    /**
     * @param dataParallel data-parallel ranks behind one address
     * @param tensorParallel accelerators that share one rank's layers
     */
    public record Engines(int dataParallel, int tensorParallel) {}

    /** What the endpoint that computes a prompt is told of the media that encode endpoints have worked on. */
    public enum Encode {
        /** Encode endpoints are not used. */
        NONE,
        /** Nothing: embeddings are in a storage that both endpoints know. */
        EC_EXAMPLE,
        /** What the encode endpoints answered, with which the embeddings are fetched from them. */
        EC_NIXL
    }

    /** What becomes of a request whose prompt no prefill endpoint computed. */
    public enum OnPrefillFailure {
        /** The decode endpoint computes the prompt. */
        DECODE_ONLY,
        /** The client gets the failure. */
        FAIL
    }

    /** What clients are told of cached tokens: a decode endpoint counts the whole transferred prompt as cached. */
    public enum CachedTokens {
        /** Those of the prefill endpoint; 0 when it does not say. */
        OF_PREFILL,
        /** Those of the prefill endpoint; the decode endpoint's when it does not say. */
        OF_PREFILL_IF_TOLD,
        /** Those of the decode endpoint. */
        OF_DECODE
    }
}
