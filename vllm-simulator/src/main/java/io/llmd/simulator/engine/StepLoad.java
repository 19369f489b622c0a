package io.llmd.simulator.engine;

/**
 * What one step computes, as the latency models see it.
 *
 * @param scheduledTokens tokens in the step
 * @param sequences sequences in the step
 * @param samples sequences that produce a token
 * @param decodes sequences that compute a single new output token
 * @param decodeContext context lengths of the decoding sequences, summed
 * @param prefillAttention sum over prefill chunks of {@code t * (s + t / 2)}, t new tokens after s computed ones
 * @param prefillContext sum over prefill chunks of s
 * @param prefillTokens prompt tokens in the step
 * @param prefillStarts sequences whose first prefill chunk is in the step
 * @param promptShare sum over prefill chunks of chunk length over prompt length
 */
public record StepLoad(
        int scheduledTokens,
        int sequences,
        int samples,
        int decodes,
        long decodeContext,
        double prefillAttention,
        long prefillContext,
        int prefillTokens,
        int prefillStarts,
        double promptShare) {}
