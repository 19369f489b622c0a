package io.llmd.gateway.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.JWKSet;
import io.llmd.gateway.access.Access;
import io.llmd.gateway.access.Allowance;
import io.llmd.gateway.access.ApiKey;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

class VerifiedTokensTest {

    private static final Instant NOW = Instant.parse("2026-06-30T12:00:00Z");
    private static final Access.Granted ACCESS =
            new Access.Granted(new ApiKey("jwt-1", "t", Set.of(), null, 0, Allowance.UNLIMITED, Allowance.UNLIMITED));

    private final JWKSet keys = new JWKSet();
    private final VerifiedTokens tokens = new VerifiedTokens(100);

    @Test
    void aTokenIsKnownUntilItEnds() {
        tokens.add("a", ACCESS, keys, NOW.plusSeconds(60));

        assertThat(tokens.find("a", keys, NOW.plusSeconds(59))).isSameAs(ACCESS);
        assertThat(tokens.find("a", keys, NOW.plusSeconds(60))).isNull();
        assertThat(tokens.find("b", keys, NOW)).isNull();
    }

    @Test
    void otherKeysOfTheProviderHaveEveryTokenVerifiedAgain() {
        tokens.add("a", ACCESS, keys, NOW.plusSeconds(60));

        assertThat(tokens.find("a", new JWKSet(), NOW)).isNull();
    }

    @Test
    void theirNumberIsBoundedAndTheLatestAreKept() {
        for (int i = 0; i < 10_000; i++) {
            tokens.add("token " + i, ACCESS, keys, NOW.plusSeconds(60));
            assertThat(tokens.size()).isLessThanOrEqualTo(200);
        }

        assertThat(tokens.find("token 9999", keys, NOW)).isSameAs(ACCESS);
        assertThat(tokens.find("token 9900", keys, NOW)).isSameAs(ACCESS);
        assertThat(tokens.find("token 0", keys, NOW)).isNull();
    }
}
