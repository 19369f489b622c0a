package io.llmd.gateway.token;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.llmd.gateway.access.Access;
import io.llmd.gateway.access.Allowance;
import io.llmd.gateway.access.ApiKey;
import io.llmd.gateway.access.TokenCheck;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtClaimNames;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.JwtValidationException;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

/**
 * Checks signed tokens of one identity provider (RFC 7519, RFC 8725): signature by a key of the provider and an algorithm that
 * is allowed, issuer, audience and time. Claims say whose requests they are and which models these may name. Keys are in
 * memory, so that nothing blocks; a token that was good is not verified again before it is over or the keys change.
 */
public final class SignedTokens implements TokenCheck {

    /** What may become a header and a tag. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._:@/+-]{1,128}");

    private static final String HEADER_START = "eyJ";
    private static final int TOKENS_PER_GENERATION = 10_000;

    /** Of the hash of a subject, in hexadecimal. */
    private static final int ID_DIGITS = 16;

    /**
     * @param issuer value of {@code iss}
     * @param audiences one of them must be in {@code aud}
     * @param algorithms names of RFC 7518 that may sign, none of them with a shared secret
     * @param tenantClaim claim with the tenant
     * @param modelsClaim claim with a list of models; empty for all models
     * @param clockSkew tokens are good for so much longer, and sooner, than they say
     * @param keyAllowance what each subject may use
     * @param tenantAllowance what all subjects of a tenant may use together that the keys in force do not name
     */
    public record Settings(
            String issuer,
            Set<String> audiences,
            Set<String> algorithms,
            String tenantClaim,
            String modelsClaim,
            Duration clockSkew,
            Allowance keyAllowance,
            Allowance tenantAllowance) {

        public Settings {
            audiences = Set.copyOf(audiences);
            algorithms = Set.copyOf(algorithms);
            if (audiences.isEmpty()) {
                throw new IllegalArgumentException("audiences: none (expected: at least one)");
            }
            for (String algorithm : algorithms) {
                if (!JWSAlgorithm.Family.SIGNATURE.contains(JWSAlgorithm.parse(algorithm))) {
                    throw new IllegalArgumentException("algorithms: " + algorithm
                            + " (expected: of RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512)");
                }
            }
        }
    }

    private final Settings settings;
    private final ProviderKeys keys;
    private final Set<JWSAlgorithm> algorithms;
    private final NimbusJwtDecoder decoder;
    private final Clock clock;
    private final VerifiedTokens verified = new VerifiedTokens(TOKENS_PER_GENERATION);

    /** @param clock tells whether tokens are good now */
    public SignedTokens(Settings settings, ProviderKeys keys, Clock clock) {
        this.settings = settings;
        this.keys = keys;
        this.clock = clock;
        this.algorithms =
                settings.algorithms().stream().map(JWSAlgorithm::parse).collect(Collectors.toUnmodifiableSet());
        DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
        processor.setJWSKeySelector(
                new JWSVerificationKeySelector<>(algorithms, (selector, context) -> selector.select(keys.keys())));
        processor.setJWSTypeVerifier(
                new DefaultJOSEObjectTypeVerifier<>(JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
        // Claims are checked by the decoder's validators.
        processor.setJWTClaimsSetVerifier((claims, context) -> {});
        this.decoder = new NimbusJwtDecoder(processor);
        JwtTimestampValidator time = new JwtTimestampValidator(settings.clockSkew());
        time.setClock(clock);
        time.setAllowEmptyExpiryClaim(false);
        decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(
                time,
                new JwtIssuerValidator(settings.issuer()),
                new JwtClaimValidator<Collection<String>>(JwtClaimNames.AUD, this::isForUs)));
    }

    private boolean isForUs(@Nullable Collection<String> audiences) {
        return audiences != null && audiences.stream().anyMatch(settings.audiences()::contains);
    }

    @Override
    public boolean covers(String token) {
        return token.startsWith(HEADER_START)
                && token.chars().filter(c -> c == '.').count() == 2;
    }

    @Override
    public Access check(String token) {
        JWKSet known = keys.keys();
        String hash = hash(token);
        Access before = verified.find(hash, known, clock.instant());
        return before != null ? before : verify(token, hash, known);
    }

    private Access verify(String token, String hash, JWKSet known) {
        try {
            SignedJWT parsed = SignedJWT.parse(token);
            boolean isKnown = parsed.getHeader().getKeyID() == null
                    ? !known.getKeys().isEmpty()
                    : known.getKeyByKeyId(parsed.getHeader().getKeyID()) != null;
            if (algorithms.contains(parsed.getHeader().getAlgorithm()) && !isKnown) {
                // No guess at a secret, so that it counts for no brake: the provider may just have a new key.
                return new Access.Denied(keys.readAgain() ? Access.Reason.UNAVAILABLE : Access.Reason.NOT_GOOD_HERE);
            }
            Jwt good = decoder.decode(token);
            Access access = granted(good);
            Instant end = good.getExpiresAt();
            if (access instanceof Access.Granted granted && end != null) {
                verified.add(hash, granted, known, end.plus(settings.clockSkew()));
            }
            return access;
        } catch (JwtValidationException e) {
            return new Access.Denied(Access.Reason.NOT_GOOD_HERE);
        } catch (ParseException | JwtException e) {
            return new Access.Denied(Access.Reason.UNKNOWN);
        }
    }

    private Access granted(Jwt token) {
        String tenant = token.getClaims().get(settings.tenantClaim()) instanceof String text ? text : "";
        String subject = token.getSubject();
        Set<String> models = models(token);
        if (subject == null || models == null || !NAME.matcher(tenant).matches()) {
            return new Access.Denied(Access.Reason.NOT_GOOD_HERE);
        }
        return new Access.Granted(new ApiKey(
                // Who it is, without saying it: subjects are often names or addresses of people.
                "jwt-" + hash(settings.issuer() + "\n" + subject).substring(0, ID_DIGITS),
                tenant,
                models,
                token.getExpiresAt(),
                0,
                settings.keyAllowance(),
                settings.tenantAllowance()));
    }

    /** Models that the token names, empty for all; {@code null} when it has to name some and does not. */
    private @Nullable Set<String> models(Jwt token) {
        if (settings.modelsClaim().isEmpty()) {
            return Set.of();
        }
        if (!(token.getClaims().get(settings.modelsClaim()) instanceof List<?> named)
                || named.isEmpty()
                || !named.stream().allMatch(String.class::isInstance)) {
            return null;
        }
        return named.stream().map(String.class::cast).collect(Collectors.toUnmodifiableSet());
    }

    private static String hash(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
