package io.llmd.scheduler.plugin;

import static io.llmd.scheduler.scheduling.EndpointFixture.endpoint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.explain.DecisionRecording;
import io.llmd.scheduler.explain.DryRun;
import io.llmd.scheduler.explain.ExplainedCandidate;
import io.llmd.scheduler.explain.ExplainedLatency;
import io.llmd.scheduler.explain.Explanation;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.DecisionRecorder;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.EndpointFixture;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PluginFaults;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileOutcome.Picked;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import io.llmd.scheduler.scheduling.ResponseHook;
import io.llmd.scheduler.scheduling.Scheduler;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Reason;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Rejected;
import io.llmd.scheduler.scheduling.SchedulingOutcome.Scheduled;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Latencies predicted in process as a whole plan: from measured times to filter, scorer, admitter and record. */
class OnlineLatencyPlanTest {

    private static final String CONFIG = """
            apiVersion: llm-d.ai/v1alpha1
            kind: EndpointPickerConfig
            plugins:
              - name: forecast
                type: predicted-latency-producer
                parameters: {streamingMode: true, minSamples: 40}
              - {name: shed, type: latency-slo-admitter, parameters: {latencyPredictionInfoProducerName: forecast}}
              - name: tier
                type: slo-headroom-tier-filter
                parameters: {latencyPredictionInfoProducerName: forecast, epsilonExploreNeg: 0}
              - {name: fit, type: latency-scorer, parameters: {latencyPredictionInfoProducerName: forecast}}
            schedulingProfiles:
              - name: slo
                plugins: [{pluginRef: tier}, {pluginRef: fit}]
            """;

    private final Scheduler scheduler = new Scheduler(PluginFaults.NONE);
    private final LoadResult.Loaded loaded = loaded();
    private final Candidates candidates = Candidates.of(endpoint("a", 0, 4, 0.5), endpoint("b", 10, 4, 0.1));
    private long leases;

    @Test
    @Tag("scheduling-46")
    void beforeAnythingWasLearnedTheCompositeDecidesAndTheRecordSaysWhy() {
        Explanation explanation = explanation(request(Map.of(), 0));
        assertThat(explanation.profiles().getFirst().scorers().getFirst().scores())
                .extracting(score -> score.raw())
                .containsExactly(0.67, 0.30);
        assertThat(explanation.candidates())
                .extracting(ExplainedCandidate::predicted)
                .containsOnlyNulls();
        assertThat(explanation.candidates())
                .extracting(ExplainedCandidate::unpredicted)
                .containsOnly("learning: 0 of 40 times to the first token");
    }

    @Test
    @Tag("scheduling-39")
    void whatWasLearnedKeepsRequestsOffEndpointsThatWouldMissTheirObjective() {
        learn();
        Scheduled scheduled =
                (Scheduled) decide(request(Map.of("x-llm-d-slo-ttft-ms", "400", "x-llm-d-slo-tpot-ms", "25"), 0));
        assertThat(scheduled.primary().primary().id()).isEqualTo("ns/b");
        Explanation explanation =
                explanation(request(Map.of("x-llm-d-slo-ttft-ms", "400", "x-llm-d-slo-tpot-ms", "25"), 0));
        ExplainedLatency slow = explanation.candidates().getFirst().predicted();
        ExplainedLatency fast = explanation.candidates().getLast().predicted();
        assertThat(slow.timeToFirstTokenMillis()).isCloseTo(900, within(120.0));
        assertThat(fast.timeToFirstTokenMillis()).isCloseTo(100, within(20.0));
        assertThat(fast.timePerOutputTokenMillis()).isCloseTo(10, within(2.0));
        assertThat(slow.firstTokenHeadroomMillis()).isNegative();
        assertThat(fast.firstTokenHeadroomMillis()).isEqualTo(400 - fast.timeToFirstTokenBoundMillis());
        assertThat(explanation.candidates())
                .extracting(ExplainedCandidate::unpredicted)
                .containsOnlyNulls();
    }

