package io.llmd.openai.stream;

import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.openai.ApiRoute;
import io.llmd.openai.StreamScanner;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * Relays server-sent events. Only whole events go out: the start of an event waits for its end, so that a stream that
 * breaks off leaves no half event before the error event. What waits is bounded by the scanner's bound on one event. The
 * last event of a complete stream may lack its blank line.
 */
public final class EventRelay implements Relay {

    private final StreamScanner scanner;
    private final ArrayDeque<ByteBuf> held = new ArrayDeque<>(2);
    private int heldBytes;
    private boolean ended;

    public EventRelay(ApiRoute route) {
        scanner = new StreamScanner(route);
    }

    @Override
    public void accept(ByteBuf bytes, Consumer<ByteBuf> out) {
        scanner.scan(bytes.nioBuffer());
        if (scanner.violation() != StreamScanner.Violation.NONE) {
            bytes.release();
            return;
        }
        int whole = scanner.wholeEventBytes();
        if (whole == 0) {
            hold(bytes);
            return;
        }
        sendHeld(out);
        if (whole == bytes.readableBytes()) {
            out.accept(bytes);
        } else {
            out.accept(bytes.readRetainedSlice(whole));
            hold(bytes);
        }
    }

    @Override
    public void end(Consumer<ByteBuf> out) {
        ended = true;
        scanner.endOfStream();
        if (scanner.isComplete() || scanner.hasErrorEvent()) {
            sendHeld(out);
        } else {
            discard();
        }
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
        return switch (scanner.violation()) {
            case EVENT_TOO_LARGE -> Defect.TOO_LARGE;
            case INVALID_EVENTS -> Defect.GARBAGE;
            case NONE -> ended && !scanner.isComplete() ? Defect.INCOMPLETE : Defect.NONE;
        };
    }

    @Override
    public boolean hasOwnError() {
        return scanner.hasErrorEvent();
    }

    @Override
    public TokenUsage usage() {
        return scanner.usage();
    }

    @Override
    public long contentEvents() {
        return scanner.contentEvents();
    }

    @Override
    public int skippedUsageMembers() {
        return scanner.skippedUsageMembers();
    }

    @Override
    public int invalidEvents() {
        return scanner.invalidEvents();
    }

    private void hold(ByteBuf bytes) {
        held.add(bytes);
        heldBytes += bytes.readableBytes();
    }

    private void sendHeld(Consumer<ByteBuf> out) {
        heldBytes = 0;
        for (ByteBuf bytes = held.poll(); bytes != null; bytes = held.poll()) {
            out.accept(bytes);
        }
    }
}
