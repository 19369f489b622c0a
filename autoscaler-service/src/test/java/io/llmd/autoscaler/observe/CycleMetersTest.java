package io.llmd.autoscaler.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.autoscaler.Decided;
import io.llmd.autoscaler.loop.Cycle;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CycleMetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private static final ClusterState CLUSTER =
            new ClusterState(false, true, Map.of("n/v", 50.0), Map.of("n/v", "HPA_TOLERANCE"));

    private final CycleMeters meters = new CycleMeters(registry, true);

    private double gauge(String name, String... tags) {
        return registry.get(name).tags(tags).gauge().value();
    }

    @Test
    void beforeTheFirstCycleThereIsNoNumber() {
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void aNumberThatNobodyRenewsIsNoneAtLast() {
        double[] now = {0};
        meters.expire(() -> now[0], 300);
        meters.watch(() -> Decided.STATE, () -> CLUSTER);
        meters.published(Decided.cycle("c1", List.of()));
        now[0] = 300;
        assertThat(gauge("autoscaler.replicas.desired", "variant", "v")).isEqualTo(5);
        now[0] = 301;
        assertThat(gauge("autoscaler.replicas.desired", "variant", "v")).isNaN();
        assertThat(gauge("wva_desired_replicas", "variant_name", "v")).isNaN();
        assertThat(gauge("wva_current_replicas", "variant_name", "v")).isEqualTo(2);
    }

    @Test
    void aCycleIsShownUnderOurNamesAndThoseOfWva() {
        meters.watch(() -> Decided.STATE, () -> CLUSTER);
        meters.published(Decided.cycle("c1", List.of()));
        meters.took("decide", 5_000_000);

        assertThat(gauge("autoscaler.replicas.desired", "variant", "v", "namespace", "n", "model", "m"))
                .isEqualTo(5);
        assertThat(gauge("autoscaler.replicas.current", "variant", "v", "state", "starting"))
                .isEqualTo(1);
        assertThat(gauge("autoscaler.demand.requests", "class", "chat", "kind", "now"))
                .isEqualTo(5);
        assertThat(gauge("autoscaler.actuation.lag", "variant", "v")).isEqualTo(50);
        assertThat(gauge("autoscaler.actuation.stalled", "variant", "v")).isEqualTo(1);
        assertThat(gauge("autoscaler.leader")).isZero();
        assertThat(gauge("autoscaler.config.valid")).isEqualTo(1);
        assertThat(gauge("autoscaler.cost", "model", "m")).isEqualTo(10);
        assertThat(gauge("autoscaler.input.grade", "model", "m")).isEqualTo(2);
        assertThat(gauge("autoscaler.load.binding", "dimension", "itl")).isEqualTo(1);
        assertThat(gauge("wva_desired_replicas", "variant_name", "v", "accelerator_type", "gpu"))
                .isEqualTo(5);
        assertThat(gauge("wva_current_replicas", "variant_name", "v")).isEqualTo(2);
        assertThat(gauge("wva_desired_ratio", "variant_name", "v")).isEqualTo(2.5);
        assertThat(registry.get("autoscaler.decision")
                        .tag("direction", "up")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("autoscaler.cycle").timer().count()).isEqualTo(1);
    }

    @Test
    void whoScrapesBetweenTwoCyclesSeesEachNumberOnce() {
        meters.published(Decided.cycle("c1", List.of()));
        Gauge before = registry.get("autoscaler.cost").gauge();
        meters.published(Decided.cycle("c2", List.of()));
        assertThat(registry.get("autoscaler.cost").gauges()).containsExactly(before);
    }

    @Test
    void adviceIsNotShownAsANumberToAskFor() {
        meters.published(Decided.cycle("c1", List.of("n/v")));
        assertThat(gauge("autoscaler.replicas.advised", "variant", "v")).isEqualTo(5);
        assertThat(registry.find("autoscaler.replicas.desired").gauges()).isEmpty();
        assertThat(registry.find("wva_desired_replicas").gauges()).isEmpty();
    }

    @Test
    void whatIsPublishedIsWhatIsDocumented() {
        meters.watch(() -> Decided.STATE, () -> CLUSTER);
        meters.published(Decided.cycle("c1", List.of()));
        Cycle advised = Decided.cycle("c2", List.of("n/v"));
        meters.published(advised);
        meters.took("decide", 1);
        for (Meter meter : registry.getMeters()) {
            AutoscalerMeters documented = Arrays.stream(AutoscalerMeters.values())
                    .filter(each -> each.getName().equals(meter.getId().getName()))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("not documented: " + meter.getId()));
            Set<String> tags =
                    meter.getId().getTags().stream().map(Tag::getKey).collect(Collectors.toCollection(TreeSet::new));
            assertThat(tags)
                    .as(documented.getName())
                    .containsExactlyInAnyOrderElementsOf(Arrays.stream(documented.getKeyNames())
                            .map(key -> key.asString())
                            .toList());
            assertThat(meter.getId().getType()).isEqualTo(documented.getType());
        }
    }
}
