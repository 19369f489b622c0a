package io.llmd.autoscaler.analyzer;

/** Foretells a rate from what it was, in intervals of one length. For one thread. */
public interface Predictor {

    /** Name in records. */
    String name();

    /** Takes the rate of another interval. */
    void add(double rate);

    /** The rate so many intervals after the last; NaN as long as too little is known. */
    double predict(int intervals);
}
