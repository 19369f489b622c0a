package io.llmd.openai.stream;

import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.openai.UsageReader;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * Relays an answer that is no stream. A small one is held until it is complete, so that an endpoint that breaks off
 * still becomes a proper error; a larger one goes out as it comes.
 */
public final class BodyRelay implements Relay {

    private final UsageReader usage = new UsageReader();
    private final ArrayDeque<ByteBuf> held = new ArrayDeque<>(4);
    private final int holdBytes;
    private final long maxBytes;
    private int heldBytes;
    private long totalBytes;
    private boolean flowing;

    /**
     * @param holdBytes answers up to this size are held until they are complete
     * @param maxBytes answers beyond this size are a defect
     */
    public BodyRelay(int holdBytes, long maxBytes) {
        this.holdBytes = holdBytes;
        this.maxBytes = maxBytes;
    }

    @Override
    public void accept(ByteBuf bytes, Consumer<ByteBuf> out) {
        totalBytes += bytes.readableBytes();
        if (totalBytes > maxBytes) {
            bytes.release();
            return;
        }
        usage.scan(bytes.nioBuffer());
        if (flowing) {
            out.accept(bytes);
            return;
        }
        held.add(bytes);
        heldBytes += bytes.readableBytes();
        if (heldBytes > holdBytes) {
            flowing = true;
            sendHeld(out);
        }
    }

    @Override
    public void end(Consumer<ByteBuf> out) {
        sendHeld(out);
    }

    @Override
    public void discard() {
        for (ByteBuf bytes = held.poll(); bytes != null; bytes = held.poll()) {
            bytes.release();
        }
        heldBytes = 0;
    }

    @Override
    public int heldBytes() {
        return heldBytes;
    }

    @Override
    public Defect defect() {
        return totalBytes > maxBytes ? Defect.TOO_LARGE : Defect.NONE;
    }

    @Override
    public boolean hasOwnError() {
        return false;
    }

    @Override
    public TokenUsage usage() {
        return usage.usage();
    }

    @Override
    public long contentEvents() {
        return 0;
    }

    @Override
    public int skippedUsageMembers() {
        return usage.skippedUsageMembers();
    }

    @Override
    public int invalidEvents() {
        return 0;
    }

    private void sendHeld(Consumer<ByteBuf> out) {
        heldBytes = 0;
        for (ByteBuf bytes = held.poll(); bytes != null; bytes = held.poll()) {
            out.accept(bytes);
        }
    }
}
