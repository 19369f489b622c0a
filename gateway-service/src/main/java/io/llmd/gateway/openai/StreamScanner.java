package io.llmd.gateway.openai;

import io.llmd.contracts.schedule.TokenUsage;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Watches the events of one streamed answer go by. Not thread-safe. */
public final class StreamScanner {

    /** What an endpoint did that ends the relay. */
    public enum Violation {
        /** All is well. */
        NONE,
        /** One event is larger than the bound. */
        EVENT_TOO_LARGE,
        /** Three events were no JSON objects. */
        INVALID_EVENTS
    }

    /** Bound on one event in bytes. */
    public static final int MAX_EVENT_BYTES = 1 << 20;

    public StreamScanner(ApiRoute route) {
        this(route, MAX_EVENT_BYTES);
    }

    public StreamScanner(ApiRoute route, int maxEventBytes) {}

    /** Takes the next bytes of the answer. */
    public void scan(byte[] bytes, int offset, int length) {}

    /** Takes the remaining bytes of a buffer, whose position does not move; heap or direct. */
    public void scan(ByteBuffer bytes) {}

    /** Data events so far, the end marker not counted. */
    public long events() {
        return 0;
    }

    /** Data events so far that carried generated text, reasoning or tool calls. */
    public long contentEvents() {
        return 0;
    }

    /** Data events so far that were no JSON objects. */
    public int invalidEvents() {
        return 0;
    }

    /** Usage members of a wrong type so far. */
    public int skippedUsageMembers() {
        return 0;
    }

    /** Whether the end marker has been seen: {@code [DONE]}, or the Responses API's last event. */
    public boolean isComplete() {
        return false;
    }

    /** Whether the endpoint has sent an error event of its own. */
    public boolean hasErrorEvent() {
        return false;
    }

    /** Why the relay has to end, if it has to; bytes after a violation are not looked at. */
    public Violation violation() {
        return Violation.NONE;
    }

    /** Tokens as the endpoint counted them so far. */
    public TokenUsage usage() {
        return TokenUsage.UNKNOWN;
    }

    /** The last finish reason so far. */
    public @Nullable String finishReason() {
        return null;
    }

    /** Whether the bytes so far end inside an event, so that an event appended now needs line breaks before it. */
    public boolean needsNewlineBeforeEvent() {
        return false;
    }

    /** The bytes to send between what was scanned and an event of our own: none, one or two line breaks. */
    public byte[] separatorBeforeEvent() {
        return new byte[0];
    }

    /**
     * Length of the leading part of the last scanned bytes that ends with a whole event; 0 when there is none. A relay
     * that sends no more than this never cuts an event.
     */
    public int wholeEventBytes() {
        return 0;
    }
}
