package io.llmd.lab.predictor;

import io.llmd.scheduler.latency.Forecast;
import io.llmd.scheduler.latency.LatencyEvents;
import io.llmd.scheduler.latency.LatencyInputs;
import io.llmd.scheduler.latency.LatencySample.Kind;
import io.llmd.scheduler.latency.MeasuredLatency;
import io.llmd.scheduler.latency.OnlineLatencyPredictor;
import io.llmd.scheduler.latency.OnlineLatencyPredictors;

/** The predictor that serves. */
final class StepModel implements LatencyModel {

    private final Kind kind;
    private final int least;
    private final OnlineLatencyPredictor predictor;
    private final LatencyInputs inputs = new LatencyInputs();
    private final Forecast forecast = new Forecast();
    private long seen;

    private StepModel(Kind kind, int least, OnlineLatencyPredictor predictor) {
        this.kind = kind;
        this.least = least;
        this.predictor = predictor;
    }

    /** For times to the first token. @param least samples before anything is predicted */
    static StepModel ofFirstTokens(int least) {
        return new StepModel(
                Kind.TIME_TO_FIRST_TOKEN,
                least,
                new OnlineLatencyPredictors(Runnable::run, LatencyEvents.NONE, System::nanoTime).named("study"));
    }

    /** For times per output token, of which the predictor says nothing before it has learnt times to the first token, as this has. */
    StepModel ofOutputTokens() {
        return new StepModel(Kind.TIME_PER_OUTPUT_TOKEN, least, predictor);
    }

    @Override
    public String name() {
        return "step model";
    }

    @Override
    public Prediction predict(MeasuredLatency sample) {
        if (seen < least) {
            return Prediction.NONE;
        }
        inputs.set(sample.sample().features(), sample.cacheTokens());
        predictor.learned().predict(sample.sample().features().role(), sample.endpointId(), inputs, true, 1, forecast);
        return kind == Kind.TIME_TO_FIRST_TOKEN
                ? new Prediction(forecast.timeToFirstTokenMillis(), forecast.timeToFirstTokenBoundMillis())
                : new Prediction(forecast.timePerOutputTokenMillis(), forecast.timePerOutputTokenBoundMillis());
    }

    @Override
    public void learn(MeasuredLatency sample) {
        seen++;
        // Without what was predicted when the sample was taken: the study compares models on their own predictions.
        predictor.learn(new MeasuredLatency(
                sample.endpointId(),
                sample.cacheTokens(),
                sample.model(),
                sample.targetModel(),
                0,
                0,
                0,
                sample.sample()));
    }
}
