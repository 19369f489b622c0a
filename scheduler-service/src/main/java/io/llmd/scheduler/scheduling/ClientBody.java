package io.llmd.scheduler.scheduling;

import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * A request body as the client sent it.
 *
 * @param path path of the client request
 * @param bytes the bytes between position and limit; read-only, valid until the decision is there
 */
public record ClientBody(String path, ByteBuffer bytes) {
    public ClientBody {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(bytes, "bytes");
    }

    /** A copy that stays valid. */
    public byte[] copy() {
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return copy;
    }
}
