package io.llmd.scheduler.plugin.producer;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.scheduler.latency.Forecast;
import io.llmd.scheduler.latency.LatencyFeatures;
import io.llmd.scheduler.latency.LatencyInputs;
import io.llmd.scheduler.latency.LatencySample;
import io.llmd.scheduler.latency.LatencySample.Kind;
import io.llmd.scheduler.latency.LearnedLatencies;
import io.llmd.scheduler.latency.MeasuredLatency;
import io.llmd.scheduler.latency.OnlineLatencyPredictor;
import io.llmd.scheduler.plugin.producer.PredictedLatencyProducer.ObjectiveType;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.EndpointMetrics;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.LatencyObjectives;
import io.llmd.scheduler.scheduling.LatencyPredictions;
import io.llmd.scheduler.scheduling.LatencyPredictions.Prediction;
import io.llmd.scheduler.scheduling.MediaMatches;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.ResponseHook;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Says what the request would take on each candidate, as a predictor in this process has learned it, and hands it the latencies
 * that were measured. Until enough was learned nothing is predicted, and the column says why;
 * times per output token are predicted apart, as not all clients let them be counted. O(candidates); allocates the
 * column and two small objects for each decision.
 */
final class OnlineLatencyProducer implements DataProducer, PreRequest, ResponseHook {

    /** What is to be learned of one of the two times of an attempt. */
    private record Expected(
            String endpointId,
            long cacheTokens,
            LatencyFeatures features,
            double objectiveMillis,
            double predictedMillis,
            double boundMillis) {

        private MeasuredLatency measured(Kind kind, String model, String targetModel, double millis) {
            return new MeasuredLatency(
                    endpointId,
                    cacheTokens,
                    model,
                    targetModel,
                    objectiveMillis,
                    predictedMillis,
                    boundMillis,
                    new LatencySample(kind, features, millis));
        }
    }

    /** An attempt in flight. */
    private record Attempt(
            String model,
            String targetModel,
            boolean isStreamed,
            int answers,
            Expected firstToken,
            Expected output,
            AtomicBoolean hasFirstToken) {}

    private final PredictedLatencyProducer.Params params;
    private final OnlineLatencyPredictor predictor;
    private final AttemptBook<Attempt> attempts;
    private final LatencyColumn column;
    private final DataKey<LatencyPredictions> predictionsKey;
    private final DataKey<PrefixMatches> matchesKey;
    private final DataKey<InFlightLoads> loadsKey;
    private final DataKey<MediaMatches> mediaKey;

