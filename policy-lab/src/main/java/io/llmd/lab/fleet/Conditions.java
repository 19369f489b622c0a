package io.llmd.lab.fleet;

import io.llmd.simulator.engine.CounterRandom;
import java.time.Duration;

/**
 * How fresh and how complete that is what a router knows.
 *
 * @param routing from a client's request to the decision
 * @param scrapeInterval between two readings of an endpoint's metrics
 * @param metricsLag age of a reading when the router sees it, in whole intervals
 * @param eventLag until the router hears of an endpoint's blocks
 * @param eventLoss share of the batches of KV events that get lost, in [0, 1)
 * @param replay whether lost batches can be asked for; without, a loss clears what is known of the endpoint
 * @param outage when an endpoint cannot be reached
 * @param streamed share of the answers that are streamed, in [0, 1]; of the others nobody sees the first token
 * @param objectives whether requests ask in their headers for what a good answer is
 */
public record Conditions(
        Duration routing,
        Duration scrapeInterval,
        Duration metricsLag,
        Duration eventLag,
        double eventLoss,
        boolean replay,
        Outage outage,
        double streamed,
        boolean objectives) {

    private static final long LOSS = 1;
    private static final long STREAM = 2;

    /** Metrics each 50 ms, events after 5 ms, nothing lost. */
    public static final Conditions DEFAULT = new Conditions(
            Duration.ZERO, Duration.ofMillis(50), Duration.ZERO, Duration.ofMillis(5), 0, true, Outage.NONE, 1, false);

    public Conditions {
        if (routing.isNegative() || metricsLag.isNegative() || eventLag.isNegative() || !scrapeInterval.isPositive()) {
            throw new IllegalArgumentException("times: " + routing + ", " + scrapeInterval + ", " + metricsLag + ", "
                    + eventLag + " (expected: none below zero, scrapeInterval above)");
        }
        if (!(eventLoss >= 0 && eventLoss < 1)) {
            throw new IllegalArgumentException("eventLoss: " + eventLoss + " (expected: in [0, 1))");
        }
        if (!(streamed >= 0 && streamed <= 1)) {
            throw new IllegalArgumentException("streamed: " + streamed + " (expected: in [0, 1])");
        }
    }

    /** Whether a batch of an endpoint's KV events gets lost: equal in all runs with a seed, whoever routes. */
    public boolean isLost(long seed, int endpoint, long sequence) {
        return CounterRandom.unit(CounterRandom.bits(seed, endpoint, LOSS), sequence, LOSS) <= eventLoss;
    }

    /** Whether the answer to a request is streamed: equal in all runs with a seed, whoever routes. */
    public boolean isStreamed(long seed, long request) {
        return streamed == 1 || CounterRandom.unit(seed, request, STREAM) <= streamed;
    }

    /** The same with answers that are not all streamed. */
    public Conditions withStreamed(double share) {
        return new Conditions(
                routing, scrapeInterval, metricsLag, eventLag, eventLoss, replay, outage, share, objectives);
    }

    /** The same with requests that say what a good answer is. */
    public Conditions withObjectives() {
        return new Conditions(routing, scrapeInterval, metricsLag, eventLag, eventLoss, replay, outage, streamed, true);
    }

    /** The same with later metrics. */
    public Conditions withMetrics(Duration interval, Duration lag) {
        return new Conditions(routing, interval, lag, eventLag, eventLoss, replay, outage, streamed, objectives);
    }

    /** The same with other news of blocks. */
    public Conditions withEvents(Duration lag, double loss, boolean canReplay) {
        return new Conditions(routing, scrapeInterval, metricsLag, lag, loss, canReplay, outage, streamed, objectives);
    }

    /** The same with an endpoint that cannot be reached at times. */
    public Conditions withOutage(Outage value) {
        return new Conditions(
                routing, scrapeInterval, metricsLag, eventLag, eventLoss, replay, value, streamed, objectives);
    }

    /** The same with time between a request and its decision. */
    public Conditions withRouting(Duration value) {
        return new Conditions(
                value, scrapeInterval, metricsLag, eventLag, eventLoss, replay, outage, streamed, objectives);
    }
}
