package io.llmd.scheduler.plugin.producer;

import io.llmd.contracts.schedule.OutcomeReport;
import io.llmd.scheduler.latency.LatencyFeatures;
import io.llmd.scheduler.latency.LatencyPredictor;
import io.llmd.scheduler.latency.LatencySample;
import io.llmd.scheduler.latency.LatencySample.Kind;
import io.llmd.scheduler.latency.OnlineLatencyPredictors;
import io.llmd.scheduler.latency.PredictedLatency;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.plugin.WireNamed;
import io.llmd.scheduler.scheduling.AwaitingProducer;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.Dispatch;
import io.llmd.scheduler.scheduling.Endpoint;
import io.llmd.scheduler.scheduling.InFlightLoads;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.LatencyObjectives;
import io.llmd.scheduler.scheduling.LatencyPredictions;
import io.llmd.scheduler.scheduling.MediaMatches;
import io.llmd.scheduler.scheduling.PreRequest;
import io.llmd.scheduler.scheduling.PrefixMatches;
import io.llmd.scheduler.scheduling.ProfileOutcome;
import io.llmd.scheduler.scheduling.ResponseHook;
import io.llmd.scheduler.scheduling.SchedulingOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.springframework.stereotype.Component;

/**
 * Says what the request would take on each candidate, as servers predict it, and sends them the latencies that were measured.
 * Without servers nothing is predicted. {@link OnlineLatencyProducer} does the same in process.
 *
 * <p>Grows with the attempts in flight.
 */
final class PredictedLatencyProducer implements AwaitingProducer, PreRequest, ResponseHook {

    static final String TYPE = DataKeys.LATENCY_PRODUCER;
    private static final Duration GRACE = Duration.ofMillis(100);

    /** Who predicts. */
    enum Source implements WireNamed {
        /** A model in this process that learns from each answer. */
        IN_PROCESS("inProcess"),
        /** llm-d's prediction and training servers. */
        SERVERS("servers");

        private final String wireName;

        Source(String wireName) {
            this.wireName = wireName;
        }

        @Override
        public String wireName() {
            return wireName;
        }
    }

