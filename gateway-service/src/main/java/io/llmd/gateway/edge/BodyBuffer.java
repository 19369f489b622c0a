package io.llmd.gateway.edge;

import io.llmd.openai.PlainText;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The body of one request in one array. An announced length is reserved at once when it is small; larger bodies grow as
 * they arrive, so that an announcement alone costs nothing. Not thread-safe.
 */
final class BodyBuffer {

    private static final int RESERVE_BYTES = 1 << 20;
    private static final int FIRST_BYTES = 8 << 10;
    /** What is smaller stays in the processor's cache until it is read. */
    private static final int SCANNED_BYTES = 32 << 10;

    private final int announced;
    private final int maxBytes;
    private final AtomicLong heldBytes;
    private final PlainText plain = new PlainText();
    private byte[] bytes;
    private int length;

    /**
     * @param announced length of the body, -1 when unknown
     * @param maxBytes length that is too long
     * @param heldBytes sum over all requests, kept up to date
     */
    BodyBuffer(long announced, int maxBytes, AtomicLong heldBytes) {
        this.announced = (int) Math.min(announced, maxBytes);
        this.maxBytes = maxBytes;
        this.heldBytes = heldBytes;
        this.bytes = new byte[this.announced < 0 ? FIRST_BYTES : Math.min(this.announced, RESERVE_BYTES)];
        heldBytes.addAndGet(bytes.length);
    }

    /** Adds a part and says whether the body is still within its limit. */
    boolean append(ByteBuf part) {
        int size = part.readableBytes();
        if (size > maxBytes - length) {
            return false;
        }
        if (length + size > bytes.length) {
            grow(length + size);
        }
        part.readBytes(bytes, length, size);
        length += size;
        if (bytes.length >= SCANNED_BYTES) {
            plain.scan(bytes, length - size, length);
        }
        return true;
    }

    private void grow(int needed) {
        long doubled = Math.max(needed, bytes.length * 2L);
        int bound = announced >= needed ? announced : maxBytes;
        byte[] larger = Arrays.copyOf(bytes, (int) Math.min(doubled, bound));
        heldBytes.addAndGet(larger.length - bytes.length);
        bytes = larger;
    }

    byte[] array() {
        return bytes;
    }

    /** What is known of the array. */
    PlainText plainText() {
        return plain;
    }

    int length() {
        return length;
    }

    /** Lets the bytes go; may be called more than once. */
    void release() {
        heldBytes.addAndGet(-bytes.length);
        bytes = new byte[0];
        length = 0;
    }
}
