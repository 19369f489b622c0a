package io.llmd.simulator.handoff;

import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Which part of a separated request an engine is asked for, read from {@code kv_transfer_params}. */
public sealed interface TransferLeg {

    /** Prefill and decode, as usual. */
    record Both() implements TransferLeg {}

    /** Prefill; the blocks are to be held for another engine. */
    record Prefill() implements TransferLeg {}

    /** Decode, with blocks that another engine holds. */
    record Decode(Handoff handoff) implements TransferLeg {}

    /** Decode, but without what is needed to find the blocks: the prompt is computed here. */
    record Incomplete() implements TransferLeg {}

    /** Reads the parameters of a request; as in vLLM, nothing in them makes the request fail. */
    static TransferLeg of(@Nullable ObjectNode params) {
        if (params == null) {
            return new Both();
        }
        if (isTrue(params.get("do_remote_prefill"))) {
            Handoff handoff = handoff(params);
            return handoff == null ? new Incomplete() : new Decode(handoff);
        }
        return isTrue(params.get("do_remote_decode")) ? new Prefill() : new Both();
    }

    private static @Nullable Handoff handoff(ObjectNode params) {
        String engineId = string(params.get("remote_engine_id"));
        String requestId = string(params.get("remote_request_id"));
        String host = string(params.get("remote_host"));
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

    private static @Nullable String string(@Nullable JsonNode node) {
        return node == null || !node.isString() || node.stringValue().isBlank() ? null : node.stringValue();
    }

    private static boolean isTrue(@Nullable JsonNode node) {
        return node != null && node.isBoolean() && node.booleanValue();
    }
}
