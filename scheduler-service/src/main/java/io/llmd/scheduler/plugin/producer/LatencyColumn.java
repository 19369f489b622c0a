package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.latency.RunningRequests;
import io.llmd.scheduler.scheduling.LatencyObjectives;
import io.llmd.scheduler.scheduling.LatencyPredictions;

/** Compares predictions with what a request and those beside it ask for. Safe from any thread. */
final class LatencyColumn {

    static final String PREFILL = "prefill";

    private final PredictedLatencyProducer.Params params;
    private final RunningRequests running;

    LatencyColumn(PredictedLatencyProducer.Params params, RunningRequests running) {
        this.params = params;
        this.running = running;
    }

    /**
     * Records a prediction with what the objectives leave over. No allocation.
     *
     * @param firstToken expected milliseconds to the first token
     * @param outputToken expected milliseconds per output token, 0 when not known: nobody misses its objective then
     * @param firstTokenCounted the same as objectives are measured by
     * @param outputTokenCounted the same as objectives are measured by
     */
    void set(
            LatencyPredictions predictions,
            int slot,
            String endpointId,
            String role,
            LatencyObjectives objectives,
            double firstToken,
            double outputToken,
            double firstTokenCounted,
            double outputTokenCounted) {
        boolean countsOutput = params.streamingMode() && outputToken > 0 && !role.equals(PREFILL);
        double budget = countsOutput ? budget(endpointId, objectives.timePerOutputTokenMillis()) : 0;
        predictions.set(
                slot,
                firstToken,
                outputToken,
                objectives.timeToFirstTokenMillis() - firstTokenCounted,
                countsOutput ? budget - outputTokenCounted : 0,
                firstTokenCounted < objectives.timeToFirstTokenMillis(),
                !countsOutput || outputTokenCounted < budget,
                running.count(endpointId));
    }

    /** The request must not make the endpoint too slow for those that run there already. */
    private double budget(String endpointId, double objectiveMillis) {
        double strictest = running.strictestObjectiveMillis(endpointId);
        double budget = strictest > 0 ? Math.min(objectiveMillis, strictest) : objectiveMillis;
        return budget * params.sloBufferFactor();
    }
}
