package io.llmd.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CacheIsolationTest {

    private static final ApiKey A = ApiKey.unlimited("a", "t", Set.of(), null, 0);
    private static final ApiKey SAME_TENANT = ApiKey.unlimited("b", "t", Set.of(), null, 0);
    private static final ApiKey OTHER_TENANT = ApiKey.unlimited("c", "u", Set.of(), null, 0);

    private static CacheIsolation isolation(CacheIsolation.Scope scope, int seed) {
        byte[] secret = new byte[CacheIsolation.MIN_SECRET];
        secret[0] = (byte) seed;
        return new CacheIsolation(scope, secret);
    }

    private static @Nullable String salt(CacheIsolation.Scope scope, ApiKey key, String given) {
        return isolation(scope, 1).salt(key, given);
    }

    @Test
    void keysOfATenantShareBlocksAndTenantsDoNot() {
        assertThat(salt(CacheIsolation.Scope.TENANT, A, ""))
                .isEqualTo(salt(CacheIsolation.Scope.TENANT, SAME_TENANT, ""))
                .isNotEqualTo(salt(CacheIsolation.Scope.TENANT, OTHER_TENANT, ""))
                .matches("[A-Za-z0-9_-]{43}");
    }

    @Test
    void aClientCannotWriteTheSaltOfAnother() {
        Set<String> salts = new HashSet<>();
        String others = salt(CacheIsolation.Scope.TENANT, OTHER_TENANT, "");

        salts.add(salt(CacheIsolation.Scope.TENANT, A, ""));
        salts.add(salt(CacheIsolation.Scope.TENANT, A, others));
        salts.add(salt(CacheIsolation.Scope.TENANT, A, "u"));
        salts.add(salt(CacheIsolation.Scope.TENANT, OTHER_TENANT, "t"));
        salts.add(salt(CacheIsolation.Scope.KEY, A, ""));
        salts.add(others);

        assertThat(salts).hasSize(6);
    }

    @Test
    void eachKeyMayHaveBlocksOfItsOwn() {
        assertThat(salt(CacheIsolation.Scope.KEY, A, "")).isNotEqualTo(salt(CacheIsolation.Scope.KEY, SAME_TENANT, ""));
    }

    @Test
    void sharedBlocksLeaveRequestsAsTheyAre() {
        assertThat(salt(CacheIsolation.Scope.SHARED, A, "mine")).isNull();
    }

    @Test
    void anotherSecretIsAnotherSalt() {
        assertThat(isolation(CacheIsolation.Scope.TENANT, 1).salt(A, ""))
                .isNotEqualTo(isolation(CacheIsolation.Scope.TENANT, 2).salt(A, ""));
    }

    @Test
    void aShortSecretIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CacheIsolation(CacheIsolation.Scope.TENANT, new byte[31]))
                .withMessageContaining("expected: at least 32");
    }
}
