package io.llmd.lab.predictor;

import io.llmd.scheduler.latency.MeasuredLatency;

/** Something that predicts one kind of latency and learns from measured ones, one after another. For one thread. */
interface LatencyModel {

    /** For tables and files. */
    String name();

    /** Milliseconds to be expected, and within which nine of ten stay; {@link Prediction#NONE} while nothing is known. */
    Prediction predict(MeasuredLatency sample);

    /** Takes the measured time of a sample. */
    void learn(MeasuredLatency sample);

    /** @param boundMillis within which nine of ten stay */
    record Prediction(double millis, double boundMillis) {

        static final Prediction NONE = new Prediction(0, 0);
    }
}
