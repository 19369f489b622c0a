package io.llmd.simulator.handoff;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * vLLM's {@code OffloadingConnector} with a tier that peers can read: the prefill leg offloads its blocks under an id, under
 * which the decode leg finds them, and any request may name another endpoint that has blocks of its prompt. What is not
 * found is computed.
 */
public final class OffloadingDialect implements HandoffDialect {

    @Override
    public TransferLeg leg(@Nullable ObjectNode params) {
        if (params == null) {
            return new TransferLeg.Both();
        }
        ObjectNode decoder = Params.object(params, "remote_decoder");
        ObjectNode prefiller = Params.object(params, "remote_prefiller");
        ObjectNode source = Params.object(params, "remote_kv_source");
        if (decoder != null) {
            return new TransferLeg.Prefill(
                    Params.text(decoder, "kv_request_id"), source == null ? null : source(source));
        }
        if (prefiller != null) {
            String key = Params.text(prefiller, "kv_request_id");
            Address holder = Params.address(prefiller, "remote_host", "remote_port", 0);
            return key == null || holder == null
                    ? new TransferLeg.Incomplete()
                    : new TransferLeg.Decode(Handoff.promised(Handoff.ANY_ENGINE, key, holder));
        }
        Handoff cached = source == null ? null : source(source);
        if (cached != null) {
            return new TransferLeg.Decode(cached);
        }
        return source == null ? new TransferLeg.Both() : new TransferLeg.Incomplete();
    }

    private static @Nullable Handoff source(ObjectNode source) {
        Address holder = Params.address(source, "remote_host", "remote_port", 0);
        return holder == null || Params.text(source, "kv_request_id") == null ? null : Handoff.cachedAt(holder);
    }

    @Override
    public boolean answersTell() {
        return false;
    }

    @Override
    public BlockMove move() {
        return BlockMove.LOOK_UP;
    }
}
