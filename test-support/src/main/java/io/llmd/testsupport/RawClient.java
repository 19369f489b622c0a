package io.llmd.testsupport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A blocking HTTP/1.1 client on a plain socket that sends exactly the bytes it is given, for what well-behaved clients
 * cannot send. Not thread-safe.
 */
public final class RawClient implements AutoCloseable {

    /**
     * An answer.
     *
     * @param status status code
     * @param headers headers with lower-case names; the last one of a name wins
     * @param body body without chunk framing, as UTF-8
     * @param complete whether the message ended as its framing says
     */
    public record Answer(int status, Map<String, String> headers, String body, boolean complete) {
        public Answer {
            headers = Map.copyOf(headers);
        }

        /** Value of a header, or {@code null}. */
        public @Nullable String header(String name) {
            return headers.get(name.toLowerCase(Locale.ROOT));
        }
    }

    private final Socket socket;
    private final InputStream in;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = socket.getInputStream();
    }

    /** Connects to a loopback port; every read waits at most ten seconds. */
    public static RawClient connect(int port) {
        try {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout((int) Duration.ofSeconds(10).toMillis());
            return new RawClient(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A JSON POST with correct framing. */
    public static String post(String path, String body, String... headerLines) {
        StringBuilder head = new StringBuilder("POST " + path + " HTTP/1.1\r\nhost: localhost\r\n");
        head.append("content-type: application/json\r\ncontent-length: ")
                .append(body.getBytes(StandardCharsets.UTF_8).length)
                .append("\r\n");
        for (String line : headerLines) {
            head.append(line).append("\r\n");
        }
        return head + "\r\n" + body;
    }

    /** Sends text as UTF-8. */
    public RawClient send(String text) {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends bytes. */
    public RawClient send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads the next answer to its end. */
    public Answer receive() {
        try {
            Answer head = receiveHead();
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            boolean complete = readBody(head.headers(), head.status(), body);
            return new Answer(head.status(), head.headers(), body.toString(StandardCharsets.UTF_8), complete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads status line and headers of the next answer, and leaves its body. */
    public Answer receiveHead() throws IOException {
        String statusLine = line();
        Map<String, String> headers = new LinkedHashMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).trim());
        }
        return new Answer(Integer.parseInt(statusLine.split(" ")[1]), headers, "", true);
    }

    /** Reads one line without its line break. */
    public String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("connection closed inside of a line: " + line);
            }
            line.write(b);
        }
        return line.toString(StandardCharsets.UTF_8).replaceFirst("\r$", "");
    }

    /** Whether the other side has closed; waits for it, and skips bytes that come before. */
    public boolean isClosedByServer() {
        try {
            byte[] skipped = new byte[8192];
            int read = in.read(skipped);
            while (read >= 0) {
                read = in.read(skipped);
            }
            return true;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** Sets how long a read waits. */
    public RawClient readTimeout(Duration timeout) {
        try {
            socket.setSoTimeout((int) timeout.toMillis());
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Closes with a reset instead of an orderly end. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean readBody(Map<String, String> headers, int status, ByteArrayOutputStream body) throws IOException {
        if (status < 200 || status == 204 || status == 304) {
            return true;
        }
        if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
            return readChunks(body);
        }
        String length = headers.get("content-length");
        int wanted = length == null ? Integer.MAX_VALUE : Integer.parseInt(length);
        return readUpTo(wanted, body) || length == null;
    }

    private boolean readChunks(ByteArrayOutputStream body) {
        try {
            for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
                if (!readUpTo(size, body)) {
                    return false;
                }
                line();
            }
            line();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private boolean readUpTo(int wanted, ByteArrayOutputStream body) throws IOException {
        for (int i = 0; i < wanted; i++) {
            int b = in.read();
            if (b < 0) {
                return false;
            }
            body.write(b);
        }
        return true;
    }
}
