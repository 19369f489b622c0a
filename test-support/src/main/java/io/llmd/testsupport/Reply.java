package io.llmd.testsupport;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The scripted answer of a {@link FakeModelServer} to one request. Immutable: every method that changes something
 * returns a new reply.
 */
public final class Reply {

    /** How an answer breaks off. */
    public enum Cut {
        /** The connection is reset (RST). */
        RESET,
        /** The connection is closed (FIN) without the end of the HTTP message. */
        CLOSE,
        /** Nothing more is sent, the connection stays open. */
        STALL,
        /** The HTTP message ends properly, without the remaining pieces. */
        END
    }

    private final int status;
    private final Map<String, String> headers;
    private final boolean chunked;
    private final int pieces;
    private final IntFunction<byte[]> piece;
    private final Duration delay;
    private final Duration gap;
    private final boolean closing;
    private final int cutAfter;
    private final @Nullable Cut cut;
    private final boolean raw;

    private Reply(
            int status,
            Map<String, String> headers,
            boolean chunked,
            int pieces,
            IntFunction<byte[]> piece,
            Duration delay,
            Duration gap,
            boolean closing,
            int cutAfter,
            @Nullable Cut cut,
            boolean raw) {
        this.status = status;
        this.headers = headers;
        this.chunked = chunked;
        this.pieces = pieces;
        this.piece = piece;
        this.delay = delay;
        this.gap = gap;
        this.closing = closing;
        this.cutAfter = cutAfter;
        this.cut = cut;
        this.raw = raw;
    }

    /** A JSON answer of known length. */
    public static Reply json(int status, String body) {
        byte[] bytes = utf8(body);
        return of(status, Map.of("content-type", "application/json"), false, 1, i -> bytes);
    }

    /** A finished chat completion of one choice. */
    public static Reply chat(String text) {
        return json(200, """
                {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"sim-8b","choices":[{"index":0,\
                "message":{"role":"assistant","content":"%s"},"finish_reason":"stop"}],\
                "usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}""".formatted(text));
    }

    /** An error answer in the OpenAI shape. */
    public static Reply error(int status, String code) {
        return json(status, """
                {"error":{"message":"scripted","type":"scripted_error","param":null,"code":"%s"}}""".formatted(code));
    }

    /** A chat stream of the given pieces of text, a finish reason, a usage chunk and {@code [DONE]}. */
    public static Reply stream(String... texts) {
        return events(texts.length + 3, i -> event(i, texts.length, texts));
    }

    /** A chat stream of so many pieces of text {@code tN }, a finish reason, a usage chunk and {@code [DONE]}. */
    public static Reply stream(int count) {
        return events(count + 3, i -> i < count ? delta("t" + i + " ") : event(i, count));
    }

    /** A stream of the given lines, each one sent as {@code data: LINE} and an empty line. */
    public static Reply events(String... data) {
        return events(data.length, i -> utf8("data: " + data[i] + "\n\n"));
    }

    /** A stream of raw pieces, each one sent as a chunk of its own. */
    public static Reply events(int count, IntFunction<byte[]> piece) {
        return of(200, Map.of("content-type", "text/event-stream; charset=utf-8"), true, count, piece);
    }

    /** These very bytes instead of an HTTP answer; then the connection stays open unless {@link #closing()}. */
    public static Reply raw(String bytes) {
        byte[] content = bytes.getBytes(StandardCharsets.ISO_8859_1);
        return new Reply(0, Map.of(), false, 1, i -> content, Duration.ZERO, Duration.ZERO, false, -1, null, true);
    }

    /** No answer at all; the connection ends as said. */
    public static Reply none(Cut cut) {
        return new Reply(0, Map.of(), false, 0, i -> new byte[0], Duration.ZERO, Duration.ZERO, false, 0, cut, true);
    }

    private static Reply of(
            int status, Map<String, String> headers, boolean chunked, int pieces, IntFunction<byte[]> piece) {
        return new Reply(status, headers, chunked, pieces, piece, Duration.ZERO, Duration.ZERO, false, -1, null, false);
    }

    /** Adds or replaces a header of the answer. */
    public Reply header(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new Reply(status, more, chunked, pieces, piece, delay, gap, closing, cutAfter, cut, raw);
    }

