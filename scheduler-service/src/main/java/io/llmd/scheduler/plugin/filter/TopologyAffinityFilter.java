package io.llmd.scheduler.plugin.filter;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PeerEndpoint;
import io.llmd.scheduler.scheduling.Topologies;
import io.llmd.scheduler.scheduling.Topology.Nearness;
import java.util.List;
import org.springframework.stereotype.Component;

/** Keeps endpoints near the one that an earlier profile chose; all when there is no such endpoint, or nobody is near. */
final class TopologyAffinityFilter implements Filter {

    /** How near an endpoint must be. */
    enum MinAffinity {
        HOST(Nearness.HOST),
        RACK(Nearness.RACK),
        ZONE(Nearness.ZONE),
        REGION(Nearness.REGION);

        private final Nearness nearness;

        MinAffinity(Nearness nearness) {
            this.nearness = nearness;
        }
    }

    /**
     * @param minAffinity how near an endpoint must be
     * @param topologyProducerName producer to believe, empty for the default
     */
    record Params(
            @Default("host") MinAffinity minAffinity,
            @Default("") String topologyProducerName) {}

    private final Nearness least;
    private final DataKey<Topologies> topologiesKey;

    TopologyAffinityFilter(Params params) {
        least = params.minAffinity().nearness;
        topologiesKey = DataKeys.topologies(params.topologyProducerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(topologiesKey);
    }

    @Override
    public Candidates filter(InferenceRequest request, Candidates candidates) {
        PeerEndpoint peer = candidates.data(DataKeys.peerEndpoint());
        Topologies topologies = candidates.data(topologiesKey);
        if (peer == null || topologies == null) {
            return candidates;
        }
        Candidates near = candidates.where(
                i -> topologies.nearness(candidates.slot(i), peer.slot()).isWithin(least));
        return near.isEmpty() ? candidates : near;
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "topology-affinity-filter";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Filter create(String name, Params params) {
            return new TopologyAffinityFilter(params);
        }
    }
}
