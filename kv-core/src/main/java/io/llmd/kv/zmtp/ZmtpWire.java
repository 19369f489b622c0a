package io.llmd.kv.zmtp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Bytes of ZMTP 3.0 with the NULL mechanism. */
public final class ZmtpWire {

    static final int GREETING_BYTES = 64;

    public static final int MORE = 1;
    static final int LONG = 2;
    public static final int COMMAND = 4;
    static final int FLAGS = MORE | LONG | COMMAND;

    private static final int SIGNATURE_END = 9;
    private static final int MAJOR_AT = 10;
    private static final int MECHANISM_AT = 12;
    private static final int MECHANISM_BYTES = 20;
    private static final byte[] NULL_MECHANISM = Arrays.copyOf(ascii("NULL"), MECHANISM_BYTES);
    private static final byte[] SOCKET_TYPE = ascii("Socket-Type");
    private static final byte[] IDENTITY = ascii("Identity");
    private static final byte[] READY = ascii("READY");
    private static final byte[] PING = ascii("PING");
    private static final byte[] PONG = ascii("PONG");
    private static final byte[] ERROR = ascii("ERROR");

    private static final int TTL_BYTES = 2;
    private static final int MAX_CONTEXT_BYTES = 16;
    private static final int SUBSCRIBE = 1;
    private static final int MAX_SHORT = 255;

    /** Commands that matter to a reader. */
    public enum Command {
        READY,
        PING,
        ERROR,
        OTHER
    }

    private ZmtpWire() {}

    public static byte[] greeting() {
        byte[] greeting = new byte[GREETING_BYTES];
        greeting[0] = (byte) 0xFF;
        greeting[SIGNATURE_END - 1] = 1;
        greeting[SIGNATURE_END] = 0x7F;
        greeting[MAJOR_AT] = 3;
        System.arraycopy(NULL_MECHANISM, 0, greeting, MECHANISM_AT, MECHANISM_BYTES);
        return greeting;
    }

    /** Whether what has arrived of a greeting can still become one of a peer that speaks ZMTP 3 without security. */
    static boolean canBeGreeting(byte[] bytes, int from, int count) {
        return (count < 1 || bytes[from] == (byte) 0xFF)
                && (count <= SIGNATURE_END || (bytes[from + SIGNATURE_END] & 1) == 1)
                && (count <= MAJOR_AT || bytes[from + MAJOR_AT] >= 3)
                && (count < MECHANISM_AT + MECHANISM_BYTES
                        || Arrays.equals(
                                NULL_MECHANISM,
                                0,
                                MECHANISM_BYTES,
                                bytes,
                                from + MECHANISM_AT,
                                from + MECHANISM_AT + MECHANISM_BYTES));
    }

    public static byte[] ready(SocketKind kind) {
        byte[] type = ascii(kind.name());
        ByteBuffer body = ByteBuffer.allocate(MAX_SHORT);
        body.put((byte) READY.length).put(READY);
        property(body, SOCKET_TYPE, type);
        if (kind == SocketKind.DEALER || kind == SocketKind.ROUTER) {
            property(body, IDENTITY, new byte[0]);
        }
        return frame(COMMAND, Arrays.copyOf(body.array(), body.position()));
    }

    private static void property(ByteBuffer target, byte[] name, byte[] value) {
        target.put((byte) name.length).put(name).putInt(value.length).put(value);
    }

    /** A subscription as ZMTP 3.0 has it, which 3.1 publishers take too. */
    public static byte[] subscription(byte[] prefix) {
        byte[] body = new byte[1 + prefix.length];
        body[0] = SUBSCRIBE;
        System.arraycopy(prefix, 0, body, 1, prefix.length);
        return frame(0, body);
    }

    /** The request of a replay: an empty frame and the first wanted sequence number. */
    public static byte[] replayRequest(long sequence) {
        return ByteBuffer.allocate(12)
                .put((byte) MORE)
                .put((byte) 0)
                .put((byte) 0)
                .put((byte) Long.BYTES)
                .putLong(sequence)
                .array();
    }

    public static byte[] frame(int flags, byte[] body) {
        ByteBuffer frame = ByteBuffer.allocate(frameBytes(body));
        put(frame, flags, body);
        return frame.array();
    }

    /** A message of some frames, as one run of bytes. */
    public static byte[] message(byte[]... frames) {
        int size = 0;
        for (byte[] frame : frames) {
            size += frameBytes(frame);
        }
        ByteBuffer message = ByteBuffer.allocate(size);
        for (int i = 0; i < frames.length; i++) {
            put(message, i < frames.length - 1 ? MORE : 0, frames[i]);
        }
        return message.array();
    }

    private static int frameBytes(byte[] body) {
        return (body.length <= MAX_SHORT ? 2 : 1 + Long.BYTES) + body.length;
    }

    private static void put(ByteBuffer target, int flags, byte[] body) {
        if (body.length <= MAX_SHORT) {
            target.put((byte) flags).put((byte) body.length);
        } else {
            target.put((byte) (flags | LONG)).putLong(body.length);
        }
        target.put(body);
    }

    public static Command command(byte[] bytes, int from, int to) {
        if (isNamed(READY, bytes, from, to)) {
            return Command.READY;
        }
        if (isNamed(PING, bytes, from, to)) {
            return Command.PING;
        }
        return isNamed(ERROR, bytes, from, to) ? Command.ERROR : Command.OTHER;
    }

    private static boolean isNamed(byte[] name, byte[] bytes, int from, int to) {
        return to - from > name.length
                && bytes[from] == name.length
                && Arrays.equals(name, 0, name.length, bytes, from + 1, from + 1 + name.length);
    }

    /** The answer to a PING, which returns its context. */
    public static byte[] pong(byte[] bytes, int from, int to) {
        int context = Math.min(to, from + 1 + PING.length + TTL_BYTES);
        int count = Math.min(to - context, MAX_CONTEXT_BYTES);
        byte[] body = new byte[1 + PONG.length + count];
        body[0] = (byte) PONG.length;
        System.arraycopy(PONG, 0, body, 1, PONG.length);
        System.arraycopy(bytes, context, body, 1 + PONG.length, count);
        return frame(COMMAND, body);
    }

    /** The peer's socket type in a READY; null when it does not say, or the command is cut off. */
    public static @Nullable String socketType(byte[] bytes, int from, int to) {
        int at = from + 1 + READY.length;
        while (at < to) {
            int nameLength = bytes[at] & 0xFF;
            int valueAt = at + 1 + nameLength + Integer.BYTES;
            if (valueAt > to) {
                return null;
            }
            int length = ByteBuffer.wrap(bytes).getInt(valueAt - Integer.BYTES);
            if (length < 0 || length > to - valueAt) {
                return null;
            }
            if (equalsIgnoringCase(SOCKET_TYPE, bytes, at + 1, nameLength)) {
                return new String(bytes, valueAt, length, StandardCharsets.US_ASCII);
            }
            at = valueAt + length;
        }
        return null;
    }

    private static boolean equalsIgnoringCase(byte[] name, byte[] bytes, int from, int length) {
        return name.length == length
                && new String(name, StandardCharsets.US_ASCII)
                        .equalsIgnoreCase(new String(bytes, from, length, StandardCharsets.US_ASCII));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
