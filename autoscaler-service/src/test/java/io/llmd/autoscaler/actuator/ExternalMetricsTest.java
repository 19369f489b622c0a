package io.llmd.autoscaler.actuator;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.autoscaler.Decided;
import io.llmd.autoscaler.loop.Cycle;
import io.llmd.autoscaler.loop.DecisionLog;
import io.llmd.autoscaler.loop.DecisionLogs;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an HPA is told when it asks the cluster. */
class ExternalMetricsTest {

    private static final String ROOT = "/apis/external.metrics.k8s.io/v1beta1";

    private final DecisionLog log = new DecisionLog();
    private double now;
    private final ExternalMetrics metrics =
            new ExternalMetrics(log, new Published(log, () -> now, Duration.ofMinutes(5)));

    private JsonNode get(String uri, int status) {
        ExternalMetrics.Answer answer = metrics.answer("GET", uri);
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        return JsonMapper.shared().readTree(answer.body());
    }

    @Test
    void whatThereIsCanBeDiscovered() {
        assertThat(get("/apis", 200).at("/groups/0/name").asString()).isEqualTo("external.metrics.k8s.io");
        assertThat(get("/apis/external.metrics.k8s.io", 200)
                        .at("/preferredVersion/version")
                        .asString())
                .isEqualTo("v1beta1");
        assertThat(get(ROOT, 200).at("/resources/0/name").asString()).isEqualTo("autoscaler_replicas_desired");
        assertThat(get(ROOT, 200).at("/resources/0/namespaced").asBoolean()).isTrue();
        get("/readyz", 200);
        get("/openapi/v2", 404);
        assertThat(metrics.answer("POST", ROOT).status()).isEqualTo(405);
    }

    @Test
    @Tag("autoscaling-60")
    void whatAStandbyShowsIsAsOldAsItsLeaderSaidIt() {
        Cycle cycle = Decided.cycle("c1", List.of());
        DecisionLogs.add(
                log,
                new Cycle(
                        cycle.id(),
                        cycle.at(),
                        cycle.nowSeconds(),
                        cycle.input(),
                        cycle.before(),
                        cycle.decided(),
                        cycle.published(),
                        cycle.advised(),
                        false,
                        200));
        String uri = ROOT + "/namespaces/n/autoscaler_replicas_desired?labelSelector=variant%3Dv";
        now = 100;
        get(uri, 200);
        now = 101;
        get(uri, 503);
    }

    @Test
    @Tag("autoscaling-60")
    void valuesAreThoseOfTheSelectedVariants() {
        String uri = ROOT + "/namespaces/n/autoscaler_replicas_desired?labelSelector=variant%3Dv";
        get(uri, 503);
        DecisionLogs.add(log, Decided.cycle("c1", List.of()));
        JsonNode found = get(uri, 200);
        assertThat(found.path("kind").asString()).isEqualTo("ExternalMetricValueList");
        assertThat(found.at("/items/0/value").asString()).isEqualTo("5");
        assertThat(found.at("/items/0/metricLabels/model").asString()).isEqualTo("m");
        assertThat(found.at("/items/0/timestamp").asString()).isEqualTo("2026-01-31T12:00:00Z");
        assertThat(get(ROOT + "/namespaces/n/wva_desired_replicas?labelSelector=variant_name%20in%20(v,w)", 200)
                        .at("/items/0/value")
                        .asString())
                .isEqualTo("5");
        assertThat(get(ROOT + "/namespaces/n/autoscaler_replicas_desired?labelSelector=variant%3Dw", 200)
                        .path("items"))
                .isEmpty();
        assertThat(get(ROOT + "/namespaces/other/autoscaler_replicas_desired", 200)
                        .path("items"))
                .as("of another namespace")
                .isEmpty();
        get(ROOT + "/namespaces/n/other_metric", 404);
        get(ROOT + "/namespaces/n/autoscaler_replicas_desired?labelSelector=%28", 400);
        now = 301;
        assertThat(get(uri, 503).path("reason").asString()).isEqualTo("ServiceUnavailable");
        DecisionLogs.add(log, Decided.cycle("c2", List.of("n/v")));
        assertThat(get(uri, 200).path("items")).as("advice is not carried out").isEmpty();
    }

    @Test
    void selectorsAreThoseOfKubernetes() {
        java.util.Map<String, String> labels = java.util.Map.of("a", "1", "b/c", "2");
        for (String matching :
                List.of("", "a=1", "a==1,b/c=2", "a!=2", "x!=2", "a in (1,2)", "x notin (1)", "a", "!x")) {
            assertThat(LabelSelector.parse(matching).matches(labels))
                    .as(matching)
                    .isTrue();
        }
        for (String other : List.of("a=2", "a!=1", "a in (2, 3)", "a notin (1)", "x", "!a", "x=1")) {
            assertThat(LabelSelector.parse(other).matches(labels)).as(other).isFalse();
        }
    }
}
