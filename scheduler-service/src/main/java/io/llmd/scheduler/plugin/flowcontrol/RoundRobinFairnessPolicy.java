package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.scheduler.flowcontrol.FairnessPolicy;
import io.llmd.scheduler.flowcontrol.Flow;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.flowcontrol.FlowSelector;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** One request of each flow in turn, in the order of their ids. O(log flows). */
final class RoundRobinFairnessPolicy implements FairnessPolicy {

    private static final class Selector implements FlowSelector {

        private final TreeMap<String, Flow> flows = new TreeMap<>();
        private String lastServed = "";

        @Override
        public void added(Flow flow) {
            flows.put(flow.fairnessId(), flow);
        }

        @Override
        public void headChanged(Flow flow) {}

        @Override
        public void removed(Flow flow) {
            flows.remove(flow.fairnessId());
        }

        @Override
        public @Nullable Flow select(long nowNanos) {
            Map.Entry<String, Flow> next = flows.higherEntry(lastServed);
            Map.Entry<String, Flow> chosen = next == null ? flows.firstEntry() : next;
            return chosen == null ? null : chosen.getValue();
        }

        @Override
        public void served(Flow flow, FlowRequest request, long nowNanos) {
            lastServed = flow.fairnessId();
        }
    }

    @Override
    public FlowSelector newSelector() {
        return new Selector();
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "round-robin-fairness-policy";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public RoundRobinFairnessPolicy create(String name, NoParams params) {
            return new RoundRobinFairnessPolicy();
        }
    }
}
