package io.llmd.gateway.config;

import io.llmd.gateway.access.Quotas;
import io.llmd.gateway.observe.GatewayMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * Keeps what was used of budgets in a file, so that a restart gives nobody a second one. The file is replaced as a whole; a
 * process that is killed forgets the last seconds.
 */
final class UsageFile implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(UsageFile.class);
    private static final TypeReference<Map<String, Map<Long, Long>>> TYPE = new TypeReference<>() {};
    private static final long INTERVAL_SECONDS = 5;

    private final JsonMapper json = JsonMapper.builder().build();
    private final @Nullable Path file;
    private final Quotas quotas;
    private Map<String, Map<Long, Long>> written;
    private @Nullable ScheduledExecutorService writer;

    /** @throws IllegalStateException when there is a file that cannot be read */
    UsageFile(GatewayProperties.Access settings, GatewayMetrics metrics) {
        file = settings.usageFile();
        written = file == null ? Map.of() : read(file);
        quotas = new Quotas(
                settings.burst(),
                settings.gateways(),
                metrics::watchBudget,
                written,
                System::nanoTime,
                InstantSource.system());
    }

    Quotas quotas() {
        return quotas;
    }

    private Map<String, Map<Long, Long>> read(Path from) {
        try {
            if (!Files.exists(from)) {
                return Map.of();
            }
            Map<String, Map<Long, Long>> use = new HashMap<>();
            json.readValue(Files.readAllBytes(from), TYPE).forEach((owner, used) -> use.put(owner, Map.copyOf(used)));
            return Map.copyOf(use);
        } catch (IOException | JacksonException | NullPointerException e) {
            throw new IllegalStateException(
                    "gateway.access.usage-file: " + from + ": unreadable (expected: what a gateway wrote, or no file)",
                    e);
        }
    }

    /** Writes the file when something has changed. */
    synchronized void write() {
        Path to = file;
        Map<String, Map<Long, Long>> use = quotas.use();
        if (to == null || use.equals(written)) {
            return;
        }
        Path next = to.resolveSibling(to.getFileName() + ".next");
        try {
            Files.write(next, json.writeValueAsBytes(new HashMap<>(use)));
            Files.move(next, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            written = use;
        } catch (IOException | JacksonException e) {
            log.atWarn()
                    .addKeyValue("file", to)
                    .addKeyValue("reason", e.toString())
                    .log("use of budgets is not written");
        }
    }

    /** Stops after all requests are over. */
    @Override
    public int getPhase() {
        return Integer.MIN_VALUE;
    }

    @Override
    public synchronized void start() {
        if (writer == null && file != null) {
            writer = Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("gateway-usage").factory());
            writer.scheduleWithFixedDelay(this::write, INTERVAL_SECONDS, INTERVAL_SECONDS, TimeUnit.SECONDS);
        }
    }

    @Override
    public synchronized void stop() {
        ScheduledExecutorService running = writer;
        writer = null;
        if (running != null) {
            running.shutdownNow();
            write();
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return writer != null;
    }
}
