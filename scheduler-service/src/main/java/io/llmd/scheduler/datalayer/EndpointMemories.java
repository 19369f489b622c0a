package io.llmd.scheduler.datalayer;

import io.llmd.scheduler.scheduling.EndpointMetadata;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * Tells what remembers endpoints when one comes anew, goes, or is started anew. Only what is still in use hears of it: a reload
 * of the configuration makes new plugins, and the old ones go with their last request. Thread-safe.
 */
public final class EndpointMemories implements EndpointListener {

    /** Something that remembers endpoints. Safe from any thread; must not block. */
    @FunctionalInterface
    public interface Memory {

        /** Nothing is known of the endpoint any more. Unknown ids are ignored. */
        void forget(String endpointId);
    }

    private final Set<Memory> memories = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    /** Tells {@code memory} from now on, as long as somebody else holds it. */
    public <M extends Memory> M remembering(M memory) {
        memories.add(memory);
        return memory;
    }

    private void forget(EndpointMetadata endpoint) {
        List<Memory> all;
        synchronized (memories) {
            all = new ArrayList<>(memories);
        }
        all.forEach(memory -> memory.forget(endpoint.id()));
    }

    @Override
    public void added(EndpointMetadata endpoint) {
        forget(endpoint);
    }

    @Override
    public void removed(EndpointMetadata endpoint) {
        forget(endpoint);
    }

    @Override
    public void restarted(EndpointMetadata endpoint) {
        forget(endpoint);
    }
}
