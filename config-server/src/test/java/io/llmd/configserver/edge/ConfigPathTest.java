package io.llmd.configserver.edge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigPathTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/gateway/default",
                "/scheduler/prod",
                "/gateway/trial,prod",
                "/gateway,scheduler/default",
                "/gateway/default/main",
                "/gateway/default/v1.2_rc-3",
                "/encrypting/default"
            })
    void plainNamesAreAConfiguration(String path) {
        assertThat(ConfigPath.isConfiguration(path)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/gateway",
                "/gateway/",
                "//gateway/default",
                "/gateway/default/",
                "/app/..%2f..%2f/etc",
                "/app/../etc",
                "/../app/default",
                "/app/a..b",
                "/app/(_)..(_)etc",
                "/app/default/feature%2Fx",
                "/app/default/feature/x",
                "/app/default/main/secret.txt",
                "/app/%64efault",
                "/app/default;a=b",
                "/app/def\\ault",
                "/app/default\u0000",
                "/app/.hidden",
                "/.git/config",
                "/gateway-default.yml",
                "/app/default,",
                "/app/,default",
                "/encrypt",
                "/decrypt",
                "/encrypt/app/default",
                "/encrypt/status",
                "/decrypt/app",
                "/key/app",
                "/monitor",
                "/monitor/app",
                "/actuator/env",
                "/error/default"
            })
    void everythingElseIsNot(String path) {
        assertThat(ConfigPath.isConfiguration(path)).isFalse();
    }

    @Test
    void overlongPathsAreNot() {
        assertThat(ConfigPath.isConfiguration("/gateway/" + "a".repeat(503))).isTrue();
        assertThat(ConfigPath.isConfiguration("/gateway/" + "a".repeat(504))).isFalse();
    }
}
