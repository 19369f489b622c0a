package io.llmd.scheduler.plugin.producer;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.contracts.schedule.OutcomeReport.Cause;
import io.llmd.scheduler.latency.LatencyFeatures;
import io.llmd.scheduler.latency.LatencyPredictor;
import io.llmd.scheduler.latency.LatencySample;
import io.llmd.scheduler.latency.LatencySample.Kind;
import io.llmd.scheduler.latency.PredictedLatency;
import io.llmd.scheduler.latency.RunningRequests;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.AwaitingProducer;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Says what the request would take on each candidate, as a {@link LatencyPredictor} predicts it, and hands it the latencies
 * that were measured. Without a predictor nothing is predicted.
 *
 * <p>Grows with the attempts in flight.
 */
final class PredictedLatencyProducer implements AwaitingProducer, PreRequest, ResponseHook {

    static final String TYPE = DataKeys.LATENCY_PRODUCER;
    private static final String PREFILL = "prefill";
    private static final Duration GRACE = Duration.ofMillis(100);
    private static final double MICROS_PER_MILLI = 1000.0;
    private static final int SWEEPS_PER_TTL = 10;

    /**
     * Parameters.
     *
     * @param samplingMean deprecated, without effect
     * @param maxDecodeTokenSamplesForPrediction deprecated, without effect
     * @param sloBufferFactor factor of the objective for the time per output token
     * @param contextTTL nanoseconds after which a request counts as ended
     * @param streamingMode whether the first token is told from the rest of the answer; else the whole answer counts as it
     * @param endpointRoleLabel label that names the role of an endpoint, empty for none
     * @param predictInProduce whether anything is predicted; else latencies are only learned
     * @param prefixMatchInfoProducerName producer to believe about prefixes, empty for the default
     * @param inFlightLoadProducerName producer to believe about loads, empty for the default
     * @param useEncoderCacheFeatures whether media that an endpoint has encoded before count
     * @param encoderCacheMatchInfoProducerName producer to believe about media, empty for the default
     */
    record Params(
            @Default("1000") double samplingMean,
            @Default("0") int maxDecodeTokenSamplesForPrediction,
            @Default("1") double sloBufferFactor,
            @Default("300000000000") long contextTTL,
            @Default("false") boolean streamingMode,
            @Default("") String endpointRoleLabel,
            @Default("true") boolean predictInProduce,
            @Default("") String prefixMatchInfoProducerName,
            @Default("") String inFlightLoadProducerName,
            @Default("false") boolean useEncoderCacheFeatures,
            @Default("") String encoderCacheMatchInfoProducerName) {

        private static final double UNTOUCHED_SAMPLING_MEAN = 1000;

        Params {
            if (sloBufferFactor <= 0) {
                throw new IllegalArgumentException("sloBufferFactor: " + sloBufferFactor + " (expected: > 0)");
            }
            if (contextTTL <= 0) {
                throw new IllegalArgumentException(
                        "contextTTL: " + contextTTL + " (expected: nanoseconds, more than 0)");
            }
        }

        private boolean usesDeprecated() {
            return samplingMean != UNTOUCHED_SAMPLING_MEAN || maxDecodeTokenSamplesForPrediction != 0;
        }
    }

    /** An attempt whose latencies are to be learned. */
    private record Attempt(
            String endpointId,
            double objectiveMillis,
            boolean isStreamed,
            LatencyFeatures firstToken,
            LatencyFeatures output,
            long startNanos) {}

    private final Params params;
    private final LatencyPredictor predictor;
    private final RunningRequests running = new RunningRequests();
    private final Map<Long, Attempt> attempts = new ConcurrentHashMap<>();
    private final AtomicLong nextSweepNanos = new AtomicLong();
    private final DataKey<LatencyPredictions> predictionsKey;
    private final DataKey<PrefixMatches> matchesKey;
    private final DataKey<InFlightLoads> loadsKey;
    private final DataKey<MediaMatches> mediaKey;
    private final CompletionStage<Consumer<Candidates>> nothing = CompletableFuture.completedFuture(candidates -> {});

    PredictedLatencyProducer(String name, Params params, LatencyPredictor predictor) {
        this.params = params;
        this.predictor = Objects.requireNonNull(predictor, "predictor");
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
    public Duration produceTimeout() {
        return predictor.timeout().plus(GRACE);
    }

    @Override
    public void produce(InferenceRequest request, Candidates candidates) {}

    @Override
    public CompletionStage<Consumer<Candidates>> produceLater(InferenceRequest request, Candidates candidates) {
        if (!params.predictInProduce() || !predictor.isAvailable()) {
            return nothing;
        }
        List<LatencyFeatures> rows = new ArrayList<>(candidates.size());
        for (int i = 0; i < candidates.size(); i++) {
            rows.add(features(request, candidates, candidates.slot(i)));
        }
        LatencyObjectives objectives = LatencyObjectives.of(request);
        return predictor.predict(rows).thenApply(predicted -> {
            if (predicted.size() != rows.size()) {
                throw new IllegalStateException(
                        "predictions: " + predicted.size() + " (expected: " + rows.size() + ")");
            }
            return all -> all.put(predictionsKey, column(all, predicted, objectives));
        });
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
                role(endpoint));
    }

