package io.llmd.launcher.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What no service is faster than: a thread that reads requests as a service gets them, looks at nothing but their length, and
 * answers as many bytes. On this machine the exchange alone takes that long. For one connection.
 */
final class KvLookupFloor implements AutoCloseable {

    private static final int READ_BYTES = 64 * 1024;
    private static final int HEAD_BYTES = 512;
    private static final String HEAD_END = "\r\n\r\n";
    private static final String LENGTH = "content-length: ";

    private final ServerSocketChannel server;

    /** @param answerBytes bytes of an answer's body */
    KvLookupFloor(int answerBytes) throws IOException {
        server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        byte[] body = new byte[answerBytes];
        Arrays.fill(body, (byte) ' ');
        ByteBuffer head = StandardCharsets.US_ASCII.encode("HTTP/1.1 200 OK\r\n" + LENGTH + answerBytes + HEAD_END);
        ByteBuffer answer = ByteBuffer.allocateDirect(head.remaining() + answerBytes)
                .put(head)
                .put(body)
                .flip();
        Thread.ofPlatform().daemon().name("bench-floor").start(() -> serve(answer));
    }

    int port() {
        return server.socket().getLocalPort();
    }

    private void serve(ByteBuffer answer) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(READ_BYTES);
        try (SocketChannel client = server.accept()) {
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            while (read(client, bytes)) {
                answer.rewind();
                while (answer.hasRemaining()) {
                    client.write(answer);
                }
            }
        } catch (IOException e) {
            // The client sees its connection end, which is the failure that it reports.
            return;
        }
    }

    /** Reads one request. @return false when the client has gone */
    private static boolean read(SocketChannel client, ByteBuffer bytes) throws IOException {
        bytes.clear();
        int headEnd = -1;
        String head = "";
        while (headEnd < 0) {
            if (client.read(bytes) < 0) {
                return false;
            }
            ByteBuffer begun = bytes.duplicate().flip().limit(Math.min(bytes.position(), HEAD_BYTES));
            head = StandardCharsets.ISO_8859_1.decode(begun).toString();
            headEnd = head.indexOf(HEAD_END);
        }
        int from = head.indexOf(LENGTH) + LENGTH.length();
        int body = Integer.parseInt(head.substring(from, head.indexOf('\r', from)));
        for (int left = headEnd + HEAD_END.length() + body - bytes.position(); left > 0; left -= bytes.position()) {
            bytes.clear();
            if (client.read(bytes) < 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
