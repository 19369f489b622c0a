package io.llmd.scheduler.plugin.producer;

import io.llmd.scheduler.datalayer.Content;
import io.llmd.scheduler.datalayer.Extractor;
import io.llmd.scheduler.plugin.Default;
import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKey;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.DataProducer;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.Topologies;
import io.llmd.scheduler.scheduling.Topology;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.stereotype.Component;

/** Reads where endpoints run from their labels. Needs no data source: labels come with the endpoint. */
final class TopologyExtractor implements Extractor, DataProducer {

    /**
     * @param hostname label with the machine
     * @param rack label with the rack
     * @param zone label with the zone
     * @param region label with the region
     */
    record Params(
            @Default("kubernetes.io/hostname") String hostname,
            @Default("topology.kubernetes.io/rack") String rack,
            @Default("topology.kubernetes.io/zone") String zone,
            @Default("topology.kubernetes.io/region") String region) {}

    private final Params params;
    private final DataKey<Topologies> topologiesKey;

    TopologyExtractor(String name, Params params) {
        this.params = params;
        topologiesKey = DataKeys.topologies(name);
    }

    @Override
    public Set<Content> understands() {
        return Set.of(Content.ENDPOINT_EVENTS, Content.OBJECT_EVENTS);
    }

    @Override
    public List<DataKey<?>> produces() {
        return List.of(topologiesKey);
    }

    @Override
    public void produce(InferenceRequest request, Candidates candidates) {
        Topologies topologies = new Topologies(candidates.slotCount());
        for (int i = 0; i < candidates.size(); i++) {
            Map<String, String> labels = candidates.get(i).metadata().labels();
            topologies.set(
                    candidates.slot(i),
                    new Topology(
                            labels.getOrDefault(params.hostname(), ""),
                            labels.getOrDefault(params.rack(), ""),
                            labels.getOrDefault(params.zone(), ""),
                            labels.getOrDefault(params.region(), "")));
        }
        candidates.put(topologiesKey, topologies);
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "topology-extractor";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public DataProducer create(String name, Params params) {
            return new TopologyExtractor(name, params);
        }
    }
}
