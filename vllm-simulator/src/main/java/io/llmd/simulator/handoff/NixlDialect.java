package io.llmd.simulator.handoff;

import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * vLLM's {@code NixlConnector}: the prefill leg's answer is the decode leg's parameter.
 *
 * @param move whether the decoding endpoint reads, or lets the other one write
 */
public record NixlDialect(BlockMove move) implements HandoffDialect {

    /** Of endpoints that read. */
    public NixlDialect() {
        this(BlockMove.PULL);
    }

    @Override
    public TransferLeg leg(@Nullable ObjectNode params) {
        if (params == null) {
            return new TransferLeg.Both();
        }
        if (Params.isTrue(params, "do_remote_prefill")) {
            Handoff handoff = handoff(params);
            return handoff == null ? new TransferLeg.Incomplete() : new TransferLeg.Decode(handoff);
        }
        return Params.isTrue(params, "do_remote_decode") ? new TransferLeg.Prefill(null) : new TransferLeg.Both();
    }

    @Override
    public boolean answersTell() {
        return true;
    }

    private static @Nullable Handoff handoff(ObjectNode params) {
        String engineId = Params.text(params, "remote_engine_id");
        String requestId = Params.text(params, "remote_request_id");
        String host = Params.text(params, "remote_host");
        JsonNode port = params.get("remote_port");
        int blocks = blocks(params.get("remote_block_ids"));
        boolean hasPort = port != null && port.isInt() && port.intValue() > 0 && port.intValue() <= 65_535;
        return engineId == null || requestId == null || host == null || !hasPort || blocks == 0
                ? null
                : new Handoff(engineId, requestId, new Address(host, port.intValue()), blocks, cachedTokens(params));
    }

    private static OptionalInt cachedTokens(ObjectNode params) {
        JsonNode tokens = params.get("remote_prefill_cached_tokens");
        return tokens != null && tokens.isInt() ? OptionalInt.of(tokens.intValue()) : OptionalInt.empty();
    }

    /** Length of the block list, or of the first of several. */
    private static int blocks(@Nullable JsonNode ids) {
        if (ids == null || !ids.isArray() || ids.isEmpty()) {
            return 0;
        }
        return ids.get(0).isArray() ? ids.get(0).size() : ids.size();
    }
}
