package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.MediaKey;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes {@code ec_transfer_params} of an encoding endpoint's answer.
 *
 * @param holder where the side channel of the endpoint listens
 * @param hidden width of an embedding
 * @param agent what older versions tell of their transfer agent; absent for the keys of newer ones
 */
public record EmbeddingAnswer(
        Address holder, int hidden, @Nullable String agent) {
    private static final int VALUE_BYTES = 2;

    /** The object for the media of a prompt, one entry for each hash. */
    public ObjectNode write(List<MediaKey> media) {
        ObjectNode params = JsonNodeFactory.instance.objectNode();
        for (int i = 0; i < media.size(); i++) {
            MediaKey item = media.get(i);
            if (params.get(item.hash()) instanceof ObjectNode again) {
                if (agent == null) {
                    again.withArray("item_indices").add(i);
                }
            } else {
                write(params.putObject(item.hash()), item, i);
            }
        }
        return params;
    }

    private void write(ObjectNode entry, MediaKey item, int index) {
        if (agent == null) {
            entry.putArray("item_indices").add(index);
            entry.putObject("metadata");
        }
        entry.put("peer_host", holder.host())
                .put("peer_port", holder.port())
                .put("size_bytes", (long) item.length() * hidden * VALUE_BYTES);
        if (agent == null) {
            entry.putArray("shape").add(item.length()).add(hidden);
        } else {
            entry.put(
                    "nixl_agent_metadata_b64",
                    Base64.getEncoder().encodeToString(agent.getBytes(StandardCharsets.UTF_8)));
        }
    }
}
