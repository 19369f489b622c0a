package io.llmd.gateway.token;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The public keys of an identity provider, kept in memory. They are read at the start, at an interval, and when a token names
 * one that is not known, though not more often than {@link #PAUSE}. When they cannot be read, those known before stay.
 * Thread-safe; reading is done by a thread of its own.
 */
public final class ProviderKeys implements AutoCloseable {

    /** Tokens with made-up keys make the provider be asked so often at most. */
    static final Duration PAUSE = Duration.ofSeconds(10);

    private static final Logger log = LoggerFactory.getLogger(ProviderKeys.class);
    private static final int MAX_BYTES = 1 << 20;
    private static final JsonMapper JSON = JsonMapper.shared();

    /**
     * @param issuer base URL of the provider, whose discovery document says where its keys are
     * @param keySet where its keys are; {@code null} to ask for that
     * @param interval from one reading to the next
     * @param timeout for each answer of the provider
     */
    public record Settings(String issuer, @Nullable URI keySet, Duration interval, Duration timeout) {}

    private final Settings settings;
    private final LongSupplier nanoTime;
    private final HttpClient http;
    private final ScheduledExecutorService reader = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("gateway-provider-keys").factory());
    private final AtomicBoolean isReading = new AtomicBoolean();
    private volatile JWKSet keys = new JWKSet();
    private volatile long readNanos;
    private volatile boolean wasRead;

    /** @param nanoTime monotonic time, as {@link System#nanoTime} */
    public ProviderKeys(Settings settings, LongSupplier nanoTime) {
        this.settings = settings;
        this.nanoTime = nanoTime;
        this.http = HttpClient.newBuilder().connectTimeout(settings.timeout()).build();
    }

    /** Begins to read. */
    public void start() {
        reader.scheduleWithFixedDelay(this::read, 0, settings.interval().toNanos(), TimeUnit.NANOSECONDS);
    }

    JWKSet keys() {
        return keys;
    }

    /**
     * Reads again because a key is not known.
     *
     * @return false when the keys were read just now, so that it will not be known later either
     */
    boolean readAgain() {
        if (wasRead && nanoTime.getAsLong() - readNanos < PAUSE.toNanos()) {
            return false;
        }
        if (isReading.compareAndSet(false, true)) {
            try {
                reader.execute(this::read);
            } catch (RejectedExecutionException e) {
                return false;
            }
        }
        return true;
    }

    private void read() {
        isReading.set(true);
        try {
            JWKSet all = JWKSet.parse(get(keySet()));
            // A secret in a public document is none, and one that signs would let anybody sign.
            keys = new JWKSet(all.getKeys().stream()
                    .filter(key -> !(key instanceof OctetSequenceKey))
                    .map(JWK::toPublicJWK)
                    .toList());
            wasRead = true;
            readNanos = nanoTime.getAsLong();
        } catch (IOException | ParseException | JacksonException | IllegalArgumentException e) {
            log.atWarn().addKeyValue("reason", e.toString()).log("keys of the identity provider cannot be read");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            isReading.set(false);
        }
    }

    private URI keySet() throws IOException, InterruptedException {
        URI known = settings.keySet();
        if (known != null) {
            return known;
        }
        String issuer = settings.issuer();
        URI discovery = URI.create((issuer.endsWith("/") ? issuer : issuer + "/") + ".well-known/openid-configuration");
        return URI.create(JSON.readTree(get(discovery)).path("jwks_uri").asString(""));
    }

    private String get(URI url) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(url)
                .timeout(settings.timeout())
                .header("accept", "application/json")
                .build();
        HttpResponse<InputStream> answer = http.send(request, BodyHandlers.ofInputStream());
        try (InputStream body = answer.body()) {
            byte[] bytes = body.readNBytes(MAX_BYTES + 1);
            if (answer.statusCode() != 200 || bytes.length > MAX_BYTES) {
                throw new IOException(url + ": status " + answer.statusCode() + ", " + bytes.length
                        + " bytes (expected: 200, at most " + MAX_BYTES + ")");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    @Override
    public void close() {
        reader.shutdownNow();
        http.shutdownNow();
    }
}
