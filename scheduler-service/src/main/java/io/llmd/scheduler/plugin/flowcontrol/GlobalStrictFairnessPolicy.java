package io.llmd.scheduler.plugin.flowcontrol;

import io.llmd.scheduler.flowcontrol.FairnessPolicy;
import io.llmd.scheduler.flowcontrol.Flow;
import io.llmd.scheduler.flowcontrol.FlowRequest;
import io.llmd.scheduler.flowcontrol.FlowSelector;
import io.llmd.scheduler.flowcontrol.IndexedHeap;
import io.llmd.scheduler.plugin.NoParams;
import io.llmd.scheduler.plugin.PluginFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** No isolation: the request that the ordering policy puts first among all flows of the band goes next. O(log flows). */
final class GlobalStrictFairnessPolicy implements FairnessPolicy {

    private static final class Place {
        private final Flow flow;
        private int index = IndexedHeap.ABSENT;

        private Place(Flow flow) {
            this.flow = flow;
        }
    }

    private static final class ByHead extends IndexedHeap<Place> {
        @Override
        protected boolean isBefore(Place a, Place b) {
            long keyA = a.flow.headKey();
            long keyB = b.flow.headKey();
            return keyA != keyB ? keyA < keyB : a.flow.headSequence() < b.flow.headSequence();
        }

        @Override
        protected int index(Place place) {
            return place.index;
        }

        @Override
        protected void index(Place place, int index) {
            place.index = index;
        }
    }

    private static final class Selector implements FlowSelector {

        private final ByHead places = new ByHead();

        @Override
        public void added(Flow flow) {
            Place place = new Place(flow);
            flow.attach(place);
            places.add(place);
        }

        @Override
        public void headChanged(Flow flow) {
            if (flow.attachment() instanceof Place place) {
                places.moved(place);
            }
        }

        @Override
        public void removed(Flow flow) {
            if (flow.attachment() instanceof Place place) {
                places.remove(place);
                flow.attach(null);
            }
        }

        @Override
        public @Nullable Flow select(long nowNanos) {
            Place first = places.first();
            return first == null ? null : first.flow;
        }

        @Override
        public void served(Flow flow, FlowRequest request, long nowNanos) {}
    }

    @Override
    public FlowSelector newSelector() {
        return new Selector();
    }

    @Component
    static final class Factory implements PluginFactory<NoParams> {
        @Override
        public String type() {
            return "global-strict-fairness-policy";
        }

        @Override
        public Class<NoParams> paramsType() {
            return NoParams.class;
        }

        @Override
        public GlobalStrictFairnessPolicy create(String name, NoParams params) {
            return new GlobalStrictFairnessPolicy();
        }
    }
}