    /** Leaves out a header that the answer would have. */
    public Reply withoutHeader(String name) {
        Map<String, String> fewer = new LinkedHashMap<>(headers);
        fewer.remove(name);
        return new Reply(status, fewer, chunked, pieces, piece, delay, gap, closing, cutAfter, cut, raw);
    }

    /** Waits before the head of the answer. */
    public Reply delay(Duration beforeHead) {
        return new Reply(status, headers, chunked, pieces, piece, beforeHead, gap, closing, cutAfter, cut, raw);
    }

    /** Waits between the pieces of the answer. */
    public Reply gap(Duration between) {
        return new Reply(status, headers, chunked, pieces, piece, delay, between, closing, cutAfter, cut, raw);
    }

    /** Says {@code connection: close} and closes after the answer. */
    public Reply closing() {
        return new Reply(status, headers, chunked, pieces, piece, delay, gap, true, cutAfter, cut, raw);
    }

    /** Breaks off after so many pieces; 0 means right after the head. */
    public Reply cutAfter(int pieceCount, Cut how) {
        return new Reply(status, headers, chunked, pieces, piece, delay, gap, closing, pieceCount, how, raw);
    }

    /** Sends everything but the last piece, which is {@code [DONE]} in a stream, and ends the HTTP message properly. */
    public Reply withoutDone() {
        return cutAfter(pieces - 1, Cut.END);
    }

    Duration delay() {
        return delay;
    }

    Duration gap() {
        return gap;
    }

    boolean isClosing() {
        return closing;
    }

    @Nullable
    Cut cut() {
        return cut;
    }

    /** Pieces that are really sent. */
    int sentPieces() {
        return cutAfter < 0 ? pieces : Math.min(cutAfter, pieces);
    }

    /** Head of the answer as it goes over the wire; empty for raw replies. */
    byte[] head() {
        if (raw) {
            return new byte[0];
        }
        StringBuilder head = new StringBuilder("HTTP/1.1 ").append(status).append(" Scripted\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        if (chunked) {
            head.append("transfer-encoding: chunked\r\n");
        } else if (!headers.containsKey("content-length")) {
            head.append("content-length: ").append(length()).append("\r\n");
        }
        if (closing) {
            head.append("connection: close\r\n");
        }
        return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** One piece as it goes over the wire. */
    byte[] wirePiece(int index) {
        byte[] content = piece.apply(index);
        if (!chunked) {
            return content;
        }
        byte[] size = utf8(Integer.toHexString(content.length) + "\r\n");
        byte[] wire = new byte[size.length + content.length + 2];
        System.arraycopy(size, 0, wire, 0, size.length);
        System.arraycopy(content, 0, wire, size.length, content.length);
        wire[wire.length - 2] = '\r';
        wire[wire.length - 1] = '\n';
        return wire;
    }

    /** What ends the HTTP message. */
    byte[] tail() {
        return chunked ? utf8("0\r\n\r\n") : new byte[0];
    }

    private int length() {
        int length = 0;
        for (int i = 0; i < pieces; i++) {
            length += piece.apply(i).length;
        }
        return length;
    }

    private static byte[] event(int index, int texts, String... text) {
        return switch (index - texts) {
            case 0 -> utf8("data: " + chunk("{}", "\"stop\"") + "\n\n");
            case 1 ->
                utf8("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,"
                        + "\"model\":\"sim-8b\",\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":"
                        + texts + ",\"total_tokens\":" + (7 + texts) + "}}\n\n");
            case 2 -> utf8("data: [DONE]\n\n");
            default -> delta(text[index]);
        };
    }

    private static byte[] delta(String text) {
        return utf8("data: " + chunk("{\"content\":\"" + text + "\"}", "null") + "\n\n");
    }

    private static String chunk(String delta, String finish) {
        return "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"sim-8b\","
                + "\"choices\":[{\"index\":0,\"delta\":" + delta + ",\"finish_reason\":" + finish + "}]}";
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return "Reply[" + status + ", pieces " + List.of(sentPieces(), pieces) + ", cut " + cut + "]";
    }
}
