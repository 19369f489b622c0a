package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.flowcontrol.OrderingPolicy;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.LatencyObjectives;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.stereotype.Component;

/** The request whose client wants its first token earliest goes first; one without a wish goes after those with one. */
final class SloDeadlineOrderingPolicy implements OrderingPolicy {

    /** @param minTimeToFirstToken a wish for less counts as one for this, so that nobody jumps the queue by asking for 1 ms */
    record Params(@Default("50ms") Duration minTimeToFirstToken) {
        Params {
            if (minTimeToFirstToken.isNegative()) {
                throw new IllegalArgumentException("minTimeToFirstToken: " + minTimeToFirstToken + " (expected: >= 0)");
            }
        }
    }

    private final long minMillis;

    SloDeadlineOrderingPolicy(Params params) {
        minMillis = params.minTimeToFirstToken().toMillis();
    }

    @Override
    public long key(FlowRequest request, long enqueuedNanos, long ttlNanos) {
        double millis = LatencyObjectives.millis(request.timeToFirstTokenMillis());
        return request.receivedNanos()
                + (millis == 0 ? FAR : TimeUnit.MILLISECONDS.toNanos((long) Math.max(minMillis, millis)));
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "slo-deadline-ordering-policy";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public SloDeadlineOrderingPolicy create(String name, Params params) {
            return new SloDeadlineOrderingPolicy(params);
        }
    }
}
