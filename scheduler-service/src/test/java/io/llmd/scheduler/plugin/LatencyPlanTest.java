package io.llmd.scheduler.plugin;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmd.scheduler.explain.DecisionRecording;
import io.llmd.scheduler.explain.DryRun;
import io.llmd.scheduler.explain.Explanation;
import io.llmd.scheduler.scheduling.AwaitingProducer;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.DecisionRecorder;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.Scheduler;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import io.llmd.scheduler.scheduling.SchedulingPlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Predicted latencies as a whole plan. */
class LatencyPlanTest {

    private static final String CONFIG = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - {name: forecast, type: predicted-latency-producer, parameters: {streamingMode: true, predictor: servers}}
              - {name: fit, type: latency-scorer, parameters: {latencyPredictionInfoProducerName: forecast}}
              - {name: reuse, type: prefix-cache-scorer}
            schedulingProfiles:
              - name: slo
                plugins: [{pluginRef: fit}, {pluginRef: reuse}]
            """;

    private final List<String> faults = new ArrayList<>();

    @Test
    void whenPrefixesFailLatenciesAreNotPredictedAndTheRequestGoesByLoad() {
        List<PluginFactory<?>> factories =
                new ArrayList<>(TestPlugins.registered().factories());
        factories.removeIf(factory -> factory.type().equals(DataKeys.APPROX_PREFIX_PRODUCER));
        factories.add(new FailingPrefixes());
        LoadResult.Loaded loaded = new EndpointPickerConfigLoader(new PluginRegistry(factories), false)
                .load(CONFIG, "f")
                .orThrow();
        assertThat(loaded.findings())
                .singleElement()
                .asString()
                .startsWith("f:4:plugins[0]: there is no latency predictor");
        assertThat(primary(loaded.plan(), Candidates.of(endpoint("a", 10, 1, 0.9), endpoint("b", 0, 1, 0.1))))
                .isEqualTo("ns/b");
        assertThat(faults)
                .containsExactly(
                        "failed approx-prefix-cache-producer",
                        "skipped forecast PrefixCacheMatchInfoDataKey/approx-prefix-cache-producer");
    }

    @Test
    @Tag("scheduling-70")
    void whenPrefixesComeTooLateTheirScoresAreZeroAndTheRequestGoesByLoad() {
        List<PluginFactory<?>> factories =
                new ArrayList<>(TestPlugins.registered().factories());
        factories.removeIf(factory -> factory.type().equals(DataKeys.APPROX_PREFIX_PRODUCER));
        factories.add(new LatePrefixes());
        LoadResult.Loaded loaded = new EndpointPickerConfigLoader(new PluginRegistry(factories), false)
                .load(CONFIG, "f")
                .orThrow();
        Candidates candidates = Candidates.of(endpoint("a", 10, 1, 0.9), endpoint("b", 0, 1, 0.1));
        DecisionRecording recording = new DecisionRecording(System::nanoTime, System.nanoTime());
        Scheduled scheduled = (Scheduled) new Scheduler(new RecordedFaults(faults))
                .scheduleWhenReady(loaded.plan(), EndpointFixture.request(), candidates, recording)
                .toCompletableFuture()
                .join();
        assertThat(scheduled.primary().primary().id()).isEqualTo("ns/b");
        assertThat(faults)
                .containsExactly(
                        "failed approx-prefix-cache-producer",
                        "skipped forecast PrefixCacheMatchInfoDataKey/approx-prefix-cache-producer");
        Explanation explanation = new DryRun(
                        recording,
                        new Explanation.Verdict.Scheduled("slo", List.of("ns/b")),
                        EndpointFixture.request(),
                        loaded.plan(),
                        candidates,
                        null,
                        Map.of())
                .explanation("r");
        assertThat(explanation.leftOut()).containsExactly("approx-prefix-cache-producer", "forecast");
        assertThat(explanation.profiles().getFirst().scorers())
                .filteredOn(scorer -> scorer.plugin().equals("reuse"))
                .singleElement()
                .satisfies(reuse -> assertThat(reuse.scores())
                        .allSatisfy(score -> assertThat(score.raw()).isZero()));
    }

    private String primary(SchedulingPlan plan, Candidates candidates) {
        Scheduled scheduled = (Scheduled) new Scheduler(new RecordedFaults(faults))
                .scheduleWhenReady(plan, EndpointFixture.request(), candidates, DecisionRecorder.NONE)
                .toCompletableFuture()
                .join();
        return scheduled.primary().primary().id();
    }

    private static final class FailingPrefixes implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return DataKeys.APPROX_PREFIX_PRODUCER;
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public DataProducer create(String name, NoParams params) {
            return new DataProducer() {
                @Override
                public List<DataKey<?>> produces() {
                    return List.of(DataKeys.prefixMatches(""));
                }

                @Override
                public void produce(InferenceRequest request, Candidates candidates) {
                    throw new IllegalStateException("too late");
                }
            };
        }
    }

    /** Prefixes of an index that does not answer. */
    private static final class LatePrefixes implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return DataKeys.APPROX_PREFIX_PRODUCER;
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public DataProducer create(String name, NoParams params) {
            return new AwaitingProducer() {
                @Override
                public List<DataKey<?>> produces() {
                    return List.of(DataKeys.prefixMatches(""));
                }

                @Override
                public void produce(InferenceRequest request, Candidates candidates) {}

                @Override
                public CompletionStage<Consumer<Candidates>> produceLater(
                        InferenceRequest request, Candidates candidates) {
                    return new CompletableFuture<>();
                }

                @Override
                public Duration produceTimeout() {
                    return Duration.ofMillis(20);
                }
            };
        }
    }

    private record RecordedFaults(List<String> faults) implements PluginFaults {
        @Override
        public void failed(String plugin, Throwable failure) {
            faults.add("failed " + plugin);
        }

        @Override
        public void invalidScores(String plugin, int count) {
            faults.add("invalid " + plugin);
        }

        @Override
        public void skipped(String plugin, DataKey<?> missing) {
            faults.add("skipped " + plugin + " " + missing);
        }
    }
}
