package io.llmd.autoscaler.collector;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads metrics pages of engines and routers themselves, all at a time on virtual threads, each within a time of its own and all
 * within another. Pages are read as they arrive and never held. Safe from any thread.
 */
public final class DirectCollector implements Collector {

    private static final Logger LOG = LoggerFactory.getLogger(DirectCollector.class);
    private static final int MAX_BYTES = 4 << 20;

    private final Duration pageTimeout;
    private final Duration cycleTimeout;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("scrape-", 0).factory());
    private final HttpClient client;
    /** Pages that could not be read when they were asked last; those that nobody asks any more are forgotten. */
    private final Map<URI, String> failing = new ConcurrentHashMap<>();

    /** As many as are configured. */
    private final Set<URI> routers = ConcurrentHashMap.newKeySet();

    /**
     * A collector.
     *
     * @param pageTimeout time for one page
     * @param cycleTimeout time for all pages that are read together
     */
    public DirectCollector(Duration pageTimeout, Duration cycleTimeout) {
        this.pageTimeout = pageTimeout;
        this.cycleTimeout = cycleTimeout;
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(pageTimeout)
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(threads)
                .build();
    }

    @Override
    public Map<String, EngineReading> engines(Map<String, URI> pages, double atSeconds) {
        Map<String, EngineReading> readings = new HashMap<>();
        failing.keySet().removeIf(known -> !routers.contains(known) && !pages.containsValue(known));
        read(pages, EnginePage::new, atSeconds).forEach((key, reading) -> {
            if (reading.isUsable()) {
                readings.put(key, reading);
            }
        });
        return readings;
    }

    @Override
    public Map<URI, RouterReading> routers(Collection<URI> pages, double atSeconds) {
        Map<URI, URI> keys = new HashMap<>();
        pages.forEach(page -> keys.put(page, page));
        routers.retainAll(Set.copyOf(pages));
        routers.addAll(pages);
        Map<URI, RouterReading> readings = read(keys, RouterPage::new, atSeconds);
        readings.values().removeIf(reading -> !reading.isUsable());
        return readings;
    }

    private <K, T> Map<K, T> read(Map<K, URI> pages, Supplier<Page<T>> format, double atSeconds) {
        Map<K, Future<Optional<T>>> reading = new HashMap<>();
        pages.forEach((key, page) -> reading.put(key, threads.submit(() -> read(page, format.get(), atSeconds))));
        long deadline = System.nanoTime() + cycleTimeout.toNanos();
        Map<K, T> read = new HashMap<>();
        reading.forEach((key, future) -> {
            try {
                long left = Math.max(0, deadline - System.nanoTime());
                future.get(left, TimeUnit.NANOSECONDS).ifPresent(value -> read.put(key, value));
            } catch (TimeoutException | ExecutionException e) {
                future.cancel(true);
            } catch (InterruptedException e) {
                future.cancel(true);
                Thread.currentThread().interrupt();
            }
        });
        return read;
    }

    private <T> Optional<T> read(URI address, Page<T> page, double atSeconds) {
        HttpRequest request = HttpRequest.newBuilder(address)
                .timeout(pageTimeout)
                .header("accept", "text/plain")
                .GET()
                .build();
        try {
            HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                if (response.statusCode() != 200) {
                    throw new IOException("status " + response.statusCode());
                }
                feed(body, page);
            }
            if (failing.remove(address) != null) {
                LOG.atInfo().addKeyValue("endpoint", address).log("a metrics page can be read again");
            }
            return Optional.of(page.finish(atSeconds));
        } catch (IOException e) {
            note(address, e.getClass().getSimpleName());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Optional.empty();
    }

    private static void feed(InputStream body, Page<?> page) throws IOException {
        byte[] buffer = new byte[16 * 1024];
        int total = 0;
        for (int length = body.read(buffer); length >= 0; length = body.read(buffer)) {
            total += length;
            if (total > MAX_BYTES) {
                throw new IOException("larger than " + MAX_BYTES + " bytes");
            }
            page.feed(buffer, 0, length);
        }
    }

    private void note(URI address, String reason) {
        if (failing.size() < 10_000 && failing.put(address, reason) == null) {
            LOG.atWarn()
                    .addKeyValue("endpoint", address)
                    .addKeyValue("reason", reason)
                    .log("a metrics page cannot be read");
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
        threads.shutdownNow();
    }
}
