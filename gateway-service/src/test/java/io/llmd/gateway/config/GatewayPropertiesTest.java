package io.llmd.gateway.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.contracts.schedule.TargetEndpoint;
import io.llmd.gateway.access.ApiKeys;
import io.llmd.gateway.access.CacheIsolation;
import io.llmd.gateway.dispatch.HttpSchedulerClient;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** What settings must hold before anything starts. */
class GatewayPropertiesTest {

    private static GatewayProperties bind(Map<String, String> settings) {
        return new Binder(new MapConfigurationPropertySource(settings))
                .bindOrCreate("gateway", Bindable.of(GatewayProperties.class));
    }

    @ParameterizedTest
    @DisplayName("a bad value is refused with its name, itself and what is expected")
    @CsvSource({
        "prefill-timeout, 0s, PT0S",
        "decode-timeout, -1s, PT-1S",
        "handoff-lease, 0s, PT0S",
        "quarantine, 0s, PT0S",
        "commit-timeout, 0s, PT0S",
        "answer-size, 0B, 0B",
        "answer-size, 2048MB, 2147483648B"
    })
    void badValues(String name, String value, String told) {
        assertThatThrownBy(() -> bind(Map.of("gateway.disaggregation." + name, value)))
                .rootCause()
                .hasMessageContaining("gateway.disaggregation." + name + ": " + told)
                .hasMessageContaining("expected: ");
    }

    @ParameterizedTest
    @DisplayName("a coordinator's steps are in order and end with decode, and its URLs are bases")
    @CsvSource(
            delimiter = ';',
            value = {
                "steps; decode,prefill; [DECODE, PREFILL]",
                "steps; render,prefill; [RENDER, PREFILL]",
                "steps; decode,decode; [DECODE, DECODE]",
                "gateway; ftp://a; ftp://a",
                "gateway; http://a/b; http://a/b",
                "render; a:80; a:80",
                "openai-format; false; false",
                "media-size; 0B; 0B",
                "render-size; 3GB; 3221225472B"
            })
    void badCoordinators(String name, String value, String told) {
        assertThatThrownBy(() -> bind(Map.of("gateway.coordinator." + name, value)))
                .rootCause()
                .hasMessageContaining("gateway.coordinator." + name + ": " + told)
                .hasMessageContaining("expected: ");
    }

    @ParameterizedTest
    @DisplayName("a scheduler is reached by HTTP, with TLS or without, and its URL has a host")
    @CsvSource({"ftp://a, ftp://a", "localhost:8081, localhost:8081", "/v1, /v1"})
    void badSchedulers(String url, String told) {
        assertThatThrownBy(() -> bind(Map.of("gateway.scheduler.url", url)))
                .rootCause()
                .hasMessageContaining("gateway.scheduler.url: " + told)
                .hasMessageContaining("expected: ");
    }

    @Test
    void theCaseOfASchemeDoesNotMatter() {
        GatewayProperties properties = bind(Map.of("gateway.scheduler.url", "HTTPS://scheduler"));

        assertThat(PoolTls.of(properties, null)
                        .of(new TargetEndpoint(HttpSchedulerClient.SCHEDULER_ID, "scheduler", 443)))
                .isNotNull();
    }

    @Test
    @DisplayName("tokens without a key and without a secret for salts are refused, for each gateway would have another")
    void tokensNeedASecretForSalts() {
        GatewayProperties.Access access = bind(Map.of(
                        "gateway.access.jwt.issuer", "https://idp.example", "gateway.access.jwt.audiences", "llmd"))
                .access();

        assertThatThrownBy(() -> CacheSecret.isolation(access, CacheIsolation.Scope.TENANT, ApiKeys.NONE))
                .hasMessageContaining("gateway.access.cache-secret-file: none (expected: ");
        assertThat(CacheSecret.isolation(access, CacheIsolation.Scope.SHARED, ApiKeys.NONE))
                .isNotNull();
    }

    @Test
    void goodValuesAreTaken() {
        GatewayProperties properties = bind(Map.of(
                "gateway.disaggregation.answer-size", "2047MB", "gateway.disaggregation.encode-connector", "none"));

        assertThat(properties.disaggregation().answerSize().toMegabytes()).isEqualTo(2047);
        assertThat(properties.disaggregation().cacheHitThreshold()).isZero();
    }
}