    OnlineLatencyProducer(String name, PredictedLatencyProducer.Params params, OnlineLatencyPredictor predictor) {
        this.params = params;
        this.predictor = Objects.requireNonNull(predictor, "predictor");
        attempts = new AttemptBook<>(params.contextTTL());
        column = new LatencyColumn(params, attempts.running());
        predictionsKey = DataKeys.latencyPredictions(name);
        matchesKey = DataKeys.prefixMatches(params.prefixMatchInfoProducerName());
        loadsKey = DataKeys.inFlightLoads(params.inFlightLoadProducerName());
        mediaKey = DataKeys.mediaMatches(params.encoderCacheMatchInfoProducerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        return params.useEncoderCacheFeatures()
                ? List.of(matchesKey, loadsKey, mediaKey)
                : List.of(matchesKey, loadsKey);
    }

    @Override
    public List<DataKey<?>> produces() {
        return List.of(predictionsKey);
    }

    @Override
    public void produce(InferenceRequest request, Candidates candidates) {
        if (!params.predictInProduce()) {
            return;
        }
        long startNanos = predictor.nanoTime();
        LatencyPredictions predictions = new LatencyPredictions(candidates.slotCount());
        LearnedLatencies learned = predictor.learned();
        boolean isPredicted = predict(request, candidates, learned, predictions);
        candidates.put(predictionsKey, predictions);
        if (isPredicted) {
            predictor.predicted(
                    startNanos, params.streamingMode() && learned.outputTokenSamples() >= params.minSamples());
        }
    }

    /** All candidates or none: among some that are known, unknown ones could not be compared. */
    private boolean predict(
            InferenceRequest request, Candidates candidates, LearnedLatencies learned, LatencyPredictions predictions) {
        if (learned.firstTokenSamples() < params.minSamples()) {
            predictions.setMissing("learning: " + learned.firstTokenSamples() + " of " + params.minSamples()
                    + " times to the first token");
            return false;
        }
        PrefixMatches matches = candidates.data(matchesKey);
        InFlightLoads loads = candidates.data(loadsKey);
        LatencyObjectives objectives = LatencyObjectives.of(request);
        boolean isQuantile = params.objectiveType() == ObjectiveType.QUANTILE;
        int promptTokens = request.body().promptTokens();
        LatencyInputs inputs = new LatencyInputs();
        Forecast forecast = new Forecast();
        for (int i = 0; i < candidates.size(); i++) {
            Endpoint endpoint = candidates.get(i);
            int slot = candidates.slot(i);
            String role = params.role(endpoint);
            inputs.set(
                    endpoint.kvCacheUsage(),
                    cacheTokens(endpoint),
                    promptTokens,
                    endpoint.waitingRequests(),
                    loads == null ? endpoint.runningRequests() : loads.requests(slot),
                    matches == null ? 0 : matches.ratio(slot),
                    loads == null ? 0 : loads.tokens(slot));
            learned.predict(role, endpoint.id(), inputs, params.streamingMode(), params.minSamples(), forecast);
            column.set(
                    predictions,
                    slot,
                    endpoint.id(),
                    role,
                    objectives,
                    forecast.timeToFirstTokenMillis(),
                    forecast.timePerOutputTokenMillis(),
                    isQuantile ? forecast.timeToFirstTokenBoundMillis() : forecast.timeToFirstTokenMillis(),
                    isQuantile ? forecast.timePerOutputTokenBoundMillis() : forecast.timePerOutputTokenMillis());
            predictions.setBounds(
                    slot, forecast.timeToFirstTokenBoundMillis(), forecast.timePerOutputTokenBoundMillis());
        }
        return true;
    }

    private static long cacheTokens(Endpoint endpoint) {
        EndpointMetrics metrics = endpoint.metrics();
        return (long) metrics.cacheBlocks() * metrics.cacheBlockTokens();
    }

    private LatencyFeatures features(InferenceRequest request, Candidates candidates, int slot) {
        Endpoint endpoint = candidates.atSlot(slot);
        PrefixMatches matches = candidates.data(matchesKey);
        InFlightLoads loads = candidates.data(loadsKey);
        MediaMatches media = params.useEncoderCacheFeatures() ? candidates.data(mediaKey) : null;
        return new LatencyFeatures(
                endpoint.kvCacheUsage(),
                request.body().promptTokens(),
                endpoint.waitingRequests(),
                loads == null ? endpoint.runningRequests() : loads.requests(slot),
                1,
                matches == null ? 0 : matches.ratio(slot),
                loads == null ? 0 : loads.tokens(slot),
                media == null ? 0 : media.requestItems(),
                media == null ? 0 : media.matchedItems(slot),
                params.role(endpoint));
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        ProfileOutcome.Picked target = outcome.primary();
        ProfileOutcome.Picked prefill = outcome.profiles().getOrDefault(LatencyColumn.PREFILL, target);
        LatencyObjectives objectives = LatencyObjectives.of(request);
        LatencyPredictions predictions = candidates.data(predictionsKey);
        attempts.add(
                dispatch.leaseId(),
                target.primary().id(),
                objectives.timePerOutputTokenMillis(),
                request.receivedNanos(),
                new Attempt(
                        request.body().model(),
                        request.targetModel(),
                        request.body().stream(),
                        request.body().answers(),
                        firstToken(request, candidates, prefill, objectives, predictions),
                        output(request, candidates, target, objectives, predictions),
                        new AtomicBoolean()));
    }

    private Expected firstToken(
            InferenceRequest request,
            Candidates candidates,
            ProfileOutcome.Picked picked,
            LatencyObjectives objectives,
            @Nullable LatencyPredictions predictions) {
        int slot = picked.primarySlot();
        Prediction prediction = predictions == null ? null : predictions.at(slot);
        return new Expected(
                picked.primary().id(),
                cacheTokens(picked.primary()),
                features(request, candidates, slot),
                objectives.timeToFirstTokenMillis(),
                prediction == null ? 0 : prediction.timeToFirstTokenMillis(),
                prediction == null || predictions == null ? 0 : predictions.firstTokenBoundMillis(slot));
    }

    /** With its own prefix, unlike what servers are told: what is held need not be computed beside the tokens of others. */
    private Expected output(
            InferenceRequest request,
            Candidates candidates,
            ProfileOutcome.Picked picked,
            LatencyObjectives objectives,
            @Nullable LatencyPredictions predictions) {
        int slot = picked.primarySlot();
        Prediction prediction = predictions == null ? null : predictions.at(slot);
        return new Expected(
                picked.primary().id(),
                cacheTokens(picked.primary()),
                features(request, candidates, slot),
                objectives.timePerOutputTokenMillis(),
                prediction == null ? 0 : prediction.timePerOutputTokenMillis(),
                prediction == null || predictions == null ? 0 : predictions.outputTokenBoundMillis(slot));
    }

    @Override
    public void started(long leaseId, OutcomeReport report) {
        Attempt attempt = attempts.get(leaseId);
        if (attempt != null) {
            learnFirstToken(
                    attempt,
                    MeasuredTimes.atStart(report, params.streamingMode(), attempt.isStreamed())
                            .firstTokenMillis());
        }
    }

    @Override
    public void ended(long leaseId, OutcomeReport report) {
        Attempt attempt = attempts.end(leaseId);
        if (attempt == null) {
            return;
        }
        MeasuredTimes times =
                MeasuredTimes.atEnd(report, params.streamingMode(), attempt.isStreamed(), attempt.answers());
        learnFirstToken(attempt, times.firstTokenMillis());
        if (times.outputTokenMillis() > 0) {
            predictor.learn(attempt.output()
                    .measured(
                            Kind.TIME_PER_OUTPUT_TOKEN,
                            attempt.model(),
                            attempt.targetModel(),
                            times.outputTokenMillis()));
        }
    }

    private void learnFirstToken(Attempt attempt, double millis) {
        if (millis > 0 && attempt.hasFirstToken().compareAndSet(false, true)) {
            predictor.learn(attempt.firstToken()
                    .measured(Kind.TIME_TO_FIRST_TOKEN, attempt.model(), attempt.targetModel(), millis));
        }
    }
}
