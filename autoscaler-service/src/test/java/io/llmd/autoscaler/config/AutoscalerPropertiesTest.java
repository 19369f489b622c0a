package io.llmd.autoscaler.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** Settings that are refused at start. */
class AutoscalerPropertiesTest {

    private final Map<String, String> settings = new HashMap<>(Map.of(
            "autoscaler.variants[0].name", "v",
            "autoscaler.variants[0].model", "m",
            "autoscaler.variants[0].cost-per-hour", "1",
            "autoscaler.routers[0]", "http://router/metrics"));

    private AutoscalerProperties bound() {
        return new Binder(new MapConfigurationPropertySource(settings))
                .bind("autoscaler", AutoscalerProperties.class)
                .get();
    }

    @Test
    void variantsNeedAFileWithTheirReplicas() {
        assertThatThrownBy(this::bound).rootCause().hasMessageContaining("autoscaler.endpoints-file: none");
        settings.put("autoscaler.endpoints-file", "/etc/llmd/endpoints.yaml");
        assertThat(bound().variants()).hasSize(1);
    }
}
