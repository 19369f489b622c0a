package io.llmd.simulator.handoff;

import org.jspecify.annotations.Nullable;

/** Which part of a separated request an engine is asked for. */
public sealed interface TransferLeg {

    /** Prefill and decode, as usual. */
    record Both() implements TransferLeg {}

    /**
     * Prefill, for another engine to decode.
     *
     * @param key name under which the other engine asks for the blocks; absent if the answer tells it one
     * @param source where blocks of the prompt may be had instead of computed
     */
    record Prefill(@Nullable String key, @Nullable Handoff source) implements TransferLeg {

        /** All of the prompt is computed here. */
        public Prefill(@Nullable String key) {
            this(key, null);
        }
    }

    /** Decode, with blocks that another engine holds. */
    record Decode(Handoff handoff) implements TransferLeg {}

    /** Decode, but without what is needed to find the blocks: the prompt is computed here. */
    record Incomplete() implements TransferLeg {}

    /** Nothing that the endpoint does; the client gets 400 and the reason. */
    record Refused(String reason) implements TransferLeg {}

    /** Blocks that other engines are asked for; absent if the whole prompt is computed here. */
    default @Nullable Handoff reads() {
        return switch (this) {
            case Decode decode -> decode.handoff();
            case Prefill prefill -> prefill.source();
            case Both _, Incomplete _, Refused _ -> null;
        };
    }
}
