package io.llmd.simulator.handoff;

import io.llmd.simulator.engine.MediaKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Embeddings of a media item that another endpoint has, as {@code ec_transfer_params} tell.
 *
 * @param item what they are of
 * @param holder where the holder's side channel listens
 * @param bytes size
 */
public record EmbeddingOffer(MediaKey item, Address holder, long bytes) {
    public EmbeddingOffer {
        Objects.requireNonNull(item, "item");
        Objects.requireNonNull(holder, "holder");
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes: " + bytes + " (expected: >= 0)");
        }
    }

    /** The offers for some items; what cannot be read is no offer, and the item is encoded here. */
    public static List<EmbeddingOffer> read(ObjectNode params, List<MediaKey> media) {
        List<EmbeddingOffer> offers = new ArrayList<>(media.size());
        for (MediaKey item : media) {
            EmbeddingOffer offer = read(item, params.get(item.hash()));
            if (offer != null) {
                offers.add(offer);
            }
        }
        return offers;
    }

    private static @Nullable EmbeddingOffer read(MediaKey item, @Nullable JsonNode entry) {
        if (!(entry instanceof ObjectNode fields)) {
            return null;
        }
        JsonNode host = fields.get("peer_host");
        JsonNode port = fields.get("peer_port");
        JsonNode size = fields.get("size_bytes");
        boolean complete = host != null
                && host.isString()
                && !host.stringValue().isBlank()
                && port != null
                && port.isInt()
                && port.intValue() > 0
                && port.intValue() <= 65_535
                && size != null
                && size.isIntegralNumber()
                && size.canConvertToLong()
                && size.longValue() >= 0;
        return complete
                ? new EmbeddingOffer(item, new Address(host.stringValue(), port.intValue()), size.longValue())
                : null;
    }
}
