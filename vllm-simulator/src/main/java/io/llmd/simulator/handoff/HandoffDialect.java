package io.llmd.simulator.handoff;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** How requests say which part of them an engine is asked for; one for each connector. */
public interface HandoffDialect {

    /** Reads {@code kv_transfer_params}, or what the connector has in their place. */
    TransferLeg leg(@Nullable ObjectNode params);

    /**
     * Whether the answer of a prefill leg tells where its blocks are. If not, whoever sends both legs names the blocks
     * beforehand, and the decode leg may come first.
     */
    boolean answersTell();

    /** How blocks get to the decode leg. */
    default BlockMove move() {
        return BlockMove.PULL;
    }

    /** Whether a prefill leg ends with its first token, whatever it asks for. */
    default boolean prefillsOneToken() {
        return false;
    }
}
