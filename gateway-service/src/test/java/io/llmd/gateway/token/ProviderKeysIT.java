package io.llmd.gateway.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading the keys of providers that answer badly or not at all. */
class ProviderKeysIT {

    private static final Duration NEVER = Duration.ofDays(1);
    private static final String ONE_KEY =
            "{\"keys\":[{\"kty\":\"EC\",\"kid\":\"one\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                    + "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

    private final AtomicInteger attempts = new AtomicInteger();
    private final AtomicLong nanos = new AtomicLong();
    private HttpServer provider;

    private interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    @BeforeEach
    void start() throws IOException {
        provider = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        provider.start();
    }

    @AfterEach
    void stop() {
        provider.stop(0);
    }

    private void serve(String path, Answer answer) {
        provider.createContext(path, exchange -> {
            attempts.incrementAndGet();
            answer.to(exchange);
        });
    }

    private static void send(HttpExchange exchange, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private String url() {
        return "http://127.0.0.1:" + provider.getAddress().getPort();
    }

    private ProviderKeys keys(@Nullable String keySet, Duration interval, Duration timeout) {
        ProviderKeys keys = new ProviderKeys(
                new ProviderKeys.Settings(url(), keySet == null ? null : URI.create(url() + keySet), interval, timeout),
                nanos::get);
        keys.start();
        return keys;
    }

    @Test
    void aProviderThatFailsIsNotAskedAgainForEachToken() {
        serve("/keys", exchange -> {
            exchange.sendResponseHeaders(500, -1);
            exchange.close();
        });
        try (ProviderKeys keys = keys("/keys", NEVER, Duration.ofSeconds(5))) {
            await("first attempt over").until(keys::hasTried);

            for (int i = 0; i < 100; i++) {
                assertThat(keys.readAgain()).as("it may be known later").isTrue();
            }
            nanos.addAndGet(ProviderKeys.PAUSE.toNanos());
            assertThat(keys.readAgain()).isTrue();
            await("second attempt").until(() -> attempts.get() >= 2);
            assertThat(attempts).hasValue(2);
        }
    }

    @Test
    void anAnswerThatDoesNotEndIsGivenUpAndTheScheduleGoesOn() {
        serve("/keys", exchange -> {
            if (attempts.get() > 1) {
                send(exchange, ONE_KEY);
                return;
            }
            exchange.sendResponseHeaders(200, 100);
            exchange.getResponseBody().write('{');
            exchange.getResponseBody().flush();
        });
        try (ProviderKeys keys = keys("/keys", Duration.ofMillis(20), Duration.ofMillis(500))) {
            await("keys read").until(() -> keys.keys().getKeyByKeyId("one") != null);
        }
    }

    @Test
    void anAnswerThatIsTooLargeOrNonsenseIsGivenUpAndTheScheduleGoesOn() {
        serve("/keys", exchange -> {
            switch (attempts.get()) {
                case 1 -> send(exchange, " ".repeat(2 << 20) + ONE_KEY);
                case 2 -> send(exchange, "{\"keys\":[7]}");
                default -> send(exchange, ONE_KEY);
            }
        });
        try (ProviderKeys keys = keys("/keys", Duration.ofMillis(20), Duration.ofSeconds(5))) {
            await("keys read").until(() -> keys.keys().getKeyByKeyId("one") != null);
            assertThat(attempts).hasValueGreaterThanOrEqualTo(3);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://other.example", ""})
    void aDocumentOfAnotherIssuerIsNotBelieved(String issuer) {
        serve(
                "/.well-known/openid-configuration",
                exchange -> send(exchange, "{\"issuer\":\"" + issuer + "\",\"jwks_uri\":\"" + url() + "/keys\"}"));
        AtomicInteger reads = new AtomicInteger();
        provider.createContext("/keys", exchange -> {
            reads.incrementAndGet();
            send(exchange, ONE_KEY);
        });
        try (ProviderKeys keys = keys(null, NEVER, Duration.ofSeconds(5))) {
            await("attempt over").until(keys::hasTried);
            assertThat(reads).hasValue(0);
            assertThat(keys.keys().getKeys()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "http://idp.example, , gateway.access.jwt.issuer: http://idp.example",
        "HTTP://10.0.0.1, https://idp.example/keys, gateway.access.jwt.issuer: HTTP://10.0.0.1",
        "https://idp.example, http://idp.example/keys, gateway.access.jwt.key-set: http://idp.example/keys",
        "https://idp.example, file:///keys, gateway.access.jwt.key-set: file:///keys",
        "somebody, , gateway.access.jwt.issuer: somebody"
    })
    void keysThatOthersCouldChangeOnTheWayAreRefused(String issuer, @Nullable URI keySet, String told) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ProviderKeys.Settings(issuer, keySet, NEVER, NEVER))
                .withMessageStartingWith(told + " (expected: ");
    }

    @ParameterizedTest
    @CsvSource({
        "https://idp.example, ",
        "somebody, https://idp.example/keys",
        "http://localhost:8080/realm, ",
        "http://[::1]:80, "
    })
    void encryptedAndLocalOnesAreTaken(String issuer, @Nullable URI keySet) {
        assertThat(new ProviderKeys.Settings(issuer, keySet, NEVER, NEVER).issuer())
                .isEqualTo(issuer);
    }
}
