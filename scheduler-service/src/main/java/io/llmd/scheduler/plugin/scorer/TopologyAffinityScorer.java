package io.llmd.scheduler.plugin.scorer;

import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PeerEndpoint;
import io.llmd.scheduler.scheduling.Scorer;
import io.llmd.scheduler.scheduling.Topologies;
import io.llmd.scheduler.scheduling.Topology.Nearness;
import java.util.List;
import org.springframework.stereotype.Component;

/**
 * Prefers endpoints near the one that an earlier profile chose: 1 on the same host, 0.2 in the same rack, 0.05 in the same
 * zone, 0.02 in the same region, else 0. O(n), no allocation.
 */
final class TopologyAffinityScorer implements Scorer {

    /** @param topologyProducerName producer to believe, empty for the default */
    record Params(@Default("") String topologyProducerName) {}

    private final DataKey<Topologies> topologiesKey;

    TopologyAffinityScorer(Params params) {
        topologiesKey = DataKeys.topologies(params.topologyProducerName());
    }

    @Override
    public List<DataKey<?>> requires() {
        return List.of(topologiesKey);
    }

    @Override
    public void score(InferenceRequest request, Candidates candidates, double[] scores) {
        PeerEndpoint peer = candidates.data(DataKeys.peerEndpoint());
        Topologies topologies = candidates.data(topologiesKey);
        if (peer == null || topologies == null) {
            return;
        }
        for (int i = 0; i < scores.length; i++) {
            scores[i] = score(topologies.nearness(candidates.slot(i), peer.slot()));
        }
    }

    private static double score(Nearness nearness) {
        return switch (nearness) {
            case HOST -> 1.0;
            case RACK -> 0.20;
            case ZONE -> 0.05;
            case REGION -> 0.02;
            case NONE -> 0.0;
        };
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "topology-affinity-scorer";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Scorer create(String name, Params params) {
            return new TopologyAffinityScorer(params);
        }
    }
}
