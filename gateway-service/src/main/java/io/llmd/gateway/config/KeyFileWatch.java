package io.llmd.gateway.config;

import io.llmd.gateway.access.AccessControl;
import io.llmd.gateway.access.ApiKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Loads the key file, and loads it again when its content has changed. A file that is not in order or cannot be read is
 * refused and the keys before it stay in force; at start it ends the start.
 */
final class KeyFileWatch implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(KeyFileWatch.class);

    private final GatewayProperties.Access settings;
    private final AccessControl access;
    private final ApiKeys demo;
    private final AuditFile audit;
    private final Consumer<String> tenantGone;
    private final Duration longestRequest;
    private final LongSupplier nanoTime;
    /** Tenants that have no key any more, until the last of their requests has ended; when that is, by the clock. */
    private final Map<String, Long> gone = new HashMap<>();

    private byte[] loaded = {};
    private @Nullable ScheduledExecutorService watcher;

    /**
     * Reads the file for the first time.
     *
     * @param tenantGone told of tenants that had a key and have none any more: at once, and when the last of their requests
     *     has ended
     * @param longestRequest after which that is
     * @param nanoTime monotonic time, as {@link System#nanoTime}
     */
    KeyFileWatch(
            GatewayProperties.Access settings,
            AccessControl access,
            Consumer<String> tenantGone,
            Duration longestRequest,
            LongSupplier nanoTime) {
        this.settings = settings;
        this.access = access;
        this.tenantGone = tenantGone;
        this.longestRequest = longestRequest;
        this.nanoTime = nanoTime;
        this.audit = new AuditFile(settings.auditFile(), InstantSource.system());
        this.demo = settings.demoKey() == null ? ApiKeys.NONE : demoKey(settings.demoKey());
        Path file = settings.keysFile();
        ApiKeys first = file == null ? demo : loadFirst(file);
        access.replaceKeys(first);
        audit.keysReplaced(ApiKeys.NONE, first, "start");
    }

    private ApiKeys loadFirst(Path file) {
        try {
            loaded = Files.readAllBytes(file);
            return parse(loaded);
        } catch (IOException | IllegalArgumentException e) {
            throw new IllegalStateException("gateway.access.keys-file: " + file + ": " + e.getMessage(), e);
        }
    }

    private ApiKeys parse(byte[] file) {
        return ApiKeys.parse(
                        file,
                        settings.keyLimits().allowance(),
                        settings.tenantLimits().allowance())
                .and(demo);
    }

    private static ApiKeys demoKey(String secret) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
            String file = "{\"keys\":[{\"id\":\"demo\",\"sha256\":\"%s\",\"tenant\":\"demo\"}]}"
                    .formatted(HexFormat.of().formatHex(hash));
            return ApiKeys.parse(file.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Looks at the file once. */
    void check() {
        Path file = settings.keysFile();
        if (file != null) {
            check(file);
            forgetGone();
        }
    }

    private void check(Path file) {
        try {
            byte[] now = Files.readAllBytes(file);
            if (!Arrays.equals(now, loaded)) {
                loaded = now;
                ApiKeys before = access.keys();
                access.replaceKeys(parse(now));
                audit.keysReplaced(before, access.keys(), file.toString());
                noteGone(before.tenants(), access.keys().tenants());
                log.atInfo().addKeyValue("keys", access.keys().keys().size()).log("API keys are reloaded");
            }
        } catch (IOException e) {
            log.atWarn().addKeyValue("reason", e.toString()).log("key file cannot be read, the keys before it stay");
        } catch (IllegalArgumentException e) {
            audit.keysRefused(file.toString(), String.valueOf(e.getMessage()));
            log.atWarn().addKeyValue("reason", e.getMessage()).log("key file is refused, the keys before it stay");
        }
    }

    private void noteGone(Set<String> before, Set<String> after) {
        gone.keySet().removeAll(after);
        before.stream().filter(tenant -> !after.contains(tenant)).forEach(tenant -> {
            tenantGone.accept(tenant);
            gone.put(tenant, nanoTime.getAsLong() + longestRequest.toNanos());
        });
    }

    private void forgetGone() {
        gone.entrySet().removeIf(entry -> {
            boolean isOver = entry.getValue() - nanoTime.getAsLong() <= 0;
            if (isOver) {
                tenantGone.accept(entry.getKey());
            }
            return isOver;
        });
    }

    @Override
    public synchronized void start() {
        if (watcher != null || settings.keysFile() == null) {
            return;
        }
        watcher = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("gateway-keys").factory());
        long nanos = settings.reloadInterval().toNanos();
        watcher.scheduleWithFixedDelay(this::check, nanos, nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public synchronized void stop() {
        ScheduledExecutorService running = watcher;
        watcher = null;
        if (running != null) {
            running.shutdownNow();
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return watcher != null;
    }
}
