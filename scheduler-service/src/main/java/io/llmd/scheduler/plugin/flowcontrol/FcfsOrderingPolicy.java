package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.flowcontrol.OrderingPolicy;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import org.springframework.stereotype.Component;

/** First come, first served. */
final class FcfsOrderingPolicy implements OrderingPolicy {

    @Override
    public long key(FlowRequest request, long enqueuedNanos, long ttlNanos) {
        return enqueuedNanos;
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "fcfs-ordering-policy";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public FcfsOrderingPolicy create(String name, NoParams params) {
            return new FcfsOrderingPolicy();
        }
    }
}
