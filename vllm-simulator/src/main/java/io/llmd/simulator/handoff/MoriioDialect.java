package io.llmd.simulator.handoff;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * vLLM's {@code MoRIIOConnector} in write mode: both legs carry the same transfer id and the address of the other endpoint.
 * Data-parallel ranks listen on ports that follow each other.
 */
public final class MoriioDialect implements HandoffDialect {

    @Override
    public TransferLeg leg(@Nullable ObjectNode params) {
        String transferId = params == null ? null : Params.text(params, "transfer_id");
        if (params == null) {
            return new TransferLeg.Both();
        }
        if (Params.isTrue(params, "do_remote_prefill")) {
            JsonNode rank = params.get("remote_dp_rank");
            Address holder = Params.address(
                    params,
                    "remote_host",
                    "remote_handshake_port",
                    rank == null || !rank.isInt() ? 0 : rank.intValue());
            return transferId == null || holder == null
                    ? new TransferLeg.Incomplete()
                    : new TransferLeg.Decode(Handoff.promised(Handoff.ANY_ENGINE, transferId, holder));
        }
        return transferId != null && Params.isTrue(params, "do_remote_decode")
                ? new TransferLeg.Prefill(transferId)
                : new TransferLeg.Both();
    }

    @Override
    public boolean answersTell() {
        return false;
    }

    @Override
    public BlockMove move() {
        return BlockMove.PUSH;
    }
}
