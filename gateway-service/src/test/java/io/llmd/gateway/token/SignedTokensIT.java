package io.llmd.gateway.token;

import static io.llmd.gateway.GatewayFixture.BODY;
import static io.llmd.gateway.GatewayFixture.CHAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import io.llmd.gateway.GatewayFixture;
import io.llmd.testsupport.RawClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests with tokens of an identity provider, which is an HTTP server here. */
class SignedTokensIT {

    private static final String AUDIENCE = "llmd";

    private static RSAKey key;
    private static final AtomicReference<String> published = new AtomicReference<>("");
    private static HttpServer provider;
    private static GatewayFixture gateway;

    @BeforeAll
    static void start() throws Exception {
        key = new RSAKeyGenerator(2048).keyID("first").generate();
        publish(key);
        provider = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        serve(
                "/.well-known/openid-configuration",
                () -> "{\"issuer\":\"" + issuer() + "\",\"jwks_uri\":\"" + issuer() + "/keys\"}");
        serve("/keys", published::get);
        provider.start();
        gateway = new GatewayFixture(
                1,
                "gateway.access.jwt.issuer=" + issuer(),
                "gateway.access.jwt.audiences=" + AUDIENCE,
                "gateway.access.jwt.models-claim=models");
    }

    private static void serve(String path, java.util.function.Supplier<String> body) {
        provider.createContext(path, exchange -> {
            byte[] bytes = body.get().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(bytes.length == 0 ? 500 : 200, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
    }

    private static void publish(RSAKey... keys) {
        published.set(new JWKSet(List.of(keys)).toString());
    }

    private static String issuer() {
        return "http://127.0.0.1:" + provider.getAddress().getPort();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        provider.stop(0);
    }

    @AfterEach
    void nothingIsLeft() {
        gateway.awaitQuiet();
        gateway.reset();
    }

    private static JWTClaimsSet.Builder claims() {
        return new JWTClaimsSet.Builder()
                .issuer(issuer())
                .audience(AUDIENCE)
                .subject("someone@example.org")
                .claim("tenant", "research")
                .claim("models", List.of("sim-8b"))
                .expirationTime(Date.from(Instant.now().plusSeconds(300)));
    }

    private static String signed(JWTClaimsSet claims, RSAKey with) throws JOSEException {
        return signed(claims, JWSAlgorithm.RS256, with.getKeyID(), new RSASSASigner(with));
    }

    private static String signed(JWTClaimsSet claims, JWSAlgorithm algorithm, String keyId, JWSSigner signer)
            throws JOSEException {
        SignedJWT token = new SignedJWT(
                new JWSHeader.Builder(algorithm)
                        .type(JOSEObjectType.JWT)
                        .keyID(keyId)
                        .build(),
                claims);
        token.sign(signer);
        return token.serialize();
    }

    private static RawClient.Answer chat(String token) {
        try (RawClient client = gateway.connect()) {
            return client.send(RawClient.post(CHAT, BODY, "authorization: Bearer " + token))
                    .receive();
        }
    }

    /** As a client does that is told to try again. */
    private static RawClient.Answer chatWhenKnown(String token) {
        await("keys read")
                .atMost(Duration.ofSeconds(20))
                .until(() -> chat(token).status() != 503);
        return chat(token);
    }

    @Test
    void aTokenOfTheProviderIsAsGoodAsAKeyAndSaysWhoseItIs() throws Exception {
        assertThat(chatWhenKnown(signed(claims().build(), key)).status()).isEqualTo(200);

        assertThat(gateway.scheduler().headers().getLast())
                .containsEntry("x-llmd-tenant", "research")
                .hasEntrySatisfying(
                        "x-llmd-key-id", id -> assertThat(id).startsWith("jwt-").doesNotContain("someone"));
        assertThat(gateway.endpoint().lastRequest().headers().toString()).doesNotContain("eyJ");
    }

    @Test
    void keysGoOnBeingAccepted() {
        assertThat(gateway.chat().status()).isEqualTo(200);
    }

    /** What is wrong with a token that is otherwise good. */
    enum Flaw {
        ISSUER(claims -> claims.issuer("http://elsewhere.example")),
        AUDIENCE(claims -> claims.audience("another-service")),
        NO_AUDIENCE(claims -> claims.audience((String) null)),
        EXPIRED(claims -> claims.expirationTime(Date.from(Instant.now().minusSeconds(60)))),
        NEVER_EXPIRES(claims -> claims.expirationTime(null)),
        NOT_YET(claims -> claims.notBeforeTime(Date.from(Instant.now().plusSeconds(120)))),
        NO_TENANT(claims -> claims.claim("tenant", null)),
        TENANT_IS_A_NUMBER(claims -> claims.claim("tenant", 7)),
        TENANT_WITH_LINE_BREAK(claims -> claims.claim("tenant", "a\r\nx-llmd-priority: 100")),
        NO_SUBJECT(claims -> claims.subject(null)),
        NO_MODELS(claims -> claims.claim("models", null)),
        MODELS_ARE_NO_LIST(claims -> claims.claim("models", "sim-8b"));

        private final UnaryOperator<JWTClaimsSet.Builder> change;

        Flaw(UnaryOperator<JWTClaimsSet.Builder> change) {
            this.change = change;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTokenThatIsNotForThisServiceNowIs401(Flaw flaw) throws Exception {
        RawClient.Answer answer =
                chatWhenKnown(signed(flaw.change.apply(claims()).build(), key));

        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.body()).contains("invalid_api_key").doesNotContain("eyJ");
        assertThat(gateway.endpoint().requests()).isEmpty();
    }

    @Test
    void aModelThatTheTokenDoesNotNameIsNotFound() throws Exception {
        String token = signed(claims().claim("models", List.of("another")).build(), key);

        assertThat(chatWhenKnown(token).status()).isEqualTo(404);
    }

    @Test
    void aTokenWithoutSignatureIs401() {
        assertThat(chat(new PlainJWT(claims().build()).serialize()).status()).isEqualTo(401);
    }

    /** The public key taken for a secret: whoever knows it could sign. */
    @Test
    void aTokenSignedWithThePublicKeyAsASecretIs401() throws Exception {
        JWSSigner signer = new MACSigner(key.toRSAPublicKey().getEncoded());

        assertThat(chat(signed(claims().build(), JWSAlgorithm.HS256, "first", signer))
                        .status())
                .isEqualTo(401);
    }

    @Test
    void aTokenOfAnotherKeyUnderAKnownNameIs401() throws Exception {
        RSAKey forged = new RSAKeyGenerator(2048).keyID("first").generate();

        assertThat(chatWhenKnown(signed(claims().build(), forged)).status()).isEqualTo(401);
    }

    @Test
    void aTokenWhosePayloadWasChangedIs401() throws Exception {
        String[] good = signed(claims().build(), key).split("\\.");
        String[] other = signed(claims().claim("tenant", "admin").build(), key).split("\\.");

        assertThat(chatWhenKnown(good[0] + "." + other[1] + "." + good[2]).status())
                .isEqualTo(401);
    }

    @Test
    void aNewKeyOfTheProviderIsReadWhenATokenNamesItAndTheOldOneIsForgotten() throws Exception {
        try (GatewayFixture own = new GatewayFixture(
                1,
                "gateway.access.jwt.issuer=" + issuer(),
                "gateway.access.jwt.key-set=" + issuer() + "/keys",
                "gateway.access.jwt.audiences=" + AUDIENCE)) {
            String old = signed(claims().build(), key);
            await("first keys read").until(() -> status(own, old) == 200);
            RSAKey second = new RSAKeyGenerator(2048).keyID("second").generate();
            publish(second);

            String fresh = signed(claims().build(), second);
            await("second key read").atMost(Duration.ofSeconds(30)).until(() -> status(own, fresh) == 200);
            assertThat(status(own, old)).isIn(401, 503);
            own.awaitQuiet();
        } finally {
            publish(key);
        }
    }

    @Test
    void whileTheProviderIsAwayItsKeysStayKnown() throws Exception {
        try (GatewayFixture own = new GatewayFixture(
                1,
                "gateway.access.jwt.issuer=" + issuer(),
                "gateway.access.jwt.key-interval=100ms",
                "gateway.access.jwt.audiences=" + AUDIENCE)) {
            String token = signed(claims().build(), key);
            await("keys read").until(() -> status(own, token) == 200);
            published.set("");

            await("several readings failed").pollDelay(Duration.ofMillis(500)).until(() -> status(own, token) == 200);
            own.awaitQuiet();
        } finally {
            publish(key);
        }
    }

    private static int status(GatewayFixture fixture, String token) {
        try (RawClient client = fixture.connect()) {
            return client.send(RawClient.post(CHAT, BODY, "authorization: Bearer " + token))
                    .receive()
                    .status();
        }
    }
}
