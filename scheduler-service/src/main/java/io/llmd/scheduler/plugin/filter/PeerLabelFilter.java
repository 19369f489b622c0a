package io.llmd.scheduler.plugin.filter;

import io.llmd.scheduler.plugin.PluginFactory;
import io.llmd.scheduler.scheduling.Candidates;
import io.llmd.scheduler.scheduling.DataKeys;
import io.llmd.scheduler.scheduling.Filter;
import io.llmd.scheduler.scheduling.InferenceRequest;
import io.llmd.scheduler.scheduling.PeerEndpoint;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.stereotype.Component;

/**
 * Keeps endpoints that have the same labels as the one that an earlier profile chose, such as the version of the engine,
 * without which no KV cache can be handed over. All stay when no endpoint was chosen before; nobody when none is alike.
 */
final class PeerLabelFilter implements Filter {

    /** @param labels labels that must be alike, at least one; absent on both sides is alike */
    record Params(List<String> labels) {
        Params {
            labels = List.copyOf(labels);
            if (labels.isEmpty()) {
                throw new IllegalArgumentException("labels: empty (expected: at least one label)");
            }
        }
    }

    private final List<String> labels;

    PeerLabelFilter(Params params) {
        labels = params.labels();
    }

    @Override
    public Candidates filter(InferenceRequest request, Candidates candidates) {
        PeerEndpoint peer = candidates.data(DataKeys.peerEndpoint());
        if (peer == null) {
            return candidates;
        }
        Map<String, String> wanted = candidates.atSlot(peer.slot()).metadata().labels();
        return candidates.where(i -> isAlike(candidates.get(i).metadata().labels(), wanted));
    }

    private boolean isAlike(Map<String, String> one, Map<String, String> other) {
        for (String label : labels) {
            if (!Objects.equals(one.get(label), other.get(label))) {
                return false;
            }
        }
        return true;
    }

    @Component
    static final class Factory implements PluginFactory<Params> {
        @Override
        public String type() {
            return "peer-label-filter";
        }

        @Override
        public Class<Params> paramsType() {
            return Params.class;
        }

        @Override
        public Filter create(String name, Params params) {
            return new PeerLabelFilter(params);
        }
    }
}
