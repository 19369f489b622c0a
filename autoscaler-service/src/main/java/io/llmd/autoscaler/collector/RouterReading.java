package io.llmd.autoscaler.collector;

import java.util.Map;

/**
 * What a router says of the requests that came to it.
 *
 * @param atSeconds when it was read, on the clock of the loop
 * @param isUsable whether the page was that of a router: one that says nothing of requests is not one without requests
 * @param flows by model and priority
 */
public record RouterReading(double atSeconds, boolean isUsable, Map<FlowKey, Flow> flows) {

    /** Requests of one model and one priority. */
    public record FlowKey(String model, int priority) {}

    /**
     * Running totals and numbers of the present.
     *
     * @param arrivals requests that came so far
     * @param queued requests that wait before being sent to an engine
     * @param running requests that were sent and have not ended
     * @param finished requests that ended with an answer so far
     * @param input their prompt tokens
     * @param inputSquare squares of these, from buckets
     * @param cached of their prompt tokens, those that were cached
     * @param output their generated tokens
     * @param outputSquare squares of these, from buckets
     * @param firstToken times to first token, in seconds
     * @param perToken times between tokens, in seconds
     */
    public record Flow(
            double arrivals,
            double queued,
            double running,
            double finished,
            double input,
            double inputSquare,
            double cached,
            double output,
            double outputSquare,
            Histogram firstToken,
            Histogram perToken) {

        /** Without times. */
        public Flow(
                double arrivals,
                double queued,
                double running,
                double finished,
                double input,
                double inputSquare,
                double cached,
                double output,
                double outputSquare) {
            this(
                    arrivals,
                    queued,
                    running,
                    finished,
                    input,
                    inputSquare,
                    cached,
                    output,
                    outputSquare,
                    Histogram.NONE,
                    Histogram.NONE);
        }

        /** Nothing at all. */
        public static final Flow NONE = new Flow(0, 0, 0, 0, 0, 0, 0, 0, 0);

        /** Two flows as one. */
        public Flow plus(Flow other) {
            return new Flow(
                    arrivals + other.arrivals,
                    queued + other.queued,
                    running + other.running,
                    finished + other.finished,
                    input + other.input,
                    inputSquare + other.inputSquare,
                    cached + other.cached,
                    output + other.output,
                    outputSquare + other.outputSquare,
                    firstToken.plus(other.firstToken),
                    perToken.plus(other.perToken));
        }
    }

    public RouterReading {
        flows = Map.copyOf(flows);
    }
}
