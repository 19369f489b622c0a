package io.llmd.gateway.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessControlTest {

    private static final String SECRET = "sk-one";
    private static final ApiKey KEY =
            ApiKey.unlimited("team-a-1", "team-a", Set.of("m"), Instant.parse("2027-01-31T00:00:00Z"), -1);
    private static final String FILE =
            """
            keys:
              - id: team-a-1
                sha256: %s
                tenant: team-a
                models: [m]
                expires: 2027-01-31T00:00:00Z
                priority: -1
              - id: team-b-1
                sha256: "%s"
                tenant: team-b
            """.formatted(KeyHash.hexOf(SECRET), KeyHash.hexOf("sk-two").toUpperCase(java.util.Locale.ROOT));

    private Instant now = Instant.parse("2026-06-01T00:00:00Z");
    private long nanos = Long.MAX_VALUE - 5;
    private final AccessControl access = new AccessControl(parse(FILE), () -> now, () -> nanos);

    private static ApiKeys parse(String file) {
        return ApiKeys.parse(file.getBytes(StandardCharsets.UTF_8));
    }

    private static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private Access check(String header) {
        return access.check(List.of(header), address("10.0.0.1"));
    }

    private static Access denied(Access.Reason reason) {
        return new Access.Denied(reason);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer sk-one", "bearer sk-one", "BEARER   sk-one "})
    void knownKeyIsGranted(String header) {
        assertThat(check(header)).isEqualTo(new Access.Granted(KEY));
    }

    @ParameterizedTest(name = "B22 {0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "'Basic c2stb25lOng='  | MALFORMED",
                "'Bearer'              | MALFORMED",
                "'Bearer '             | MALFORMED",
                "'Bearersk-one'        | MALFORMED",
                "'Bearer sk-öne'       | MALFORMED",
                "'Bearer sk-one x'     | MALFORMED",
                "''                    | MALFORMED",
                "'sk-one'              | MALFORMED",
                "'Bearer sk-onE'       | UNKNOWN",
                "'Bearer sk-one2'      | UNKNOWN"
            })
    void otherHeadersAreDenied(String header, Access.Reason reason) {
        assertThat(check(header)).isEqualTo(denied(reason));
    }

    @Test
    void tokenOf10KiBIsTooLong() {
        assertThat(check("Bearer " + "x".repeat(10 << 10))).isEqualTo(denied(Access.Reason.TOO_LONG));
    }

    @Test
    void twoHeadersAreAmbiguousEvenWhenEqual() {
        assertThat(access.check(List.of("Bearer sk-one", "Bearer sk-one"), address("10.0.0.1")))
                .isEqualTo(denied(Access.Reason.AMBIGUOUS));
    }

    @Test
    void noHeaderIsMissing() {
        assertThat(access.check(List.of(), address("10.0.0.1"))).isEqualTo(denied(Access.Reason.MISSING));
    }

    @Test
    void keyExpiresAtItsInstant() {
        now = Instant.parse("2027-01-30T23:59:59.999Z");
        assertThat(check("Bearer sk-one")).isEqualTo(new Access.Granted(KEY));

        now = Instant.parse("2027-01-31T00:00:00Z");
        assertThat(check("Bearer sk-one")).isEqualTo(denied(Access.Reason.EXPIRED));
    }

    @Test
    void twentyFailuresShutAnAddressForAMinute() {
        for (int i = 0; i < 20; i++) {
            assertThat(check("Bearer guess-" + i)).isEqualTo(denied(Access.Reason.UNKNOWN));
        }

        assertThat(check("Bearer sk-one")).isEqualTo(denied(Access.Reason.THROTTLED));
        assertThat(access.check(List.of("Bearer sk-one"), address("10.0.0.2"))).isEqualTo(new Access.Granted(KEY));
        nanos += Duration.ofSeconds(59).toNanos();
        assertThat(check("Bearer sk-one")).isEqualTo(denied(Access.Reason.THROTTLED));
        nanos += Duration.ofSeconds(1).toNanos();
        assertThat(check("Bearer sk-one")).isEqualTo(new Access.Granted(KEY));
    }

    @Test
    void slowFailuresDoNotAddUp() {
        for (int i = 0; i < 60; i++) {
            nanos += Duration.ofSeconds(4).toNanos();
            assertThat(check("Bearer guess")).isEqualTo(denied(Access.Reason.UNKNOWN));
        }
    }

    @Test
    void addressesOfOneIpv6NetworkCountAsOne() {
        for (int i = 0; i < 20; i++) {
            access.check(List.of("Bearer guess"), address("2001:db8:0:1::" + Integer.toHexString(i + 1)));
        }

        assertThat(access.check(List.of("Bearer sk-one"), address("2001:db8:0:1:ffff::")))
                .isEqualTo(denied(Access.Reason.THROTTLED));
        assertThat(access.check(List.of("Bearer sk-one"), address("2001:db8:0:2::1")))
                .isEqualTo(new Access.Granted(KEY));
    }

    @Test
    void tableOfFailuresIsBounded() {
        FailureThrottle throttle = new FailureThrottle(() -> nanos, 100);
        for (int i = 0; i < 5_000; i++) {
            throttle.recordFailure(address("10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255)));
            assertThat(throttle.size()).isLessThanOrEqualTo(100);
        }
    }

    @Test
    void replacedKeysAreInForceAtOnce() {
        access.replaceKeys(ApiKeys.NONE);

        assertThat(check("Bearer sk-one")).isEqualTo(denied(Access.Reason.UNKNOWN));
    }

    @Test
    void keyWithoutModelsMayUseAll() {
        assertThat(KEY.mayUse("m")).isTrue();
        assertThat(KEY.mayUse("n")).isFalse();
        assertThat(parse(FILE).keys().get(1)).isEqualTo(ApiKey.unlimited("team-b-1", "team-b", Set.of(), null, 0));
        assertThat(parse(FILE).keys().get(1).mayUse("n")).isTrue();
    }

    @Test
    void generatedKeyOpensTheDoor() {
        NewApiKey made = NewApiKey.generate(new SecureRandom(), "team-c", -5);
        access.replaceKeys(parse("keys:\n" + made.toYaml()));

        assertThat(check("Bearer " + made.secret())).isEqualTo(new Access.Granted(made.key()));
        assertThat(made.key().priority()).isEqualTo(-5);
        assertThat(made.secret()).matches("sk-[A-Za-z0-9_-]{43}");
        assertThat(made.toString()).doesNotContain(made.secret());
        assertThat(made.toYaml()).doesNotContain(made.secret());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NewApiKey.generate(new SecureRandom(), "a\"b", 0))
                .withMessageStartingWith("tenant: not usable");
    }

    @Test
    void jsonIsAKeyFileToo() {
        ApiKeys keys = parse("{\"keys\":[{\"id\":\"a\",\"tenant\":\"t\",\"sha256\":\"" + KeyHash.hexOf("x") + "\"}]}");

        assertThat(keys.keys()).containsExactly(ApiKey.unlimited("a", "t", Set.of(), null, 0));
    }

    @ParameterizedTest(name = "{1}")
    @Tag("bad-input-B95")
    @CsvSource(
            delimiter = '|',
            value = {
                "''                                             | key file: empty",
                "'[]'                                           | key file: no mapping",
                "'keys: {}'                                     | keys: missing or no list",
                "'key: []'                                      | 'key file: unknown field key (expected: keys, tenants), line 1'",
                "'keys: [7]'                                    | 'keys[0]: no mapping (expected: a mapping), line 1'",
                "'keys:~- id: a~  idd: b'                       | 'keys[0]: unknown field idd (expected: budget, expires, id, limits, models, priority, sha256, tenant), line 3'",
                "'keys:~- id: a~  0123456789abcdef0123: b'       | 'keys[0]: unknown field 0123456789ab… (expected: budget'",
                "'keys:~- id: a~  tenant: t~  expires: 0123456789abcdef0123' | 'keys[0].expires: 0123456789ab… (expected: a time'",
                "'keys:~- *0123456789abcdef0123456789abcdef0123456789abcdef' | 'key file: not YAML (found undefined alias 0123456789ab…'",
                "'keys:~- id: a~  id: b'                        | 'keys[0].id: given twice (expected: once), line 3'",
                "'keys:~- tenant: a'                            | 'keys[0].id: missing (expected: a value), line 2'",
                "'keys:~- id: a~  tenant: t'                    | 'keys[0].sha256: missing'",
                "'keys:~- id: a~  tenant: t~  sha256: abc'      | 'keys[0].sha256: 3 characters (expected: SHA-256 of the key, 64 hex digits), line 4'",
                "'keys:~- id: a b~  tenant: t'                  | 'keys[0].id: not usable'",
                "'keys:~- id: !!java.net.URL x~  tenant: t'     | 'key file: not YAML (Global tag is not allowed'",
                "'keys:~- id: a~  tenant: t~  models: []'       | 'keys[0].models: no list of models'",
                "'keys:~- id: a~  tenant: t~  expires: soon'    | 'keys[0].expires: soon (expected: a time such as 2027-01-31T00:00:00Z), line 4'",
                "'keys:~- id: a~  tenant: t~  priority: high'   | 'keys[0].priority: high (expected: an integer), line 4'",
                "'keys:~- id: a~  tenant: t~  limits: {concurrent: -1}' | 'keys[0].limits.concurrent: -1 (expected: an integer of at least 0), line 4'",
                "'keys:~- id: a~  tenant: t~  limits: {rpm: 1}' | 'keys[0].limits: unknown field rpm (expected: concurrent, requests-per-minute, tokens-per-minute), line 4'",
                "'keys:~- id: a~  tenant: t~  budget: {tokens: 5, per: week}' | 'keys[0].budget.per: week (expected: day or month), line 4'",
                "'keys:~- id: a~  tenant: t~  budget: {tokens: 0, per: day}' | 'keys[0].budget.tokens: 0 (expected: an integer of at least 1), line 4'",
                "'tenants: [{name: t}, {name: t}]~keys: []' | 'tenants[1].name: t again (expected: unique), line 1'",
                "'keys:~\t- id: a'                              | 'key file: not YAML ('",
                "'keys: ['                                      | 'key file: not YAML ('"
            })
    void fileThatIsNotInOrderIsRefused(String file, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse(file.replace('~', '\n')))
                .withMessageStartingWith(message);
    }

    @Test
    void limitsOfTheFileGoBeforeThoseOfTheSettings() {
        String hash = KeyHash.hexOf("x");
        String file = """
                keys:
                  - {id: a, tenant: t, sha256: %s, limits: {requests-per-minute: 5, concurrent: 0}}
                tenants:
                  - {name: t, limits: {tokens-per-minute: 7}, budget: {tokens: 9, per: month}}
                """.formatted(hash);

        ApiKey key = ApiKeys.parse(
                        file.getBytes(StandardCharsets.UTF_8),
                        new Allowance(1, 2, 64, null),
                        new Allowance(3, 4, 256, null))
                .keys()
                .getFirst();

        assertThat(key.allowance()).isEqualTo(new Allowance(5, 2, 0, null));
        assertThat(key.tenantAllowance()).isEqualTo(new Allowance(3, 7, 256, new Budget(9, Budget.Period.MONTH)));
    }

    @Test
    void aTokenSharesWhatTheKeysInForceAllowItsTenant() {
        Allowance byDefault = new Allowance(3, 4, 256, null);
        AccessControl both = new AccessControl(parse(FILE), new OneToken(byDefault), () -> now, () -> nanos);
        both.replaceKeys(parse(FILE + """
                tenants:
                  - {name: research, limits: {tokens-per-minute: 7}, budget: {tokens: 9, per: month}}
                """));

        ApiKey known = granted(both.check(List.of("Bearer token-research"), address("10.0.0.1")));
        assertThat(known.tenantAllowance()).isEqualTo(new Allowance(0, 7, 0, new Budget(9, Budget.Period.MONTH)));
        assertThat(granted(both.check(List.of("Bearer token-team-b"), address("10.0.0.1")))
                        .tenantAllowance())
                .as("as a key of the tenant that the file does not name")
                .isEqualTo(Allowance.UNLIMITED);
        assertThat(granted(both.check(List.of("Bearer token-other"), address("10.0.0.1")))
                        .tenantAllowance())
                .isEqualTo(byDefault);

        both.replaceKeys(parse(FILE + "tenants:\n  - {name: research, limits: {tokens-per-minute: 8}}\n"));
        assertThat(both.current(known).tenantAllowance()).isEqualTo(new Allowance(0, 8, 0, null));
    }

    private static ApiKey granted(Access access) {
        return ((Access.Granted) access).key();
    }

    /** Takes tokens that name their tenant. */
    private record OneToken(Allowance tenantAllowance) implements TokenCheck {

        @Override
        public boolean covers(String token) {
            return token.startsWith("token-");
        }

        @Override
        public Access check(String token) {
            return new Access.Granted(
                    new ApiKey("jwt-1", token.substring(6), Set.of(), null, 0, Allowance.UNLIMITED, tenantAllowance));
        }
    }

    @Test
    void sameIdOrHashTwiceIsRefused() {
        String entry = "- {id: %s, tenant: t, sha256: '" + KeyHash.hexOf("x") + "'}\n";
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("keys:\n" + entry.formatted("a") + entry.formatted("a")))
                .withMessage("keys[1].id: a again (expected: unique), line 3");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("keys:\n" + entry.formatted("a") + entry.formatted("b")))
                .withMessage("keys[1].sha256: given before (expected: unique), line 3");
    }

    @Test
    @Tag("bad-input-B95")
    void fileOf2MiBIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ApiKeys.parse(new byte[2 << 20]))
                .withMessageStartingWith("key file: 2097152 bytes (expected: at most 1048576)");
    }
}
