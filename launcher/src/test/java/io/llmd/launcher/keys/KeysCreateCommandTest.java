package io.llmd.launcher.keys;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.gateway.access.Allowance;
import io.llmd.gateway.access.ApiKeys;
import io.llmd.gateway.access.Budget;
import io.llmd.launcher.Captured;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeysCreateCommandTest {

    private final Captured captured = new Captured();

    @Test
    void entryIsAKeyFileThatTheGatewayReads() {
        assertThat(captured.run("keys", "create", "--tenant", "team-a")).isZero();

        String file = captured.out().substring(captured.out().indexOf("keys:"));
        assertThat(ApiKeys.parse(file.getBytes(StandardCharsets.UTF_8)).keys()).hasSize(1);
        assertThat(file).contains("team-a");
        Matcher secret = Pattern.compile("sk-[A-Za-z0-9_-]{43}").matcher(captured.out());
        assertThat(secret.find()).isTrue();
        assertThat(file).doesNotContain(secret.group());
    }

    @Test
    void jsonHasKeyAndEntry() {
        assertThat(captured.run("keys", "create", "--json")).isZero();
        assertThat(captured.out()).startsWith("{").contains("\"key\":\"sk-", "\"entry\":");
    }

    @Test
    void limitsAreReadByTheGatewayAsTheyWereGiven() {
        assertThat(captured.run(
                        "keys",
                        "create",
                        "--requests-per-minute=60",
                        "--tokens-per-minute=7000",
                        "--concurrent=5",
                        "--budget=900/month"))
                .isZero();

        String file = captured.out().substring(captured.out().indexOf("keys:"));
        assertThat(ApiKeys.parse(file.getBytes(StandardCharsets.UTF_8))
                        .keys()
                        .getFirst()
                        .allowance())
                .isEqualTo(new Allowance(60, 7_000, 5, new Budget(900, Budget.Period.MONTH)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--budget=900", "--budget=x/day", "--budget=900/week", "--budget=0/day", "--concurrent=-1"})
    void badLimitsAreAUsageError(String option) {
        assertThat(captured.run("keys", "create", option)).isEqualTo(2);
        assertThat(captured.err()).contains("expected: ");
    }

    @Test
    void badTenantIsAUsageError() {
        assertThat(captured.run("keys", "create", "--tenant", "a b")).isEqualTo(2);
        assertThat(captured.err()).contains("--tenant");
    }
}
