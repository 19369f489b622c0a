package io.llmd.scheduler.api.http;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

/** The bytes of a body. */
final class BodyBytes {

    private BodyBytes() {}

    /** Copies the bytes and releases the buffer. */
    static byte[] of(DataBuffer buffer) {
        try {
            byte[] bytes = new byte[buffer.readableByteCount()];
            buffer.read(bytes);
            return bytes;
        } finally {
            DataBufferUtils.release(buffer);
        }
    }
}
