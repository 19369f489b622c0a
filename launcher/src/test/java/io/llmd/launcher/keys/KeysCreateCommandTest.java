package io.llmd.launcher.keys;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.gateway.access.ApiKeys;
import io.llmd.launcher.Captured;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

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
    void badTenantIsAUsageError() {
        assertThat(captured.run("keys", "create", "--tenant", "a b")).isEqualTo(2);
        assertThat(captured.err()).contains("--tenant");
    }
}
