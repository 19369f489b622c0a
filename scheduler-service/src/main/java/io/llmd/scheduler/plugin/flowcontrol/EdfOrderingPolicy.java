package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.flowcontrol.OrderingPolicy;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import org.springframework.stereotype.Component;

/** The request whose time to wait ends first goes first; one without an end goes after those with one. */
final class EdfOrderingPolicy implements OrderingPolicy {

    @Override
    public long key(FlowRequest request, long enqueuedNanos, long ttlNanos) {
        return enqueuedNanos + (ttlNanos >= UNBOUNDED ? FAR : ttlNanos);
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "edf-ordering-policy";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public EdfOrderingPolicy create(String name, NoParams params) {
            return new EdfOrderingPolicy();
        }
    }
}
