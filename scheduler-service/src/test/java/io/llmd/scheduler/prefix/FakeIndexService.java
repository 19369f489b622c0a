package io.llmd.scheduler.prefix;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** An index service that says what a test wants, and as late as it wants. */
final class FakeIndexService implements AutoCloseable {

    volatile boolean isReady = true;
    volatile int matchStatus = 200;
    volatile String keyMode = "xxh64";
    volatile String sourceState = "exact";
    volatile long lagMillis;
    volatile boolean hasTwoLanesOfOneName;

    /** Answers with this in their path have a head, and a body that waits for the end. */
    volatile String stalledPath = "none";

    /** Answers to queries wait for this. */
    volatile CountDownLatch gate = new CountDownLatch(0);

    final AtomicInteger queries = new AtomicInteger();
    private final CountDownLatch end = new CountDownLatch(1);
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    FakeIndexService() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/v1/stats", exchange -> answer(exchange, 200, stats()));
        server.createContext("/v1/sources", exchange -> answer(exchange, 200, sources()));
        server.createContext("/v1/prefix-matches", this::match);
        server.start();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private String stats() {
        return """
                {"ready": %s, "lanes": 1, "blocks": 3, "memberships": 3, "evictedBlocks": 0, "sizeBytes": 1, "maxBytes": 2,
                 "blockTokens": 4, "keyMode": "%s"}""".formatted(isReady, keyMode);
    }

    private String sources() {
        String source = """
                {"endpoint": "ns/a", "rank": 0, "state": "%s", "connected": true, "complete": true, "epoch": 0,
                  "sequence": 5, "lagBatches": 2, "lagMillis": %d, "blocks": {"gpu": 3, "cpu": 0, "disk": 0, "storage": 0},
                  "counters": {}, "drops": {}}""".formatted(sourceState, lagMillis);
        return "{\"sources\": [" + source + (hasTwoLanesOfOneName ? "," + source : "") + "]}";
    }

    private void match(HttpExchange exchange) throws IOException {
        queries.incrementAndGet();
        int blocks = exchange.getRequestBody().readAllBytes().length / 8;
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        answer(exchange, matchStatus, """
                {"blockTokens": 4, "blocks": %d, "endpoints": [{"endpoint": "ns/a", "rank": 0, "blocks": 3, "tokens": 12,
                  "tiers": {"gpu": 2, "cpu": 1, "disk": 0, "storage": 0}, "hostBlocks": 3, "score": 2.8, "trust": 1.0,
                  "complete": true}]}""".formatted(blocks));
    }

    private void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.sendResponseHeaders(status, bytes.length);
            if (exchange.getRequestURI().getPath().contains(stalledPath)) {
                exchange.getResponseBody().flush();
                end.await();
            }
            exchange.getResponseBody().write(bytes);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        gate.countDown();
        end.countDown();
        server.stop(0);
        threads.close();
    }
}
