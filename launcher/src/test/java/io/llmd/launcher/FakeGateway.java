package io.llmd.launcher;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A gateway on a real socket whose answers a test writes. */
public final class FakeGateway implements AutoCloseable {

    private final HttpServer server;
    private final ExecutorService threads;
    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private final List<String> keys = new CopyOnWriteArrayList<>();

    /** Answers a chat completion; the request is read already. */
    public interface Script {
        void answer(Reply reply) throws IOException;
    }

    private FakeGateway(Script script, ExecutorService threads) {
        this.threads = threads;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/v1/models", exchange -> {
            try (exchange) {
                new Reply(exchange)
                        .json(200, "{\"object\":\"list\",\"data\":[{\"id\":\"sim-8b\",\"object\":\"model\"}]}");
            }
        });
        server.createContext("/v1/chat/completions", exchange -> {
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("authorization")));
            try (exchange) {
                script.answer(new Reply(exchange));
            }
        });
        server.start();
    }

    public static FakeGateway start(Script script) {
        return new FakeGateway(script, Executors.newVirtualThreadPerTaskExecutor());
    }

    /** Answers one request after the other. */
    public static FakeGateway startWithOneThread(Script script) {
        return new FakeGateway(script, Executors.newSingleThreadExecutor());
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    public List<String> bodies() {
        return bodies;
    }

    public List<String> keys() {
        return keys;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    /** One answer. */
    public record Reply(HttpExchange exchange) {

        public void json(int status, String body) throws IOException {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("content-type", "application/json");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }

        public OutputStream stream(String endpoint) throws IOException {
            exchange.getResponseHeaders().set("content-type", "text/event-stream");
            exchange.getResponseHeaders().set("x-gateway-destination-endpoint-served", endpoint);
            exchange.getResponseHeaders().set("x-request-id", "req-1");
            exchange.sendResponseHeaders(200, 0);
            return exchange.getResponseBody();
        }

        /** A whole stream: role, one event per word, finish, usage, end marker. */
        public void words(String endpoint, String... words) throws IOException {
            OutputStream out = stream(endpoint);
            event(out, "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}");
            for (String word : words) {
                event(out, "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + word + "\"}}]}");
            }
            event(out, "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
            event(
                    out,
                    "{\"choices\":[],\"usage\":{\"prompt_tokens\":40,\"completion_tokens\":" + words.length
                            + ",\"prompt_tokens_details\":{\"cached_tokens\":10}}}");
            event(out, "[DONE]");
        }

        public static void event(OutputStream out, String data) throws IOException {
            out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
    }
}
