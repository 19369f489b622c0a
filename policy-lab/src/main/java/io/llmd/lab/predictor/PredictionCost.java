package io.llmd.lab.predictor;

/**
 * How long it takes to predict one kind of latency of all candidates of a decision, on the machine of the study.
 *
 * @param model who predicts
 * @param candidates how many
 * @param medianMicros median over many decisions
 */
public record PredictionCost(String model, int candidates, double medianMicros) {}
