package io.llmd.lab.autoscale;

import io.llmd.autoscaler.collector.EngineReading;
import io.llmd.autoscaler.variant.StepTime;
import io.llmd.autoscaler.variant.Tier;

/**
 * Dynamo's planner in its ideas: a floor from mean rates and true step times every three minutes; between, one more when every
 * replica would break its targets, one less when the others could take over with a fifth to spare, and nothing while something
 * starts. For one thread.
 */
final class DynamoRule implements MetricController.Metric {

    private static final double SPARE = 0.8;

    private final PodKind kind;
    private final Tier tier;
    private final double strictness;
    private final double period;
    private double floor;

    DynamoRule(PodKind kind, Tier tier, double strictness, double period) {
        this.kind = kind;
        this.tier = tier;
        this.strictness = strictness;
        this.period = period;
    }

    @Override
    public double wanted(Cluster cluster, double now) {
        if (now % period == 0) {
            Totals recent = cluster.over(period);
            if (recent.finished > 0) {
                double rate = recent.arrivals / cluster.spanned(period);
                floor = Math.ceil(
                        Demand.replicasByWork(rate, recent.meanInput(), recent.meanOutput(), kind, tier) - 1e-9);
            }
        }
        int asked = cluster.asked(0);
        if (cluster.ready(0) != asked) {
            return Math.max(asked, floor);
        }
        Seen seen = cluster.live();
        double perPod = seen.waitingTokens() / Math.max(1, cluster.ready(0));
        boolean isAllSlow = cluster.ready(0) > 0;
        boolean couldLessDo = asked > 1;
        double more = asked / Math.max(1.0, asked - 1.0);
        for (Seen.PodSeen pod : seen.pods()) {
            EngineReading reading = pod.reading();
            if (reading != null) {
                isAllSlow &= isSlow(reading, perPod, 1, strictness);
                couldLessDo &= !isSlow(reading, perPod, more, strictness * SPARE) && reading.kvFill() * more < SPARE;
            }
        }
        int number = isAllSlow ? asked + 1 : couldLessDo ? asked - 1 : asked;
        return Math.max(number, floor);
    }

    private boolean isSlow(EngineReading reading, double waitingTokens, double factor, double share) {
        StepTime step = kind.step();
        double first = step.perPromptToken() * waitingTokens * factor;
        double context = reading.kvFill() * reading.kvTokens();
        double between = step.step(0, reading.running() * factor, context * factor);
        return first > share * tier.firstTokenTarget() || between > share * tier.interTokenTarget();
    }
}
