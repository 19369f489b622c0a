package io.llmd.testsupport;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPInputStream;

/** Takes OTLP over HTTP on a real socket and keeps the bodies. Names in protobuf are plain UTF-8. */
public final class OtlpReceiver implements AutoCloseable {

    /**
     * A span.
     *
     * @param traceId in hexadecimal, as the others
     * @param parentId empty for one without a parent
     */
    public record ReceivedSpan(String traceId, String spanId, String parentId, String name) {}

    private final HttpServer server;
    private final List<byte[]> bodies = new CopyOnWriteArrayList<>();

    /** On a free port of the loopback address. */
    public OtlpReceiver() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/traces", exchange -> {
            byte[] raw = exchange.getRequestBody().readAllBytes();
            bodies.add("gzip".equals(exchange.getRequestHeaders().getFirst("content-encoding")) ? unzip(raw) : raw);
            exchange.getResponseHeaders().set("content-type", "application/x-protobuf");
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
    }

    private static byte[] unzip(byte[] raw) throws IOException {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(raw))) {
            return in.readAllBytes();
        }
    }

    /** Address for exporters. */
    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** All that came, byte for byte. */
    public String text() {
        StringBuilder text = new StringBuilder();
        bodies.forEach(body -> text.append(new String(body, StandardCharsets.ISO_8859_1)));
        return text.toString();
    }

    /** All spans that came. */
    public List<ReceivedSpan> spans() {
        List<ReceivedSpan> spans = new ArrayList<>();
        for (byte[] body : bodies) {
            for (Message resource : new Message(body, 0, body.length).messages(1)) {
                for (Message scope : resource.messages(2)) {
                    for (Message span : scope.messages(2)) {
                        spans.add(new ReceivedSpan(
                                span.hex(1),
                                span.hex(2),
                                span.hex(4),
                                new String(span.bytes(5), StandardCharsets.UTF_8)));
                    }
                }
            }
        }
        return spans;
    }

    @Override
    public void close() {
        server.stop(0);
    }

    /** Fields of a protobuf message by number; those with a length only. */
    private record Message(byte[] bytes, int from, int to) {

        private static final int VARINT = 0;
        private static final int EIGHT_BYTES = 1;
        private static final int LENGTH = 2;

        List<Message> messages(int number) {
            List<Message> found = new ArrayList<>();
            int[] at = {from};
            while (at[0] < to) {
                long tag = varint(at);
                switch ((int) (tag & 7)) {
                    case VARINT -> varint(at);
                    case EIGHT_BYTES -> at[0] += 8;
                    case LENGTH -> {
                        int length = (int) varint(at);
                        if (tag >>> 3 == number) {
                            found.add(new Message(bytes, at[0], at[0] + length));
                        }
                        at[0] += length;
                    }
                    default -> at[0] += 4;
                }
            }
            return found;
        }

        private long varint(int[] at) {
            long value = 0;
            int shift = 0;
            byte next;
            do {
                next = bytes[at[0]++];
                value |= (long) (next & 0x7f) << shift;
                shift += 7;
            } while (next < 0);
            return value;
        }

        byte[] bytes(int number) {
            List<Message> found = messages(number);
            if (found.isEmpty()) {
                return new byte[0];
            }
            Message last = found.getLast();
            return Arrays.copyOfRange(bytes, last.from(), last.to());
        }

        String hex(int number) {
            return HexFormat.of().formatHex(bytes(number));
        }
    }
}
