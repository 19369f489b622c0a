package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.HeldBlocks;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes {@code kv_transfer_params} of a prefill leg's answer, in vLLM's order.
 *
 * @param holder where the side channel of the engine listens
 * @param generation which keys this version of vLLM has
 */
public record HandoffAnswer(EngineCard card, Address holder, Generation generation) {

    /**
     * What versions of vLLM differ in.
     *
     * @param groups whether blocks are listed for each group of KV caches; if not, there is one flat list
     * @param counts whether the tokens in the blocks are told
     * @param all whether the keys are there that came with context and pipeline parallelism and with pushing
     */
    public record Generation(boolean groups, boolean counts, boolean all) {

        /** The keys of a version. */
        public static Generation of(int major, int minor) {
            int version = major * 1000 + minor;
            return new Generation(version >= 17, version >= 17, version >= 24);
        }
    }

    /** The object for the blocks held for a request. */
    public ObjectNode write(String requestName, HeldBlocks held) {
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
        if (generation.all()) {
            params.put("dcp_size", 1).put("pp_size", 1);
        }
        if (generation.counts()) {
            params.put("remote_num_tokens", held.tokens());
        }
        if (generation.all()) {
            params.putNull("remote_blocks_expiry_time").put("transfer_mode", "pull");
        }
        return params;
    }
}