    @Test
    @Tag("scheduling-64")
    void backgroundRequestsThatNobodyWouldServeInTimeAreDenied() {
        Map<String, String> strict = Map.of("x-llm-d-slo-ttft-ms", "50");
        assertThat(decide(request(strict, -1))).isInstanceOf(Scheduled.class);
        learn();
        assertThat(decide(request(strict, -1)))
                .isInstanceOfSatisfying(
                        Rejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(Reason.DENIED));
        assertThat(decide(request(strict, 0))).isInstanceOf(Scheduled.class);
        assertThat(decide(request(Map.of("x-llm-d-slo-ttft-ms", "400", "x-llm-d-slo-tpot-ms", "25"), -1)))
                .isInstanceOf(Scheduled.class);
    }

    private SchedulingOutcome decide(InferenceRequest request) {
        return scheduler.schedule(loaded.plan(), request, Candidates.of(candidates.endpoints()), DecisionRecorder.NONE);
    }

    private Explanation explanation(InferenceRequest request) {
        Candidates fresh = Candidates.of(candidates.endpoints());
        DecisionRecording recording = new DecisionRecording(System::nanoTime, System.nanoTime());
        Scheduled scheduled = (Scheduled) scheduler.schedule(loaded.plan(), request, fresh, recording);
        return new DryRun(
                        recording,
                        new Explanation.Verdict.Scheduled(
                                "slo", List.of(scheduled.primary().primary().id())),
                        request,
                        loaded.plan(),
                        fresh,
                        null,
                        Map.of())
                .explanation("r");
    }

    /** Requests on both endpoints, the first of which is much slower, with a twentieth of noise. */
    private void learn() {
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 200; i++) {
            answer(0, 900 * noise(random), 30 * noise(random));
            answer(1, 100 * noise(random), 10 * noise(random));
        }
    }

    private static double noise(SplittableRandom random) {
        return 1 + 0.1 * (random.nextDouble() - 0.5);
    }

    private void answer(int slot, double firstTokenMillis, double outputTokenMillis) {
        Plugins forecast = new Plugins(loaded.instances().get("forecast").plugin());
        Candidates placed = Candidates.of(candidates.endpoints());
        scheduler.schedule(loaded.plan(), request(Map.of(), 0), placed, DecisionRecorder.NONE);
        long lease = ++leases;
        Picked picked = new Picked(List.of(placed.atSlot(slot)), List.of(slot));
        forecast.before()
                .scheduled(
                        request(Map.of(), 0), placed, new Scheduled("slo", Map.of("slo", picked)), new Dispatch(lease));
        long first = Math.round(firstTokenMillis * 1000);
        long whole = first + Math.round(100 * outputTokenMillis * 1000);
        forecast.after().started(lease, report(lease, Phase.STARTED, Cause.NONE, first, 0, 0));
        forecast.after().ended(lease, report(lease, Phase.ENDED, Cause.NATURAL, first, whole, 101));
    }

    private record Plugins(PreRequest before, ResponseHook after) {
        private Plugins(Object plugin) {
            this((PreRequest) plugin, (ResponseHook) plugin);
        }
    }

    private static OutcomeReport report(
            long lease, Phase phase, Cause cause, long firstToken, long duration, int tokens) {
        return new OutcomeReport(
                "r", lease, "ns/a", phase, cause, 200, new TokenUsage(10, tokens, 0), firstToken, duration);
    }

    private static InferenceRequest request(Map<String, String> headers, int priority) {
        InferenceRequest any = EndpointFixture.request("m", 1000);
        RequestBody body =
                new RequestBody(Api.CHAT_COMPLETIONS, "m", true, -1, any.body().prompts(), "", 0);
        return new InferenceRequest("r", "m", body, headers, priority, "f", 0, new SplittableRandom(1));
    }

    private static LoadResult.Loaded loaded() {
        List<PluginFactory<?>> factories =
                new ArrayList<>(TestPlugins.registered().factories());
        factories.removeIf(factory -> factory.type().equals(DataKeys.APPROX_PREFIX_PRODUCER));
        factories.add(new HalfHeld());
        return new EndpointPickerConfigLoader(new PluginRegistry(factories), false)
                .load(CONFIG, "f")
                .orThrow();
    }

    /** The first endpoint holds half of each prompt. */
    private static final class HalfHeld implements PluginFactory<NoParams> {
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
                public void produce(InferenceRequest request, Candidates all) {
                    PrefixMatches matches = new PrefixMatches(all.slotCount());
                    matches.set(0, 10, 20, 50);
                    matches.set(1, 0, 20, 50);
                    all.put(DataKeys.prefixMatches(""), matches);
                }
            };
        }
    }
}
