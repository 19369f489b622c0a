package io.llmd.launcher.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/** Clients that ask for streams and leave within them, half of them with a reset. Counts what they sent. Thread-safe. */
final class SoakLeavers {

    private static final int CLIENTS = 40;
    private static final int PATIENCE_MILLIS = 15_000;

    private final AtomicLong sent = new AtomicLong();

    /** Requests sent so far. */
    long sent() {
        return sent.get();
    }

    /** All ask at once; returns when all have left. */
    void leave(SoakFleet fleet) {
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < CLIENTS; i++) {
                boolean resets = i % 2 == 0;
                clients.execute(() -> askAndLeave(fleet, resets));
            }
        }
    }

    private void askAndLeave(SoakFleet fleet, boolean resets) {
        byte[] body = ("{\"model\":\"sim-8b\",\"stream\":true,\"ignore_eos\":true,\"max_tokens\":400,"
                        + "\"messages\":[{\"role\":\"user\",\"content\":\"Tell me a long story.\"}]}")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] head = ("POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
                        + "authorization: Bearer " + fleet.key() + "\r\ncontent-length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), fleet.url().getPort())) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write(head);
            socket.getOutputStream().write(body);
            sent.incrementAndGet();
            InputStream answer = socket.getInputStream();
            if (answer.read() >= 0 && resets) {
                socket.setSoLinger(true, 0);
            }
        } catch (IOException e) {
            // It leaves either way; the gateway's accounts tell whether its request was counted.
            return;
        }
    }
}
