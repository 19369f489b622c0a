package io.llmd.simulator.handoff;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** How requests say which part of them an engine is asked for; one for each connector of vLLM. */
public interface HandoffDialect {

    /** Reads {@code kv_transfer_params}; nothing in them makes a request fail. */
    TransferLeg leg(@Nullable ObjectNode params);

    /**
     * Whether the answer of a prefill leg tells where its blocks are. If not, whoever sends both legs names the blocks
     * beforehand, and the decode leg may come first.
     */
    boolean answersTell();
}
