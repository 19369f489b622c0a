package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.scheduler.flowcontrol.EvictionOrder;
import io.llmd.scheduler.flowcontrol.RunningRequest;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import org.springframework.stereotype.Component;

/** The lowest priority is ended first, and of several requests the newest, because least of its work is lost. */
final class PriorityThenTimeEvictionOrderPolicy implements EvictionOrder {

    @Override
    public int compare(RunningRequest a, RunningRequest b) {
        return PRIORITY_THEN_NEWEST.compare(a, b);
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "priority-then-time-eviction-order-policy";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public PriorityThenTimeEvictionOrderPolicy create(String name, NoParams params) {
            return new PriorityThenTimeEvictionOrderPolicy();
        }
    }
}
