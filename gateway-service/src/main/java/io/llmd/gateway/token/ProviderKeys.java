package io.llmd.gateway.token;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The public keys of an identity provider, kept in memory. They are read at the start, at an interval, and when a token names
 * one that is not known, though not within {@link #PAUSE} of an attempt. When they cannot be read, those known before stay.
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
     * @param timeout for each answer of the provider, to its end
     */
    public record Settings(String issuer, @Nullable URI keySet, Duration interval, Duration timeout) {

        /** @throws IllegalArgumentException when keys would come over a connection that others can change */
        public Settings {
            if (keySet != null) {
                requireSafe("gateway.access.jwt.key-set", keySet);
            }
            // Some issuers are no URLs, such as those of whom only the keys are online.
            if (keySet == null || issuer.regionMatches(true, 0, "http:", 0, 5)) {
                requireSafe("gateway.access.jwt.issuer", URI.create(issuer));
            }
        }
    }

    private final Settings settings;
    private final LongSupplier nanoTime;
    private final HttpClient http;
    private final ScheduledExecutorService reader = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("gateway-provider-keys").factory());
    private final AtomicBoolean isReading = new AtomicBoolean();
    private volatile JWKSet keys = new JWKSet();
    private volatile @Nullable Attempt last;

    private record Attempt(long nanos, boolean succeeded) {}

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

    /** The keys now; the same object until they are others. */
    JWKSet keys() {
        return keys;
    }

    /** Whether a first attempt to read is over. */
    boolean hasTried() {
        return last != null;
    }

    /**
     * Reads again because a key is not known.
     *
     * @return false when the keys were read just now, so that it will not be known later either; true when they are read or
     *     could not be just now
     */
    boolean readAgain() {
        Attempt known = last;
        if (known != null && nanoTime.getAsLong() - known.nanos() < PAUSE.toNanos()) {
            return !known.succeeded();
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
        boolean succeeded = false;
        try {
            JWKSet all = JWKSet.parse(get(keySet()));
            // A secret in a public document is none, and one that signs would let anybody sign.
            JWKSet next = new JWKSet(all.getKeys().stream()
                    .filter(key -> !(key instanceof OctetSequenceKey))
                    .map(JWK::toPublicJWK)
                    .toList());
            if (!next.equals(keys)) {
                keys = next;
            }
            succeeded = true;
        } catch (IOException | ParseException | RuntimeException e) {
            // Whatever it is, or the schedule would end.
            log.atWarn().addKeyValue("reason", e.toString()).log("keys of the identity provider cannot be read");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            last = new Attempt(nanoTime.getAsLong(), succeeded);
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
        JsonNode document = JSON.readTree(get(discovery));
        String named = document.path("issuer").asString("");
        if (!named.equals(issuer)) {
            throw new IOException(discovery + ": issuer " + named + " (expected: " + issuer + ")");
        }
        URI keySet = URI.create(document.path("jwks_uri").asString(""));
        requireSafe("jwks_uri", keySet);
        return keySet;
    }

    private String get(URI url) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(url).header("accept", "application/json").build();
        CompletableFuture<HttpResponse<String>> answer = http.sendAsync(
                request, BodyHandlers.limiting(BodyHandlers.ofString(StandardCharsets.UTF_8), MAX_BYTES));
        try {
            // The timeout of a request ends with the head of its answer.
            HttpResponse<String> all = answer.get(settings.timeout().toNanos(), TimeUnit.NANOSECONDS);
            if (all.statusCode() != 200) {
                throw new IOException(url + ": status " + all.statusCode() + " (expected: 200)");
            }
            return all.body();
        } catch (TimeoutException e) {
            throw new IOException(url + ": no whole answer within " + settings.timeout(), e);
        } catch (ExecutionException e) {
            throw new IOException(url + ": " + e.getCause(), e);
        } finally {
            answer.cancel(true);
        }
    }

    private static void requireSafe(String name, URI url) {
        boolean isSafe = url.getHost() != null
                && ("https".equalsIgnoreCase(url.getScheme())
                        || "http".equalsIgnoreCase(url.getScheme()) && isLoopback(url.getHost()));
        if (!isSafe) {
            throw new IllegalArgumentException(
                    name + ": " + url + " (expected: a URL with https, or with http and a loopback address)");
        }
    }

    private static boolean isLoopback(String host) {
        if (host.equalsIgnoreCase("localhost")) {
            return true;
        }
        try {
            return InetAddress.ofLiteral(host).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public void close() {
        reader.shutdownNow();
        http.shutdownNow();
    }
}
