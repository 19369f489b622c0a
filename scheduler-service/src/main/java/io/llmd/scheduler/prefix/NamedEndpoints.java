package io.llmd.scheduler.prefix;

import io.llmd.kv.ingest.owner.OwnerSettings;
import io.llmd.kv.key.KeyHasher;
import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of which a source with lanes of its own is asked, by the names that these have, and how keys are computed.
 * Safe from any thread.
 */
final class NamedEndpoints {

    private final EngineEvents events;
    private final KeyHasher hasher;
    private final String keyMode;
    private final Map<String, LaneName> names = new ConcurrentHashMap<>();

    NamedEndpoints(EngineEvents events) {
        this.events = events;
        hasher = KeyHasher.of(events.keyMode(), events.seed());
        keyMode = OwnerSettings.keyMode(events.pool());
    }

    void follow(EndpointMetadata endpoint) {
        if (events.concerns(endpoint)) {
            names.put(endpoint.id(), LaneName.of(endpoint));
        }
    }

    void forget(EndpointMetadata endpoint) {
        names.remove(endpoint.id());
    }

    /** The lane of a followed endpoint; null for another one. */
    @Nullable
    LaneName name(String endpointId) {
        return names.get(endpointId);
    }

    long root(String targetModel) {
        return hasher.root(targetModel);
    }

    String keyMode() {
        return keyMode;
    }

    int blockTokens() {
        return events.blockTokens();
    }

    /** Lanes whose keys are made in another way match nothing, and are as good as unknown. */
    boolean isAlike(int laneBlockTokens, String laneKeyMode) {
        return laneBlockTokens == events.blockTokens() && laneKeyMode.equals(keyMode);
    }

    /** How followed endpoints are known, by id. @param view of a lane; null when it is not known */
    Map<String, SourceView> views(Function<LaneName, @Nullable SourceView> view) {
        Map<String, SourceView> views = new HashMap<>();
        names.forEach((id, name) -> {
            SourceView known = view.apply(name);
            if (known != null) {
                views.put(id, known);
            }
        });
        return views;
    }
}
