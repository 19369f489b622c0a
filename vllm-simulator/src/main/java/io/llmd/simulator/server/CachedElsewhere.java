package io.llmd.simulator.server;

import io.llmd.simulator.output.Generation;
import io.llmd.simulator.output.SequenceEnd;

/**
 * A sequence of a decode leg, told as cached what the prefilling endpoint found cached, as vLLM does.
 *
 * @param cachedTokens of the prefill leg
 */
record CachedElsewhere(Generation generation, int cachedTokens) implements Generation {

    @Override
    public void produced(int tokens, long time) {
        generation.produced(tokens, time);
    }

    @Override
    public void ended(SequenceEnd end) {
        generation.ended(new SequenceEnd(end.reason(), cachedTokens, end.held(), end.lost()));
    }
}