    /** What headroom is measured from. */
    enum ObjectiveType {
        /** The time within which nine of ten stay. */
        QUANTILE,
        /** The time to be expected. */
        MEAN
    }

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
     * @param predictor who predicts
     * @param objectiveType what headroom is measured from, in process
     * @param minSamples measured times of each kind before anything is predicted in process
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
            @Default("") String encoderCacheMatchInfoProducerName,
            @Default("inProcess") Source predictor,
            @Default("quantile") ObjectiveType objectiveType,
            @Default("100") int minSamples) {

        private static final double UNTOUCHED_SAMPLING_MEAN = 1000;

        Params {
            if (sloBufferFactor <= 0) {
                throw new IllegalArgumentException("sloBufferFactor: " + sloBufferFactor + " (expected: > 0)");
            }
            if (contextTTL <= 0) {
                throw new IllegalArgumentException(
                        "contextTTL: " + contextTTL + " (expected: nanoseconds, more than 0)");
            }
            if (minSamples < 1) {
                throw new IllegalArgumentException("minSamples: " + minSamples + " (expected: >= 1)");
            }
        }

        /** The role of an endpoint, empty without one. */
        String role(Endpoint endpoint) {
            return endpointRoleLabel.isEmpty()
                    ? ""
                    : endpoint.metadata().labels().getOrDefault(endpointRoleLabel, "");
        }

        private boolean usesDeprecated() {
            return samplingMean != UNTOUCHED_SAMPLING_MEAN || maxDecodeTokenSamplesForPrediction != 0;
        }
    }

    /** An attempt whose latencies are to be learned. */
    private record Attempt(boolean isStreamed, int answers, LatencyFeatures firstToken, LatencyFeatures output) {}

    private final Params params;
    private final LatencyPredictor predictor;
    private final AttemptBook<Attempt> attempts;
    private final LatencyColumn column;
    private final DataKey<LatencyPredictions> predictionsKey;
    private final DataKey<PrefixMatches> matchesKey;
    private final DataKey<InFlightLoads> loadsKey;
    private final DataKey<MediaMatches> mediaKey;
    private final CompletionStage<Consumer<Candidates>> nothing = CompletableFuture.completedFuture(candidates -> {});

    PredictedLatencyProducer(String name, Params params, LatencyPredictor predictor) {
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
                params.role(endpoint));
    }

    private LatencyPredictions column(
            Candidates candidates, List<PredictedLatency> predicted, LatencyObjectives objectives) {
        LatencyPredictions predictions = new LatencyPredictions(candidates.slotCount());
        for (int i = 0; i < candidates.size(); i++) {
            Endpoint endpoint = candidates.get(i);
            PredictedLatency times = predicted.get(i);
            column.set(
                    predictions,
                    candidates.slot(i),
                    endpoint.id(),
                    params.role(endpoint),
                    objectives,
                    times.timeToFirstTokenMillis(),
                    times.timePerOutputTokenMillis(),
                    times.timeToFirstTokenMillis(),
                    times.timePerOutputTokenMillis());
        }
        return predictions;
    }

    @Override
    public void scheduled(
            InferenceRequest request, Candidates candidates, SchedulingOutcome.Scheduled outcome, Dispatch dispatch) {
        ProfileOutcome.Picked target = outcome.primary();
        ProfileOutcome.Picked prefill = outcome.profiles().getOrDefault(LatencyColumn.PREFILL, target);
        attempts.add(
                dispatch.leaseId(),
                target.primary().id(),
                LatencyObjectives.of(request).timePerOutputTokenMillis(),
                request.receivedNanos(),
                new Attempt(
                        request.body().stream(),
                        request.body().answers(),
                        features(request, candidates, prefill.primarySlot()),
                        features(request, candidates, target.primarySlot()).ofOutput()));
    }

    @Override
    public void started(long leaseId, OutcomeReport report) {}

    @Override
    public void ended(long leaseId, OutcomeReport report) {
        Attempt attempt = attempts.end(leaseId);
        if (attempt == null) {
            return;
        }
        MeasuredTimes times =
                MeasuredTimes.atEnd(report, params.streamingMode(), attempt.isStreamed(), attempt.answers());
        learn(Kind.TIME_TO_FIRST_TOKEN, attempt.firstToken(), times.firstTokenMillis());
        learn(Kind.TIME_PER_OUTPUT_TOKEN, attempt.output(), times.outputTokenMillis());
    }

    private void learn(Kind kind, LatencyFeatures features, double millis) {
        if (millis > 0) {
            predictor.learn(new LatencySample(kind, features, millis));
        }
    }

    @Component
    static final class Factory implements PluginFactory<Params> {

        private final LatencyPredictor predictor;
        private final OnlineLatencyPredictors predictors;

        Factory(LatencyPredictor predictor, OnlineLatencyPredictors predictors) {
            this.predictor = predictor;
            this.predictors = predictors;
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
            boolean asksServers = params.predictor() == Source.SERVERS;
            if (asksServers && params.predictInProduce() && !predictor.isAvailable()) {
                warnings.add("there is no latency predictor (scheduler.latency-predictor.prediction-urls): nothing is"
                        + " predicted, and latency-scorer goes by load and cached prefixes");
            }
            if (!asksServers && predictor.isAvailable()) {
                warnings.add("scheduler.latency-predictor.prediction-urls has no effect without predictor: servers");
            }
            return warnings;
        }

        @Override
        public DataProducer create(String name, Params params) {
            return switch (params.predictor()) {
                case IN_PROCESS ->
                    new OnlineLatencyProducer(
                            name, params, predictors.named(name, params.streamingMode(), params.endpointRoleLabel()));
                case SERVERS -> new PredictedLatencyProducer(name, params, predictor);
            };
        }
    }
}
