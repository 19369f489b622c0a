package io.llmd.simulator.handoff;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * SGLang's disaggregation: both endpoints get the client's request, and meet in a room of the bootstrap server beside the
 * endpoint that prefills. What an endpoint does follows from its role alone, and a request without a room is refused.
 *
 * @param prefills whether the endpoint was started to prefill; otherwise to decode
 */
public record SglangDialect(boolean prefills) implements HandoffDialect {

    /** @param params the members {@code bootstrap_host}, {@code bootstrap_port} and {@code bootstrap_room} of the body */
    @Override
    public TransferLeg leg(@Nullable ObjectNode params) {
        JsonNode room = params == null ? null : params.get("bootstrap_room");
        if (params == null || room == null || !room.isIntegralNumber()) {
            return new TransferLeg.Refused("Disaggregated request received without bootstrap room id.");
        }
        String key = room.asString();
        if (prefills) {
            return new TransferLeg.Prefill(key);
        }
        Address holder = Params.address(params, "bootstrap_host", "bootstrap_port", 0);
        return holder == null
                ? new TransferLeg.Refused("Disaggregated request received without bootstrap address.")
                : new TransferLeg.Decode(Handoff.promised(Handoff.ANY_ENGINE, key, holder));
    }

    @Override
    public boolean answersTell() {
        return false;
    }

    @Override
    public BlockMove move() {
        return BlockMove.PUSH;
    }

    @Override
    public boolean prefillsOneToken() {
        return prefills;
    }
}
