package io.llmd.autoscaler.collector;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * A replica.
 *
 * @param id unlike that of any other, and of an earlier one in its place
 * @param variant {@code namespace/name} of its variant
 * @param page its metrics page; null while it has none
 * @param phase what is known of it beside that page
 */
public record Replica(String id, String variant, @Nullable URI page, Phase phase) {

    /** How far a replica is. */
    public enum Phase {
        /** Nobody says: it serves once its page can be read. */
        UNKNOWN,
        STARTING,
        SERVING,
        /** It has started again and again. */
        FAILING
    }

    /** A replica of which only the page tells. */
    public Replica(String id, String variant, URI page) {
        this(id, variant, page, Phase.UNKNOWN);
    }
}
