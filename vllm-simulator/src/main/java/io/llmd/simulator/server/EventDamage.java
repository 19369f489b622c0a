package io.llmd.simulator.server;

import io.llmd.simulator.fault.RequestFault;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes the bytes of one answer wrong. Not thread-safe. */
final class EventDamage {
    private static final int PIECE = 7;
    private static final byte[] HALF_EURO_SIGN = {(byte) 0xE2, (byte) 0x82};
    private static final byte[] END_OF_EVENT = {'\n', '\n'};

    private final RequestFault.Garbage garbage;
    private int events;

    EventDamage(RequestFault.Garbage garbage) {
        this.garbage = garbage;
    }

    /** The pieces in which events of a stream leave. */
    List<byte[]> pieces(CharSequence text) {
        List<byte[]> pieces = new ArrayList<>();
        String rest = text.toString();
        while (!rest.isEmpty()) {
            int end = rest.indexOf("\n\n");
            int length = end < 0 ? rest.length() : end + 2;
            addPieces(pieces, rest.substring(0, length).getBytes(StandardCharsets.UTF_8));
            rest = rest.substring(length);
        }
        return pieces;
    }

    private void addPieces(List<byte[]> pieces, byte[] event) {
        events++;
        if (events < garbage.event()) {
            pieces.add(event);
            return;
        }
        switch (garbage.damage()) {
            case BROKEN_JSON -> pieces.add(events == garbage.event() ? joined(half(event), END_OF_EVENT) : event);
            case HALF_CHARACTER -> pieces.add(events == garbage.event() ? withHalfCharacter(event) : event);
            case ODD_SPLIT -> {
                for (int from = 0; from < event.length; from += PIECE) {
                    pieces.add(Arrays.copyOfRange(event, from, Math.min(from + PIECE, event.length)));
                }
            }
        }
    }

    /** The body of a complete answer. */
    byte[] body(byte[] body) {
        return switch (garbage.damage()) {
            case BROKEN_JSON -> half(body);
            case HALF_CHARACTER -> withHalfCharacter(body);
            case ODD_SPLIT -> body;
        };
    }

    private static byte[] half(byte[] bytes) {
        return Arrays.copyOf(bytes, bytes.length / 2);
    }

    /** In front of the end of the first string that is a value. */
    private static byte[] withHalfCharacter(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int start = text.indexOf(":\"");
        int end = start < 0 ? -1 : text.indexOf('"', start + 2);
        int at = end < 0 ? bytes.length / 2 : end;
        return joined(joined(Arrays.copyOf(bytes, at), HALF_EURO_SIGN), Arrays.copyOfRange(bytes, at, bytes.length));
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] joined = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, joined, first.length, second.length);
        return joined;
    }
}
