package io.llmd.launcher.bench;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Where events of an {@link EndpointStub} say which one of their stream they are and when they were due: the first bytes of
 * their text, in hexadecimal digits. The rest of an event is as {@link Payloads#event} makes it.
 */
final class EventStamp {

    /** Digits of the number. */
    static final int NUMBER_DIGITS = 4;

    /** Digits of the time. */
    static final int TIME_DIGITS = 16;

    private static final String BEFORE = "\"content\":\"";
    private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    /** First byte of the stamp in an event. */
    static final int BEGIN =
            new String(Payloads.event(false), StandardCharsets.US_ASCII).indexOf(BEFORE) + BEFORE.length();

    /** First byte after it. */
    static final int END = BEGIN + NUMBER_DIGITS + TIME_DIGITS;

    private EventStamp() {}

    /**
     * Stamps an event.
     *
     * @param event index of its first byte
     * @param number from 0, below 65,536
     * @param dueNanos of {@link System#nanoTime}
     */
    static void write(ByteBuf in, int event, int number, long dueNanos) {
        digits(in, event + BEGIN, number, NUMBER_DIGITS);
        digits(in, event + BEGIN + NUMBER_DIGITS, dueNanos, TIME_DIGITS);
    }

    private static void digits(ByteBuf in, int at, long value, int count) {
        for (int i = 0; i < count; i++) {
            in.setByte(at + i, DIGITS[(int) (value >>> 4 * (count - 1 - i)) & 15]);
        }
    }
}
