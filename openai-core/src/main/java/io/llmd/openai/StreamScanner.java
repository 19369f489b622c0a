package io.llmd.openai;

import io.llmd.contracts.schedule.TokenUsage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Watches the events of one streamed answer go by: counts them, sees the end marker, reads usage and finish reason, and
 * knows whether an event is cut. The bytes may come in any pieces, with LF, CRLF or CR at the ends of lines. Not
 * thread-safe; allocates nothing while scanning.
 *
 * @implNote Lines are found first; the JSON of data lines is followed by {@link AnswerJson}. Generated text that looks
 *     like an end marker, or that holds the word {@code usage}, is inside a JSON string and never seen as either.
 */
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

    private static final int MAX_INVALID_EVENTS = 3;
    private static final int SCRATCH_BYTES = 4 << 10;
    private static final byte[] DATA = ascii("data");
    private static final byte[] EVENT = ascii("event");
    private static final byte[] DONE = ascii("[DONE]");
    private static final byte[] COMPLETED = ascii("response.completed");
    private static final byte[] INCOMPLETE = ascii("response.incomplete");
    private static final byte[] FAILED = ascii("response.failed");
    private static final byte[] MESSAGE_STOP = ascii("message_stop");
    private static final byte[] ERROR = ascii("error");
    private static final byte[] LINE_BREAK = {'\n'};

    /** What the current line is, as far as it has been read. */
    private enum Line {
        FIELD_NAME,
        DATA,
        EVENT,
        COMMENT,
        OTHER
    }

    /** What the data of the current event is. */
    private enum Payload {
        NONE,
        JSON,
        MARKER
    }

    private final boolean typedEvents;
    private final int maxEventBytes;
    private final AnswerJson json = new AnswerJson();
    private final byte[] fieldName = new byte[EVENT.length + 1];
    private final byte[] eventName = new byte[INCOMPLETE.length + 1];
    private byte @Nullable [] scratch;

    private Line line = Line.FIELD_NAME;
    private int fieldNameLength;
    private boolean valueBegun;
    private long lineBytes;
    private boolean afterCarriageReturn;

    private Payload payload = Payload.NONE;
    private int eventNameLength;
    private int markerLength;
    private boolean markerMatches;
    private long eventBytes;
    private int eventLines;

    private long events;
    private long contentEvents;
    private int invalidEvents;
    private boolean complete;
    private boolean errorEvent;
    private Violation violation = Violation.NONE;
    private int wholeEventBytes;

    /** A scanner for the answer to a request on {@code route}. */
    public StreamScanner(ApiRoute route) {
        this(route, MAX_EVENT_BYTES);
    }

    /** A scanner with a bound of its own on the size of one event. */
    public StreamScanner(ApiRoute route, int maxEventBytes) {
        if (maxEventBytes < 1) {
            throw new IllegalArgumentException("maxEventBytes: " + maxEventBytes + " (expected: > 0)");
        }
        this.typedEvents = route == ApiRoute.RESPONSES || route == ApiRoute.MESSAGES;
        this.maxEventBytes = maxEventBytes;
    }

    /** Takes the next bytes of the answer. */
    public void scan(byte[] bytes, int offset, int length) {
        wholeEventBytes = 0;
        scan(bytes, offset, length, 0);
    }

    /** Takes the remaining bytes of a buffer, whose position does not move; heap or direct. */
    public void scan(ByteBuffer bytes) {
        wholeEventBytes = 0;
        if (bytes.hasArray()) {
            scan(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining(), 0);
            return;
        }
        byte[] copy = scratch;
        if (copy == null) {
            copy = new byte[SCRATCH_BYTES];
            scratch = copy;
        }
        for (int done = 0; done < bytes.remaining(); done += copy.length) {
            int length = Math.min(copy.length, bytes.remaining() - done);
            bytes.get(bytes.position() + done, copy, 0, length);
            scan(copy, 0, length, done);
        }
    }

    /** Says that no more bytes will come: an event that lacks only its blank line counts as sent. */
    public void endOfStream() {
        if (violation == Violation.NONE) {
            if (lineBytes > 0) {
                endLine();
            }
            endEvent();
        }
    }

    private void scan(byte[] bytes, int offset, int length, int base) {
        int to = offset + length;
        int i = offset;
        while (i < to && violation == Violation.NONE) {
            int lineEnd = JsonBytes.indexOfLineEnd(bytes, i, to);
            if (lineEnd > i) {
                afterCarriageReturn = false;
                inLine(bytes, i, lineEnd);
            }
            if (lineEnd == to || violation != Violation.NONE) {
                return;
            }
            boolean isSecondOfPair = bytes[lineEnd] == '\n' && afterCarriageReturn;
            afterCarriageReturn = bytes[lineEnd] == '\r';
            if (!isSecondOfPair) {
                endLineOrEvent();
            }
            i = lineEnd + 1;
            if (eventLines == 0) {
                wholeEventBytes = base + i - offset;
            }
        }
    }

    private void inLine(byte[] bytes, int from, int to) {
        lineBytes += to - from;
        if (line != Line.COMMENT && eventBytes + lineBytes > maxEventBytes || lineBytes > maxEventBytes) {
            violation = Violation.EVENT_TOO_LARGE;
            return;
        }
        int i = from;
        while (line == Line.FIELD_NAME && i < to) {
            inFieldName(bytes[i++]);
        }
        if (i < to && !valueBegun) {
            valueBegun = true;
            i += bytes[i] == ' ' ? 1 : 0;
        }
        if (line == Line.DATA && i < to) {
            inData(bytes, i, to);
        } else if (line == Line.EVENT) {
            while (i < to) {
                inEventName(bytes[i++]);
            }
        }
    }

    private void inFieldName(byte b) {
        if (b != ':') {
            if (fieldNameLength < fieldName.length) {
                fieldName[fieldNameLength++] = b;
            }
            return;
        }
        if (fieldNameLength == 0) {
            line = Line.COMMENT;
        } else {
            line = fieldIs(DATA) ? Line.DATA : fieldIs(EVENT) ? Line.EVENT : Line.OTHER;
        }
    }

    private void inEventName(byte b) {
        if (eventNameLength < eventName.length) {
            eventName[eventNameLength++] = b;
        }
    }

    private void inData(byte[] bytes, int from, int to) {
        if (payload == Payload.NONE) {
            if (bytes[from] == '[') {
                payload = Payload.MARKER;
                markerLength = 0;
                markerMatches = true;
            } else {
                payload = Payload.JSON;
                json.beginObject();
            }
        }
        if (payload == Payload.JSON) {
            json.scan(bytes, from, to);
            return;
        }
        for (int i = from; i < to; i++) {
            if (markerLength < DONE.length) {
                markerMatches &= bytes[i] == DONE[markerLength++];
            } else {
                markerMatches &= JsonBytes.isWhitespace(bytes[i]);
            }
        }
    }

    private void endLineOrEvent() {
        if (lineBytes == 0) {
            endEvent();
        } else {
            endLine();
        }
    }

    private void endLine() {
        if (line != Line.COMMENT) {
            eventBytes += lineBytes;
        }
        if (payload == Payload.JSON) {
            json.scan(LINE_BREAK, 0, 1);
        }
        eventLines++;
        line = Line.FIELD_NAME;
        fieldNameLength = 0;
        valueBegun = false;
        lineBytes = 0;
    }

    private void endEvent() {
        switch (payload) {
            case NONE -> {}
            case MARKER -> endMarker();
            case JSON -> endJson();
        }
        payload = Payload.NONE;
        eventNameLength = 0;
        eventBytes = 0;
        eventLines = 0;
    }

    private void endMarker() {
        if (markerMatches && markerLength == DONE.length) {
            complete |= !typedEvents;
        } else {
            events++;
            countInvalid();
        }
    }

    private void endJson() {
        events++;
        if (!json.isWhole()) {
            countInvalid();
            return;
        }
        if (json.hasContent()) {
            contentEvents++;
        }
        errorEvent |= json.hasError() || is(ERROR);
        if (typedEvents) {
            boolean failed = is(FAILED);
            errorEvent |= failed;
            complete |= failed || is(COMPLETED) || is(INCOMPLETE) || is(MESSAGE_STOP);
        }
    }

    private void countInvalid() {
        if (++invalidEvents >= MAX_INVALID_EVENTS) {
            violation = Violation.INVALID_EVENTS;
        }
    }

    /** Whether the current event is of a type, by its name or by member {@code type}. */
    private boolean is(byte[] type) {
        return equal(eventName, eventNameLength, type) || typedEvents && json.isType(type);
    }

    private boolean fieldIs(byte[] name) {
        return equal(fieldName, fieldNameLength, name);
    }

    /** Data events so far, the end marker not counted. */
    public long events() {
        return events;
    }

    /** Data events so far that carried generated text, reasoning or tool calls. */
    public long contentEvents() {
        return contentEvents;
    }

    /** Data events so far that were no JSON objects. */
    public int invalidEvents() {
        return invalidEvents;
    }

    /** Usage members of a wrong type so far. */
    public int skippedUsageMembers() {
        return json.skippedUsageMembers();
    }

    /** Whether the end marker has been seen: {@code [DONE]}, or the Responses API's last event. */
    public boolean isComplete() {
        return complete;
    }

    /** Whether the endpoint has sent an error event of its own. */
    public boolean hasErrorEvent() {
        return errorEvent;
    }

    /** Why the relay has to end, if it has to; bytes after a violation are not looked at. */
    public Violation violation() {
        return violation;
    }

    /** Tokens as the endpoint counted them so far. */
    public TokenUsage usage() {
        return json.usage();
    }

    /** The last finish reason so far; the Responses API's final status. */
    public @Nullable String finishReason() {
        return json.finishReason();
    }

    /**
     * Length of the leading part of the last scanned bytes that ends with a whole event; 0 when there is none. A relay
     * that sends no more than this never cuts an event.
     */
    public int wholeEventBytes() {
        return wholeEventBytes;
    }

    private static boolean equal(byte[] bytes, int length, byte[] expected) {
        if (length != expected.length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (bytes[i] != expected[i]) {
                return false;
            }
        }
        return true;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
