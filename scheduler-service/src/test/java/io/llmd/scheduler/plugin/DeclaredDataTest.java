package io.llmd.scheduler.plugin;

import static io.llmd.scheduler.scheduling.EndpointFixture.idle;
import static io.llmd.scheduler.scheduling.EndpointFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DecisionRecorder;
import io.llmd.scheduler.scheduling.ExtensionPoint;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.Scheduler;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs plugins that read data in one decision and listens for data that they do not declare. */
class DeclaredDataTest {

    private final List<String> faults = new ArrayList<>();

    @Test
    void noPluginUsesDataThatItDoesNotDeclare() {
        LoadResult.Loaded loaded = new EndpointPickerConfigLoader(TestPlugins.registered(), true)
                .load("""
                        apiVersion: llm-d.ai/v1alpha1
                        kind: EndpointPickerConfig
                        plugins:
                          - type: session-id-producer
                            parameters: {headerName: x-session}
                          - type: prefix-cache-affinity-filter
                          - type: topology-affinity-filter
                          - type: slo-headroom-tier-filter
                          - type: utilization-filter
                            parameters: {conditions: [{metric: active-requests, maxValue: 100}]}
                          - type: endpoint-attribute-filter
                            parameters:
                              attribute: load
                              producer: ""
                              algorithm: {type: threshold, threshold: {operator: LessThan, value: 5}}
                          - type: prefix-cache-scorer
                          - type: no-hit-lru-scorer
                          - type: token-load-scorer
                          - type: active-request-scorer
                          - type: latency-scorer
                          - type: topology-affinity-scorer
                          - type: mm-embeddings-cache-scorer
                          - type: multicluster-queue-scorer
                          - type: multicluster-kv-cache-utilization-scorer
                          - type: session-affinity-scorer
                          - type: max-score-picker
                        """, "f")
                .orThrow();
        SchedulingOutcome outcome = new Scheduler(listener())
                .schedule(loaded.plan(), request("m", 500), idle("a", "b"), DecisionRecorder.NONE);
        assertThat(outcome).isInstanceOf(SchedulingOutcome.Scheduled.class);
        assertThat(faults).isEmpty();
    }

    private PluginFaults listener() {
        return new PluginFaults() {
            @Override
            public void failed(String plugin, Throwable failure) {
                faults.add(plugin + " failed: " + failure);
            }

            @Override
            public void invalidScores(String plugin, int count) {
                faults.add(plugin + " wrote invalid scores");
            }

            @Override
            public void skipped(String plugin, DataKey<?> missing) {
                faults.add(plugin + " was skipped for want of " + missing);
            }

            @Override
            public void outOfScope(String plugin, ExtensionPoint point, DataKey<?> key, Access access) {
                faults.add(plugin + ": " + access + " of " + key);
            }
        };
    }
}
