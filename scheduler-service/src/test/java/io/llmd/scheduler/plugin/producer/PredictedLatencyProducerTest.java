package io.llmd.scheduler.plugin.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.latency.LatencyEvents;
import io.llmd.scheduler.latency.LatencyFeatures;
import io.llmd.scheduler.latency.LatencyPredictor;
import io.llmd.scheduler.latency.LatencySample;
import io.llmd.scheduler.latency.LatencySample.Kind;
import io.llmd.scheduler.latency.OnlineLatencyPredictor;
import io.llmd.scheduler.latency.OnlineLatencyPredictors;
import io.llmd.scheduler.latency.PredictedLatency;
import io.llmd.scheduler.plugin.ParameterBinder;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.LatencyPredictions;
import io.llmd.scheduler.scheduling.LatencyPredictions.Prediction;
import io.llmd.scheduler.scheduling.MediaMatches;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class PredictedLatencyProducerTest {

    private static final Map<String, String> OBJECTIVES =
            Map.of("x-llm-d-slo-ttft-ms", "200", "x-llm-d-slo-tpot-ms", "20");

    private final FakePredictor predictor = new FakePredictor();
    private final OnlineLatencyPredictors online =
            new OnlineLatencyPredictors(Runnable::run, LatencyEvents.NONE, () -> 0);
    private final Candidates candidates =
            Candidates.of(endpoint("a", "decode", 2, 0.4), endpoint("b", "prefill", 0, 0.1));

    PredictedLatencyProducerTest() {
        PrefixMatches matches = new PrefixMatches(2);
        matches.set(0, 5, 10, 16);
        candidates.put(DataKeys.prefixMatches(""), matches);
        InFlightLoads loads = new InFlightLoads(2);
        loads.set(0, 7, 900);
        candidates.put(DataKeys.inFlightLoads(""), loads);
        MediaMatches media = new MediaMatches(2, 3);
        media.set(0, 2);
        candidates.put(DataKeys.mediaMatches(""), media);
    }

    @Test
    void theFeaturesOfEachCandidateAreAskedAbout() {
        produce(producer("{endpointRoleLabel: role, useEncoderCacheFeatures: true}"), request(OBJECTIVES, true));
        assertThat(predictor.rows)
                .containsExactly(
                        new LatencyFeatures(0.4, 0, 2, 7, 1, 0.5, 900, 3, 2, "decode"),
                        new LatencyFeatures(0.1, 0, 0, 0, 1, 0, 0, 3, 0, "prefill"));
    }

    @Test
    void mediaAndRolesCountOnlyWhenConfigured() {
        produce(producer("{}"), request(OBJECTIVES, true));
        assertThat(predictor.rows.getFirst()).isEqualTo(new LatencyFeatures(0.4, 0, 2, 7, 1, 0.5, 900, 0, 0, ""));
    }

    @Test
    void headroomIsWhatTheObjectiveLeaves() {
        predictor.answers(150, 15, 250, 30);
        produce(producer("{streamingMode: true, sloBufferFactor: 0.9}"), request(OBJECTIVES, true));
        assertThat(prediction(0)).isEqualTo(new Prediction(150, 15, 50, 3, true, true, 0));
        assertThat(prediction(1)).isEqualTo(new Prediction(250, 30, -50, -12, false, false, 0));
    }

    @Test
    void withoutObjectivesEveryHeadroomIsNegative() {
        predictor.answers(150, 15, 250, 30);
        produce(producer("{streamingMode: true}"), request(Map.of("x-slo-ttft-ms", "fast"), true));
        assertThat(prediction(0)).isEqualTo(new Prediction(150, 15, -150, -15, false, false, 0));
    }

    @Test
    void outputTokensDoNotCountWithoutStreamingNorForPrefill() {
        predictor.answers(150, 99, 150, 99);
        produce(producer("{}"), request(OBJECTIVES, true));
        assertThat(prediction(0)).isEqualTo(new Prediction(150, 99, 50, 0, true, true, 0));
        produce(producer("{streamingMode: true, endpointRoleLabel: role}"), request(OBJECTIVES, true));
        assertThat(prediction(0).meetsOutputToken()).isFalse();
        assertThat(prediction(1)).isEqualTo(new Prediction(150, 99, 50, 0, true, true, 0));
    }

    @Test
    void theStrictestRequestOnAnEndpointBoundsTheOutputTokensOfNewOnes() {
        predictor.answers(1, 12, 1, 12);
        PredictedLatencyProducer producer = producer("{streamingMode: true}");
        InferenceRequest strict = request(Map.of("x-slo-tpot-ms", "10"), true);
        producer.scheduled(strict, candidates, ProducerFixture.decode(candidates, 0), new Dispatch(1));
        produce(producer, request(OBJECTIVES, true));
        assertThat(prediction(0)).isEqualTo(new Prediction(1, 12, 199, -2, true, false, 1));
        assertThat(prediction(1)).isEqualTo(new Prediction(1, 12, 199, 8, true, true, 0));
        producer.ended(1, report(1, Cause.CLIENT_DISCONNECT, 0, 0, 5));
        produce(producer, request(OBJECTIVES, true));
        assertThat(prediction(0)).isEqualTo(new Prediction(1, 12, 199, 8, true, true, 0));
    }

    @Test
    void requestsWhoseEndNobodyTellsAreForgottenAfterTheirTime() {
        predictor.answers(1, 1, 1, 1);
        PredictedLatencyProducer producer = producer("{streamingMode: true, contextTTL: 1000}");
        producer.scheduled(
                request(OBJECTIVES, true), candidates, ProducerFixture.decode(candidates, 0), new Dispatch(1));
        InferenceRequest later = at(2000, request(OBJECTIVES, true));
        producer.scheduled(later, candidates, ProducerFixture.decode(candidates, 1), new Dispatch(2));
        produce(producer, later);
        assertThat(prediction(0).dispatchedRequests()).isZero();
        assertThat(prediction(1).dispatchedRequests()).isEqualTo(1);
        producer.ended(1, report(1, Cause.NATURAL, 10, 100, 5));
        assertThat(predictor.learned).isEmpty();
    }

    @Test
    void aStreamedAnswerTeachesItsFirstTokenAndTheMeanOfTheOthers() {
        PredictedLatencyProducer producer = producer("{streamingMode: true, endpointRoleLabel: role}");
        producer.scheduled(
                request(OBJECTIVES, true),
                candidates,
                ProducerFixture.prefillAndDecode(candidates, 1, 0),
                new Dispatch(1));
        producer.ended(1, report(1, Cause.NATURAL, 100_000, 500_000, 5));
        assertThat(predictor.learned)
                .containsExactly(
                        new LatencySample(
                                Kind.TIME_TO_FIRST_TOKEN,
                                new LatencyFeatures(0.1, 0, 0, 0, 1, 0, 0, 0, 0, "prefill"),
                                100),
                        new LatencySample(
                                Kind.TIME_PER_OUTPUT_TOKEN,
                                new LatencyFeatures(0.4, 0, 2, 7, 0, 0, 900, 0, 0, "decode"),
                                100));
        producer.ended(1, report(1, Cause.NATURAL, 100_000, 500_000, 5));
        assertThat(predictor.learned).hasSize(2);
    }

    @Test
    void anInterruptedStreamTeachesItsFirstTokenOnlyAndAFailureNothing() {
        PredictedLatencyProducer producer = producer("{streamingMode: true}");
        place(producer, 1, true);
        producer.ended(1, report(1, Cause.CLIENT_DISCONNECT, 100_000, 500_000, 5));
        place(producer, 2, true);
        producer.ended(2, report(2, Cause.ERROR, 100_000, 500_000, 5));
        place(producer, 3, false);
        producer.ended(3, report(3, Cause.NATURAL, 100_000, 500_000, 5));
        assertThat(predictor.learned).extracting(LatencySample::kind).containsExactly(Kind.TIME_TO_FIRST_TOKEN);
    }

    @Test
    void withoutStreamingTheWholeAnswerIsTheFirstToken() {
        PredictedLatencyProducer producer = producer("{}");
        place(producer, 1, false);
        producer.ended(1, report(1, Cause.NATURAL, 100_000, 500_000, 5));
        place(producer, 2, false);
        producer.ended(2, report(2, Cause.CLIENT_DISCONNECT, 100_000, 500_000, 5));
        assertThat(predictor.learned).extracting(LatencySample::millis).containsExactly(500.0);
    }

    @Test
    void withoutAPredictorOrWhenOnlyLearningNothingIsAwaitedOrWritten() {
        predictor.available = false;
        produce(producer("{}"), request(OBJECTIVES, true));
        assertThat(candidates.data(DataKeys.latencyPredictions("forecast"))).isNull();
        predictor.available = true;
        produce(producer("{predictInProduce: false}"), request(OBJECTIVES, true));
        assertThat(predictor.rows).isEmpty();
        producer("{}").produce(request(OBJECTIVES, true), candidates);
        assertThat(candidates.data(DataKeys.latencyPredictions("forecast"))).isNull();
    }

    @Test
    void aFailedPredictionFailsTheProducer() {
        predictor.failure = new IllegalStateException("no answer");
        assertThat(producer("{}")
                        .produceLater(request(OBJECTIVES, true), candidates)
                        .toCompletableFuture())
                .isCompletedExceptionally();
    }

    @Test
    void theAuthorOfAConfigurationHearsThatThereIsNoPredictor() {
        PredictedLatencyProducer.Factory without = new PredictedLatencyProducer.Factory(LatencyPredictor.NONE, online);
        assertThat(without.warnings(params("{predictor: servers}")))
                .singleElement()
                .asString()
                .contains("there is no latency predictor");
        assertThat(without.warnings(params("{}"))).isEmpty();
        PredictedLatencyProducer.Factory with = new PredictedLatencyProducer.Factory(predictor, online);
        assertThat(with.warnings(params("{predictor: servers}"))).isEmpty();
        assertThat(with.warnings(params("{}")))
                .singleElement()
                .asString()
                .contains("has no effect without predictor: servers");
        assertThat(with.warnings(params("{predictor: servers, samplingMean: 500}")))
                .singleElement()
                .asString()
                .contains("deprecated");
    }

    @Test
    void serversAreAskedOnlyWhenTheConfigurationSaysSo() {
        PredictedLatencyProducer.Factory factory = new PredictedLatencyProducer.Factory(predictor, online);
        assertThat(factory.create("forecast", params("{}"))).isInstanceOf(OnlineLatencyProducer.class);
        assertThat(factory.create("forecast", params("{predictor: servers}")))
                .isInstanceOf(PredictedLatencyProducer.class);
    }

    @Test
    void whenParametersGiveTimesAnotherMeaningTheyAreLearnedAnew() {
        PredictedLatencyProducer.Factory factory = new PredictedLatencyProducer.Factory(predictor, online);
        factory.create("forecast", params("{streamingMode: true}"));
        OnlineLatencyPredictor first = online.named("forecast");
        factory.create("forecast", params("{streamingMode: true, sloBufferFactor: 0.5}"));
        assertThat(online.named("forecast")).isSameAs(first);
        factory.create("forecast", params("{streamingMode: true, endpointRoleLabel: role}"));
        OnlineLatencyPredictor ofRoles = online.named("forecast");
        assertThat(ofRoles).isNotSameAs(first);
        factory.create("forecast", params("{endpointRoleLabel: role}"));
        assertThat(online.named("forecast")).isNotIn(first, ofRoles);
    }

    @Test
    void impossibleParametersAreRefused() {
        assertThatThrownBy(() -> params("{sloBufferFactor: 0}")).hasMessageContaining("(expected: > 0)");
        assertThatThrownBy(() -> params("{contextTTL: 0}")).hasMessageContaining("nanoseconds");
        assertThatThrownBy(() -> params("{minSamples: 0}")).hasMessageContaining("minSamples: 0");
    }

    private void place(PredictedLatencyProducer producer, long leaseId, boolean stream) {
        producer.scheduled(
                request(OBJECTIVES, stream), candidates, ProducerFixture.decode(candidates, 0), new Dispatch(leaseId));
    }

    private void produce(PredictedLatencyProducer producer, InferenceRequest request) {
        producer.produceLater(request, candidates).toCompletableFuture().join().accept(candidates);
    }

    private Prediction prediction(int slot) {
        LatencyPredictions predictions = candidates.data(DataKeys.latencyPredictions("forecast"));
        return predictions.at(slot);
    }

    private PredictedLatencyProducer producer(String params) {
        return new PredictedLatencyProducer("forecast", params(params), predictor);
    }

    private static PredictedLatencyProducer.Params params(String text) {
        return ParameterBinder.bind(PredictedLatencyProducer.Params.class, text);
    }

    private static Endpoint endpoint(String name, String role, int waiting, double kvUsage) {
        EndpointMetadata metadata =
                new EndpointMetadata("ns/" + name, name, "10.0.0.1", 8000, 8000, Map.of("role", role), 0);
        return new Endpoint(
                metadata, new EndpointMetrics(3, waiting, kvUsage, 16, 1000, Map.of(), Map.of(), 0, 1), true);
    }

    private static InferenceRequest request(Map<String, String> headers, boolean stream) {
        RequestBody body = new RequestBody(Api.CHAT_COMPLETIONS, "m", stream, -1, List.of(), "", 0);
        return new InferenceRequest("r", "m", body, headers, 0, "f", 0, new SplittableRandom(1));
    }

    private static InferenceRequest at(long nanos, InferenceRequest request) {
        return new InferenceRequest(
                request.requestId(), "m", request.body(), request.headers(), 0, "f", nanos, request.random());
    }

    private static OutcomeReport report(long leaseId, Cause cause, long firstToken, long duration, int tokens) {
        return new OutcomeReport(
                "r", leaseId, "ns/a", Phase.ENDED, cause, 200, new TokenUsage(10, tokens, 0), firstToken, duration);
    }

    private static final class FakePredictor implements LatencyPredictor {
        private final List<LatencyFeatures> rows = new ArrayList<>();
        private final List<LatencySample> learned = new ArrayList<>();
        private List<PredictedLatency> answers = List.of(new PredictedLatency(1, 1), new PredictedLatency(1, 1));
        private boolean available = true;
        private RuntimeException failure;

        void answers(double firstA, double outputA, double firstB, double outputB) {
            answers = List.of(new PredictedLatency(firstA, outputA), new PredictedLatency(firstB, outputB));
        }

        @Override
        public boolean isAvailable() {
            return available;
        }

        @Override
        public Duration timeout() {
            return Duration.ofMillis(10);
        }

        @Override
        public CompletionStage<List<PredictedLatency>> predict(List<LatencyFeatures> asked) {
            rows.addAll(asked);
            return failure == null
                    ? CompletableFuture.completedFuture(answers)
                    : CompletableFuture.failedFuture(failure);
        }

        @Override
        public void learn(LatencySample sample) {
            learned.add(sample);
        }
    }
}