    private String role(Endpoint endpoint) {
        return params.endpointRoleLabel().isEmpty()
                ? ""
                : endpoint.metadata().labels().getOrDefault(params.endpointRoleLabel(), "");
    }

    private LatencyPredictions column(
            Candidates candidates, List<PredictedLatency> predicted, LatencyObjectives objectives) {
        LatencyPredictions column = new LatencyPredictions(candidates.slotCount());
        for (int i = 0; i < candidates.size(); i++) {
            column.set(candidates.slot(i), prediction(candidates.get(i), predicted.get(i), objectives));
        }
        return column;
    }

    private Prediction prediction(Endpoint endpoint, PredictedLatency predicted, LatencyObjectives objectives) {
        double firstToken = predicted.timeToFirstTokenMillis();
        double outputToken = predicted.timePerOutputTokenMillis();
        boolean countsOutput = params.streamingMode() && !role(endpoint).equals(PREFILL);
        double budget = countsOutput ? budget(endpoint, objectives.timePerOutputTokenMillis()) : 0;
        return new Prediction(
                firstToken,
                outputToken,
                objectives.timeToFirstTokenMillis() - firstToken,
                countsOutput ? budget - outputToken : 0,
                firstToken < objectives.timeToFirstTokenMillis(),
                !countsOutput || outputToken < budget,
                running.count(endpoint.id()));
    }

    /** The request must not make the endpoint too slow for those that run there already. */
    private double budget(Endpoint endpoint, double objectiveMillis) {
        double strictest = running.strictestObjectiveMillis(endpoint.id());
        double budget = strictest > 0 ? Math.min(objectiveMillis, strictest) : objectiveMillis;
        return budget * params.sloBufferFactor();
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        sweep(request.receivedNanos());
        ProfileOutcome.Picked target = outcome.primary();
        ProfileOutcome.Picked prefill = outcome.profiles().getOrDefault(PREFILL, target);
        double objective = LatencyObjectives.of(request).timePerOutputTokenMillis();
        Attempt attempt = new Attempt(
                target.primary().id(),
                objective,
                request.body().stream(),
                features(request, candidates, prefill.primarySlot()),
                features(request, candidates, target.primarySlot()).ofOutput(),
                request.receivedNanos());
        if (attempts.putIfAbsent(dispatch.leaseId(), attempt) == null) {
            running.add(attempt.endpointId(), objective);
        }
    }

    /** Forgets attempts that are older than any request may be. */
    private void sweep(long nowNanos) {
        long due = nextSweepNanos.get();
        if (nowNanos - due >= 0 && nextSweepNanos.compareAndSet(due, nowNanos + params.contextTTL() / SWEEPS_PER_TTL)) {
            attempts.forEach((leaseId, attempt) -> {
                if (nowNanos - attempt.startNanos() > params.contextTTL()) {
                    end(leaseId);
                }
            });
        }
    }

    private @Nullable Attempt end(long leaseId) {
        Attempt attempt = attempts.remove(leaseId);
        if (attempt != null) {
            running.remove(attempt.endpointId(), attempt.objectiveMillis());
        }
        return attempt;
    }

    @Override
    public void started(long leaseId, OutcomeReport report) {}

    @Override
    public void ended(long leaseId, OutcomeReport report) {
        Attempt attempt = end(leaseId);
        boolean isAnswer = report.status() / 100 == 2 && report.cause() != Cause.ERROR;
        if (attempt == null || !isAnswer) {
            return;
        }
        boolean isComplete = report.cause() == Cause.NATURAL;
        if (!params.streamingMode()) {
            if (isComplete) {
                learn(Kind.TIME_TO_FIRST_TOKEN, attempt.firstToken(), report.durationMicros());
            }
            return;
        }
        long firstTokenMicros = report.timeToFirstTokenMicros();
        if (!attempt.isStreamed() || firstTokenMicros <= 0) {
            return;
        }
        learn(Kind.TIME_TO_FIRST_TOKEN, attempt.firstToken(), firstTokenMicros);
        int tokens = report.usage().completionTokens();
        if (isComplete && tokens > 1) {
            double perToken = (report.durationMicros() - firstTokenMicros) / (double) (tokens - 1);
            learn(Kind.TIME_PER_OUTPUT_TOKEN, attempt.output(), perToken);
        }
    }

    private void learn(Kind kind, LatencyFeatures features, double micros) {
        if (micros > 0) {
            predictor.learn(new LatencySample(kind, features, micros / MICROS_PER_MILLI));
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final LatencyPredictor predictor;

        Factory(LatencyPredictor predictor) {
            this.predictor = predictor;
        }

        @Override
        public String type() {
            return TYPE;
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public List<String> warnings(Params params) {
            List<String> warnings = new ArrayList<>();
            if (params.usesDeprecated()) {
                warnings.add("samplingMean and maxDecodeTokenSamplesForPrediction are deprecated and have no effect");
            }
            if (params.predictInProduce() && !predictor.isAvailable()) {
                warnings.add("there is no latency predictor (scheduler.latency-predictor.prediction-urls): nothing is"
                        + " predicted, and latency-scorer goes by load and cached prefixes");
            }
            return warnings;
        }

        @Override
        public PredictedLatencyProducer create(String name, Params params) {
            return new PredictedLatencyProducer(name, params, predictor);
        }
    }
}
