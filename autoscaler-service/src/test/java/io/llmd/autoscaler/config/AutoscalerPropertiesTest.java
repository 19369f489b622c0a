package io.llmd.autoscaler.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.autoscaler.kube.TargetRef;
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
        settings.put("autoscaler.kubernetes.enabled", "true");
        assertThatThrownBy(this::bound).rootCause().hasMessageContaining("beside autoscaler.kubernetes.enabled");
        settings.remove("autoscaler.endpoints-file");
        assertThat(bound().variants().getFirst().inCluster().target())
                .isEqualTo(new TargetRef("default", "apps/v1", "Deployment", "v"));
    }

    @Test
    void aRouterThatIsNamedTwiceIsRefused() {
        settings.put("autoscaler.endpoints-file", "/etc/llmd/endpoints.yaml");
        settings.put("autoscaler.routers[1]", "http://ROUTER:80/actuator/prometheus");
        assertThatThrownBy(this::bound).rootCause().hasMessageContaining("twice");
    }

    @Test
    void twoVariantsOfOneTargetAreRefused() {
        settings.put("autoscaler.kubernetes.enabled", "true");
        settings.put("autoscaler.variants[1].name", "w");
        settings.put("autoscaler.variants[1].model", "m");
        settings.put("autoscaler.variants[1].cost-per-hour", "1");
        assertThat(bound().variants()).hasSize(2);
        settings.put("autoscaler.variants[1].target.name", "v");
        assertThatThrownBy(this::bound).rootCause().hasMessageContaining("default/w has target v");
        settings.put("autoscaler.variants[1].name", "v");
        assertThatThrownBy(this::bound).rootCause().hasMessageContaining("default/v twice");
    }

    @Test
    void externalMetricsNeedACertificate() {
        settings.put("autoscaler.endpoints-file", "/etc/llmd/endpoints.yaml");
        settings.put("autoscaler.external-metrics.enabled", "true");
        assertThatThrownBy(this::bound).rootCause().hasMessageContaining("autoscaler.external-metrics.certificate");
    }
}
