package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.HeldBlocks;
import java.util.OptionalInt;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes {@code kv_transfer_params} of a prefill leg's answer, in vLLM's order.
 *
 * @param holder where the side channel of the engine listens
 * @param generation which keys this version of vLLM has
 * @param move how blocks get to the decode leg, as newer versions tell it
 */
public record HandoffAnswer(EngineCard card, Address holder, Generation generation, BlockMove move) {

    /**
     * What versions of vLLM differ in.
     *
     * @param groups whether blocks are listed for each group of KV caches; if not, there is one flat list
     * @param counts whether the tokens in the blocks are told
     * @param parallelism whether the keys are there that came with context and pipeline parallelism, and with pushing
     * @param cached whether cached tokens are told, which the other endpoint reports as its own
     */
    public record Generation(boolean groups, boolean counts, boolean parallelism, boolean cached) {}

    /**
     * The object for the blocks held for a request.
     *
     * @param cachedTokens prompt tokens that were cached; absent if the request did more than prefill
     */
    public ObjectNode write(String requestName, HeldBlocks held, OptionalInt cachedTokens) {
        ObjectNode params = JsonNodeFactory.instance
                .objectNode()
                .put("do_remote_prefill", true)
                .put("do_remote_decode", false);
        ArrayNode list = params.putArray("remote_block_ids");
        ArrayNode blocks = generation.groups() ? list.addArray() : list;
        for (int block : held.blocks()) {
            blocks.add(block);
        }
        params.put("remote_engine_id", card.engineId())
                .put("remote_request_id", requestName)
                .put("remote_host", holder.host())
                .put("remote_port", holder.port())
                .put("tp_size", card.tensorParallel());
        if (generation.parallelism()) {
            params.put("dcp_size", 1).put("pp_size", 1);
        }
        if (generation.counts()) {
            params.put("remote_num_tokens", held.tokens());
        }
        if (generation.parallelism()) {
            params.putNull("remote_blocks_expiry_time").put("transfer_mode", move == BlockMove.PUSH ? "push" : "pull");
        }
        if (generation.cached() && cachedTokens.isPresent()) {
            params.put("remote_prefill_cached_tokens", cachedTokens.getAsInt());
        }
        return params;
    }
}
