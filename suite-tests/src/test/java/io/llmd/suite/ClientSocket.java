package io.llmd.suite;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** One request on one connection, byte by byte, so that a test can leave at any point. */
final class ClientSocket implements AutoCloseable {

    private final Socket socket;
    private final StringBuilder received = new StringBuilder();

    ClientSocket(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(30_000);
    }

    void send(String body) throws IOException {
        send(body, "/v1/chat/completions");
    }

    void send(String body, String path) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        String head = "POST " + path + " HTTP/1.1\r\nhost: suite\r\nauthorization: Bearer " + RunningSuite.KEY
                + "\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: " + bytes.length
                + "\r\n\r\n";
        socket.getOutputStream().write((head + body).getBytes(StandardCharsets.UTF_8));
    }

    /** Reads until {@code text} was seen; false when the answer ended before. */
    boolean readUntil(String text) throws IOException {
        byte[] chunk = new byte[8192];
        InputStream in = socket.getInputStream();
        while (received.indexOf(text) < 0) {
            int n = in.read(chunk);
            if (n < 0) {
                return false;
            }
            received.append(new String(chunk, 0, n, StandardCharsets.ISO_8859_1));
        }
        return true;
    }

    /** Reads to the end of the connection and returns everything received. */
    String readAll() throws IOException {
        byte[] chunk = new byte[8192];
        InputStream in = socket.getInputStream();
        for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
            received.append(new String(chunk, 0, n, StandardCharsets.ISO_8859_1));
        }
        return received.toString();
    }

    /** The body of an answer in chunks, which may cut events anywhere; as far as it came. */
    static String body(String answer) {
        StringBuilder body = new StringBuilder();
        int at = answer.indexOf("\r\n\r\n") + 4;
        while (at < answer.length()) {
            int sizeEnd = answer.indexOf("\r\n", at);
            int size = sizeEnd < 0 ? 0 : Integer.parseInt(answer.substring(at, sizeEnd), 16);
            if (size == 0) {
                break;
            }
            int from = sizeEnd + 2;
            body.append(answer, from, Math.min(from + size, answer.length()));
            at = from + size + 2;
        }
        return body.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
