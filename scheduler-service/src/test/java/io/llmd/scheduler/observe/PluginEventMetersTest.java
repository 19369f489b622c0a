package io.llmd.scheduler.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.PluginFaults;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PluginEventMetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final SchedulerObserver observer = new SchedulerObserver(registry);

    @Test
    void mediaAreCountedAndThoseOfAnEndpointThatLeavesAreForgotten() {
        observer.pluginEvents().mediaPlaced("media", "ns/a", 4, 1);
        observer.pluginEvents().mediaPlaced("media", "ns/a", 2, 2);
        observer.pluginEvents().mediaPlaced("media", "ns/b", 2, 0);
        assertThat(registry.get("llm_d_epp_encoder_cache_queries").counter().count())
                .isEqualTo(8);
        assertThat(registry.get("llm_d_epp_encoder_cache_hits")
                        .tags("pod", "a", "plugin_name", "media")
                        .counter()
                        .count())
                .isEqualTo(3);
        assertThat(registry.get("llm_d_epp_encoder_cache_hit_ratio").summary().mean())
                .isEqualTo(1.25 / 3);
        observer.forget("ns/a");
        assertThat(registry.find("llm_d_epp_encoder_cache_hits").counter()).isNull();
    }

    @Test
    void revisionsThatAreGoneHaveNoShare() {
        observer.pluginEvents().revisionShares("rollout", "sum", Map.of("old", 0.75, "new", 0.25));
        observer.pluginEvents().revisionShares("rollout", "sum", Map.of("new", 1.0));
        assertThat(registry.find("llm_d_epp_disaggregatedset_revision_gating_share")
                        .gauges())
                .singleElement()
                .satisfies(gauge -> {
                    assertThat(gauge.getId().getTag("revision")).isEqualTo("new");
                    assertThat(gauge.value()).isEqualTo(1.0);
                });
    }

    @Test
    void splitsAreCountedByWhatDecided() {
        observer.pluginEvents().splitDecided("split", "cached");
        observer.pluginEvents().splitDecided("split", "cached");
        assertThat(registry.get("scheduler.split.decisions")
                        .tags("plugin_name", "split", "reason", "cached")
                        .counter()
                        .count())
                .isEqualTo(2);
    }

    @Test
    void headersWithoutAMatchAreCounted() {
        observer.pluginEvents().headerWithoutMatch("rollout", "revision");
        assertThat(registry.get("llm_d_epp_disaggregatedset_strict_header_no_match")
                        .tag("selector", "revision")
                        .counter()
                        .count())
                .isOne();
    }

    @Test
    void decisionsAboutPrefillAreCountedUnderTheTypeOfTheHandler() {
        observer.pluginsAre(Map.of("pd", "pd-profile-handler"));
        observer.disaggregated("pd", "m", "encode-prefill-decode");
        observer.disaggregated("pd", "m", "prefill-decode");
        observer.disaggregated("pd", "m", "encode-decode");
        assertThat(legs("prefill-decode")).isEqualTo(2);
        assertThat(legs("decode-only")).isEqualTo(1);
    }

    private double legs(String type) {
        return registry.get("llm_d_epp_pd_decision")
                .tags("decision_type", type, "plugin_type", "pd-profile-handler")
                .counter()
                .count();
    }

    @Test
    void whatBecomesOfPluginsIsCounted() {
        observer.overran("p", 60_000_000);
        observer.hung("p", 1_000_000_000, Thread.currentThread());
        observer.passedOver("p");
        observer.opened("p", PluginFaults.Cause.HANGS);
        observer.closed("p");
        assertThat(registry.find("scheduler.plugin.faults").tag("plugin", "p").counters())
                .extracting(counter -> counter.getId().getTag("reason"))
                .containsExactlyInAnyOrder("overrun", "hung", "passed_over");
        assertThat(registry.find("scheduler.plugin.breakers").tag("plugin", "p").counters())
                .allSatisfy(counter -> assertThat(counter.count()).isOne())
                .extracting(Counter::getId)
                .extracting(id -> id.getTag("state"))
                .containsExactlyInAnyOrder("opened", "closed");
    }
}
