package io.llmd.scheduler.plugin.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.contracts.schedule.OutcomeReport.Phase;
import io.llmd.contracts.schedule.TokenUsage;
import io.llmd.scheduler.latency.LatencyEvents;
import io.llmd.scheduler.latency.LatencyFeatures;
import io.llmd.scheduler.latency.LatencySample;
import io.llmd.scheduler.latency.LatencySample.Kind;
import io.llmd.scheduler.latency.MeasuredLatency;
import io.llmd.scheduler.latency.OnlineLatencyPredictor;
import io.llmd.scheduler.latency.OnlineLatencyPredictors;
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
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.RequestBody;
import io.llmd.scheduler.scheduling.RequestBody.Api;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class OnlineLatencyProducerTest {

    private static final Map<String, String> OBJECTIVES =
            Map.of("x-llm-d-slo-ttft-ms", "200", "x-llm-d-slo-tpot-ms", "20");

    private final Heard heard = new Heard();
    private final OnlineLatencyPredictor predictor =
            new OnlineLatencyPredictors(Runnable::run, heard, () -> 0).named("forecast");
    private final Candidates candidates =
            Candidates.of(endpoint("a", "decode", 2, 0.4), endpoint("b", "decode", 0, 0.1));

    OnlineLatencyProducerTest() {
        PrefixMatches matches = new PrefixMatches(2);
        matches.set(0, 5, 10, 16);
        candidates.put(DataKeys.prefixMatches(""), matches);
        InFlightLoads loads = new InFlightLoads(2);
        loads.set(0, 7, 900);
        candidates.put(DataKeys.inFlightLoads(""), loads);
    }

    @Test
    void untilEnoughWasLearnedNothingIsPredictedAndTheColumnSaysWhy() {
        OnlineLatencyProducer producer = producer("{streamingMode: true, minSamples: 20}");
        produce(producer);
        assertThat(column().isAnyOf(candidates)).isFalse();
        assertThat(column().missing()).isEqualTo("learning: 0 of 20 times to the first token");
        teach(Kind.TIME_TO_FIRST_TOKEN, 19, 100);
        produce(producer);
        assertThat(column().isAnyOf(candidates)).isFalse();
        assertThat(column().missing()).isEqualTo("learning: 19 of 20 times to the first token");
        teach(Kind.TIME_TO_FIRST_TOKEN, 1, 100);
        produce(producer);
        assertThat(column().isAnyOf(candidates)).isTrue();
        assertThat(column().missing()).isNull();
    }

    @Test
    void whereClientsLetNoOutputTokensBeCountedTheFirstTokenIsPredictedAndTheirObjectiveIsNotMissed() {
        OnlineLatencyProducer producer = producer("{streamingMode: true, minSamples: 20}");
        teach(Kind.TIME_TO_FIRST_TOKEN, 200, 100);
        teach(Kind.TIME_PER_OUTPUT_TOKEN, 19, 1000);
        produce(producer);
        Prediction prediction = column().at(0);
        assertThat(prediction.timeToFirstTokenMillis()).isCloseTo(100, within(5.0));
        assertThat(prediction.timePerOutputTokenMillis()).isZero();
        assertThat(prediction.outputTokenHeadroomMillis()).isZero();
        assertThat(prediction.isValid()).isTrue();
        assertThat(prediction.isNegative()).isFalse();
        assertThat(heard.withOutput).isFalse();
        teach(Kind.TIME_PER_OUTPUT_TOKEN, 1, 1000);
        produce(producer);
        assertThat(column().at(0).timePerOutputTokenMillis()).isPositive();
        assertThat(column().at(0).meetsOutputToken()).isFalse();
        assertThat(heard.withOutput).isTrue();
    }

    @Test
    void rolesThatNothingIsMeasuredOfArePredictedByTheOthers() {
        teach("prefill", Kind.TIME_TO_FIRST_TOKEN, 200, 100);
        teach("decode", Kind.TIME_PER_OUTPUT_TOKEN, 200, 10);
        Candidates mixed = Candidates.of(
                endpoint("a", "prefill", 2, 0.4), endpoint("b", "decode", 2, 0.4), endpoint("c", "both", 2, 0.4));
        producer("{endpointRoleLabel: role, streamingMode: true}").produce(request(OBJECTIVES, true), mixed);
        LatencyPredictions column = mixed.data(DataKeys.latencyPredictions("forecast"));
        assertThat(column.missing()).isNull();
        for (int slot = 0; slot < 3; slot++) {
            assertThat(column.at(slot).timeToFirstTokenMillis()).isBetween(50.0, 150.0);
        }
        assertThat(column.at(1).timePerOutputTokenMillis()).isCloseTo(10, within(2.0));
        assertThat(column.at(2).timePerOutputTokenMillis())
                .isCloseTo(column.at(1).timePerOutputTokenMillis(), within(2.0));
    }

    @Test
    void headroomIsWhatTheObjectiveLeavesOfTheTimeThatNineOfTenStayWithin() {
        teachBoth();
        produce(producer("{streamingMode: true, sloBufferFactor: 0.9}"));
        Prediction prediction = column().at(0);
        assertThat(prediction.timeToFirstTokenMillis()).isCloseTo(100, within(5.0));
        assertThat(prediction.timePerOutputTokenMillis()).isCloseTo(10, within(0.5));
        double bound = column().firstTokenBoundMillis(0);
        assertThat(prediction.firstTokenHeadroomMillis()).isEqualTo(200 - bound);
        assertThat(prediction.outputTokenHeadroomMillis()).isEqualTo(0.9 * 20 - column().outputTokenBoundMillis(0));
        assertThat(prediction.isValid()).isTrue();
    }

    @Test
    void headroomIsMeasuredFromTheExpectedTimeWhenConfigured() {
        teachBoth();
        produce(producer("{streamingMode: true, objectiveType: mean}"));
        Prediction prediction = column().at(0);
        assertThat(prediction.firstTokenHeadroomMillis()).isEqualTo(200 - prediction.timeToFirstTokenMillis());
        assertThat(prediction.outputTokenHeadroomMillis()).isEqualTo(20 - prediction.timePerOutputTokenMillis());
    }

    @Test
    void theStrictestRequestOnAnEndpointBoundsTheOutputTokensOfNewOnes() {
        teachBoth();
        OnlineLatencyProducer producer = producer("{streamingMode: true, objectiveType: mean}");
        InferenceRequest strict = request(Map.of("x-slo-tpot-ms", "5"), true);
        producer.scheduled(strict, candidates, ProducerFixture.decode(candidates, 0), new Dispatch(1));
        produce(producer);
        assertThat(column().at(0).meetsOutputToken()).isFalse();
        assertThat(column().at(0).dispatchedRequests()).isEqualTo(1);
        assertThat(column().at(1).meetsOutputToken()).isTrue();
        producer.ended(1, report(1, Phase.ENDED, Cause.CLIENT_DISCONNECT, 0, 0, 5));
        produce(producer);
        assertThat(column().at(0).meetsOutputToken()).isTrue();
    }

    @Test
    void theFirstTokenTeachesWhenItComesAndTheOthersAtTheEndByTheEndpointsCount() {
        OnlineLatencyProducer producer = producer("{streamingMode: true, endpointRoleLabel: role}");
        place(producer, 1, true);
        producer.started(1, report(1, Phase.STARTED, Cause.NONE, 100_000, 0, 0));
        assertThat(heard.measured)
                .singleElement()
                .extracting(MeasuredLatency::sample)
                .isEqualTo(new LatencySample(
                        Kind.TIME_TO_FIRST_TOKEN, new LatencyFeatures(0.4, 0, 2, 7, 1, 0.5, 900, 0, 0, "decode"), 100));
        producer.ended(1, report(1, Phase.ENDED, Cause.NATURAL, 100_000, 500_000, 5));
        assertThat(heard.measured).hasSize(2);
        assertThat(heard.measured.getLast().sample().kind()).isEqualTo(Kind.TIME_PER_OUTPUT_TOKEN);
        assertThat(heard.measured.getLast().sample().millis()).isEqualTo(100);
        producer.ended(1, report(1, Phase.ENDED, Cause.NATURAL, 100_000, 500_000, 5));
        assertThat(heard.measured).hasSize(2);
    }

    @Test
    void whatWasPredictedIsComparedWithWhatCame() {
        teachBoth();
        OnlineLatencyProducer producer = producer("{streamingMode: true}");
        produce(producer);
        place(producer, 1, true);
        producer.started(1, report(1, Phase.STARTED, Cause.NONE, 300_000, 0, 0));
        MeasuredLatency measured = heard.measured.getLast();
        assertThat(measured.predictedMillis()).isEqualTo(column().at(0).timeToFirstTokenMillis());
        assertThat(measured.boundMillis()).isEqualTo(column().firstTokenBoundMillis(0));
        assertThat(measured.isMissed()).isTrue();
        assertThat(measured.model()).isEqualTo("m");
    }

    @Test
    void interruptedAnswersTeachTheirFirstTokenOnlyAndFailuresNothing() {
        OnlineLatencyProducer producer = producer("{streamingMode: true}");
        place(producer, 1, true);
        producer.ended(1, report(1, Phase.ENDED, Cause.CLIENT_DISCONNECT, 100_000, 500_000, 5));
        place(producer, 2, true);
        producer.ended(2, report(2, Phase.ENDED, Cause.ERROR, 100_000, 500_000, 5));
        place(producer, 3, false);
        producer.ended(3, report(3, Phase.ENDED, Cause.NATURAL, 100_000, 500_000, 5));
        assertThat(heard.measured)
                .extracting(measured -> measured.sample().kind())
                .containsExactly(Kind.TIME_TO_FIRST_TOKEN);
    }

    @Test
    void withoutStreamingTheWholeAnswerIsTheFirstToken() {
        OnlineLatencyProducer producer = producer("{}");
        place(producer, 1, false);
        producer.started(1, report(1, Phase.STARTED, Cause.NONE, 100_000, 0, 0));
        producer.ended(1, report(1, Phase.ENDED, Cause.NATURAL, 100_000, 500_000, 5));
        assertThat(heard.measured)
                .extracting(measured -> measured.sample().millis())
                .containsExactly(500.0);
    }

    @Test
    void whenOnlyLearningNothingIsWritten() {
        teachBoth();
        produce(producer("{predictInProduce: false}"));
        assertThat(candidates.data(DataKeys.latencyPredictions("forecast"))).isNull();
    }

    @Test
    void moreThanAHundredCandidatesArePredicted() {
        teachBoth();
        List<Endpoint> many = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            many.add(endpoint("e" + i, "decode", 0, 0.1));
        }
        Candidates all = Candidates.of(many);
        producer("{streamingMode: true}").produce(request(OBJECTIVES, true), all);
        LatencyPredictions column = all.data(DataKeys.latencyPredictions("forecast"));
        for (int slot = 0; slot < 250; slot++) {
            assertThat(column.at(slot)).isNotNull();
        }
        assertThat(heard.predictions).isEqualTo(1);
    }

    private void teachBoth() {
        teach(Kind.TIME_TO_FIRST_TOKEN, 200, 100);
        teach(Kind.TIME_PER_OUTPUT_TOKEN, 200, 10);
    }

    private void teach(Kind kind, int times, double millis) {
        teach("", kind, times, millis);
    }

    private void teach(String role, Kind kind, int times, double millis) {
        for (int i = 0; i < times; i++) {
            LatencyFeatures features = new LatencyFeatures(0.4, 0, 2, 7, 1, 0.5, 900, 0, 0, role);
            predictor.learn(
                    new MeasuredLatency("ns/a", 16_000, "m", "m", 0, 0, 0, new LatencySample(kind, features, millis)));
        }
        heard.measured.clear();
    }

    private void place(OnlineLatencyProducer producer, long leaseId, boolean stream) {
        producer.scheduled(
                request(OBJECTIVES, stream), candidates, ProducerFixture.decode(candidates, 0), new Dispatch(leaseId));
    }

    private void produce(OnlineLatencyProducer producer) {
        producer.produce(request(OBJECTIVES, true), candidates);
    }

    private LatencyPredictions column() {
        return candidates.data(DataKeys.latencyPredictions("forecast"));
    }

    private OnlineLatencyProducer producer(String params) {
        return new OnlineLatencyProducer(
                "forecast", ParameterBinder.bind(PredictedLatencyProducer.Params.class, params), predictor);
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

    private static OutcomeReport report(
            long leaseId, Phase phase, Cause cause, long firstToken, long duration, int tokens) {
        return new OutcomeReport(
                "r", leaseId, "ns/a", phase, cause, 200, new TokenUsage(10, tokens, 0), firstToken, duration);
    }

    private static final class Heard implements LatencyEvents {
        private final List<MeasuredLatency> measured = new ArrayList<>();
        private int predictions;
        private boolean withOutput;

        @Override
        public void predicted(String plugin, long nanos, boolean outputToo) {
            predictions++;
            withOutput = outputToo;
        }

        @Override
        public void measured(String plugin, MeasuredLatency one, double coverage) {
            measured.add(one);
        }

        @Override
        public void drifted(String plugin, Kind kind) {}

        @Override
        public void dropped(String plugin) {}
    }
}
