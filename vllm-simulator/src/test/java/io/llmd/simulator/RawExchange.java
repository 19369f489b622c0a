package io.llmd.simulator;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What one request brings on a connection of its own, byte by byte.
 *
 * @param bytes all that came, as ISO 8859-1
 * @param end what the connection did after them
 * @param nanos until then
 */
record RawExchange(String bytes, End end, long nanos) {
    private static final int SILENCE_MILLIS = 400;
    private static final int FIRST_BYTE_MILLIS = 10_000;
    private static final int NO_BYTE_MILLIS = 1_000;

    /** What a connection does after the last byte. */
    enum End {
        /** The answer is complete, and the connection took another request. */
        KEPT,
        /** The answer is complete by what its head tells, and further bytes of it followed. */
        OVERRUN,
        CLOSED,
        RESET,
        SILENT
    }

    /** Sends a JSON body. */
    static RawExchange post(int port, String path, String body, String... headerLines) throws IOException {
        return send(port, request(path, body, headerLines), FIRST_BYTE_MILLIS);
    }

    /** Sends a JSON body that nothing is to come back for, and waits less long for it. */
    static RawExchange postInVain(int port, String path, String body, String... headerLines) throws IOException {
        return send(port, request(path, body, headerLines), NO_BYTE_MILLIS);
    }

    private static String request(String path, String body, String... headerLines) {
        StringBuilder request = new StringBuilder("POST " + path + " HTTP/1.1\r\nHost: x\r\n"
                + "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n");
        for (String line : headerLines) {
            request.append(line).append("\r\n");
        }
        return request.append("\r\n").append(body).toString();
    }

    static RawExchange get(int port, String path) throws IOException {
        return send(port, "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n", FIRST_BYTE_MILLIS);
    }

    private static RawExchange send(int port, String request, int firstByteMillis) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 5_000);
            socket.setSoTimeout(firstByteMillis);
            long start = System.nanoTime();
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            End end = read(socket, bytes);
            return new RawExchange(text(bytes), end, System.nanoTime() - start);
        }
    }

    private static End read(Socket socket, ByteArrayOutputStream bytes) throws IOException {
        byte[] buffer = new byte[4096];
        while (true) {
            int read;
            try {
                read = socket.getInputStream().read(buffer);
            } catch (SocketTimeoutException e) {
                return End.SILENT;
            } catch (SocketException e) {
                return End.RESET;
            }
            if (read < 0) {
                return End.CLOSED;
            }
            bytes.write(buffer, 0, read);
            int missing = missing(text(bytes));
            if (missing <= 0) {
                return missing < 0 ? End.OVERRUN : afterAnswer(socket);
            }
            socket.setSoTimeout(SILENCE_MILLIS);
        }
    }

    /** Whether a complete answer is followed by another one, if it is asked for. */
    private static End afterAnswer(Socket socket) throws IOException {
        socket.getOutputStream().write("GET /version HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        byte[] head = socket.getInputStream().readNBytes("HTTP/1.1 200 OK".length());
        return new String(head, StandardCharsets.ISO_8859_1).equals("HTTP/1.1 200 OK") ? End.KEPT : End.OVERRUN;
    }

    /** Bytes that the answer lacks by what its head tells; more than its end if negative. */
    private static int missing(String answer) {
        int head = answer.indexOf("\r\n\r\n");
        if (head < 0) {
            return 1;
        }
        String lines = answer.substring(0, head).toLowerCase(Locale.ROOT);
        if (lines.contains("transfer-encoding: chunked")) {
            return answer.endsWith("\r\n0\r\n\r\n") ? 0 : 1;
        }
        int length = lines.indexOf("content-length: ");
        int told = length < 0
                ? 0
                : Integer.parseInt(
                        lines.substring(length + 16).lines().findFirst().orElse("0"));
        return head + 4 + told - answer.length();
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    String statusLine() {
        return bytes.lines().findFirst().orElse("");
    }

    /** The value of a header of the answer; empty if there is none. */
    String header(String name) {
        return bytes.lines()
                .takeWhile(line -> !line.isEmpty())
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ": "))
                .map(line -> line.substring(name.length() + 2))
                .findFirst()
                .orElse("");
    }

    /** The body without its framing, with ids of models and times replaced. */
    String body() {
        int head = bytes.indexOf("\r\n\r\n");
        if (head < 0) {
            return "";
        }
        String body =
                header("transfer-encoding").equals("chunked") ? String.join("", chunks()) : bytes.substring(head + 4);
        return body.replaceAll("\"created\":\\d+", "\"created\":0");
    }

    /** The chunks that came completely. */
    List<String> chunks() {
        List<String> chunks = new ArrayList<>();
        int at = bytes.indexOf("\r\n\r\n") + 4;
        while (at < bytes.length()) {
            int line = bytes.indexOf("\r\n", at);
            int length = Integer.parseInt(bytes.substring(at, line), 16);
            if (length == 0 || line + 2 + length > bytes.length()) {
                return chunks;
            }
            chunks.add(bytes.substring(line + 2, line + 2 + length));
            at = line + 4 + length;
        }
        return chunks;
    }
}
