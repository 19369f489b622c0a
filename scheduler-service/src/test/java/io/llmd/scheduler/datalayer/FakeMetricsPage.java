package io.llmd.scheduler.datalayer;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A metrics page on a real socket that can be told to misbehave. */
public final class FakeMetricsPage implements AutoCloseable {

    /** What the page does when it is asked. */
    public enum Behaviour {
        GOOD,
        STALL,
        GARBAGE,
        ERROR_STATUS,
        ENDLESS,
        EMPTY,
        GZIP,
        CHUNKED,
        NO_NUMBERS,
        CLOSE_AFTER_EACH
    }

    private final ServerSocket server;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger requests = new AtomicInteger();
    private volatile Behaviour behaviour = Behaviour.GOOD;
    private volatile String page = "";
    private volatile String lastRequest = "";

    /** Opens a page at a free port of the loopback interface. */
    public FakeMetricsPage() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        load(1, 2, 0.5, 100);
        Thread.ofVirtual().start(this::accept);
    }

    public int port() {
        return server.getLocalPort();
    }

    public int connections() {
        return connections.get();
    }

    public int requests() {
        return requests.get();
    }

    public void behave(Behaviour next) {
        behaviour = next;
    }

    /** First line of the last request. */
    public String lastRequest() {
        return lastRequest;
    }

    /** Sets the page. */
    public void show(String text) {
        page = text;
    }

    /** Sets the load that the page shows. */
    public void load(int running, int waiting, double usage, int startTime) {
        page = "vllm:num_requests_running " + running + "\nvllm:num_requests_waiting " + waiting
                + "\nvllm:kv_cache_usage_perc " + usage
                + "\nvllm:cache_config_info{block_size=\"16\",num_gpu_blocks=\"1000\"} 1\nprocess_start_time_seconds "
                + startTime + "\n";
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                connections.incrementAndGet();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            while (readRequest(socket)) {
                requests.incrementAndGet();
                if (!answer(socket.getOutputStream())) {
                    return;
                }
            }
        } catch (IOException e) {
            // The other side has left.
        } finally {
            sockets.remove(socket);
        }
    }

    private boolean readRequest(Socket socket) throws IOException {
        StringBuilder text = new StringBuilder();
        int matched = 0;
        while (matched < 4) {
            int b = socket.getInputStream().read();
            if (b < 0) {
                return false;
            }
            text.append((char) b);
            matched = b == "\r\n\r\n".charAt(matched) ? matched + 1 : b == '\r' ? 1 : 0;
        }
        lastRequest = text.substring(0, text.indexOf("\r\n"));
        return true;
    }

    private boolean answer(OutputStream out) throws IOException {
        switch (behaviour) {
            case GOOD -> write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + page.length() + "\r\n\r\n" + page);
            case CLOSE_AFTER_EACH -> {
                write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + page.length() + "\r\n\r\n" + page);
                return false;
            }
            case STALL -> write(out, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nvllm:num_re");
            case GARBAGE -> write(out, "\u0000\u0001 not http at all\r\n\r\n");
            case ERROR_STATUS -> write(out, "HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno");
            case GZIP ->
                write(
                        out,
                        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + page.length() + "\r\n\r\n"
                                + page);
            case NO_NUMBERS -> {
                String text = page.replaceAll(" [0-9.]+\n", " NaN\n");
                write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + text.length() + "\r\n\r\n" + text);
            }
            case CHUNKED -> {
                write(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                for (int i = 0; i < page.length(); i += 7) {
                    String part = page.substring(i, Math.min(page.length(), i + 7));
                    write(out, Integer.toHexString(part.length()) + "\r\n" + part + "\r\n");
                }
                write(out, "0\r\n\r\n");
            }
            case EMPTY -> write(out, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            case ENDLESS -> {
                write(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                String chunk = "10000\r\n" + "x".repeat(0x10000) + "\r\n";
                while (true) {
                    write(out, chunk);
                }
            }
        }
        return true;
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
