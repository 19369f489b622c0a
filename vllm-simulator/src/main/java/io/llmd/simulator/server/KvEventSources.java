package io.llmd.simulator.server;

import io.llmd.simulator.api.Json;
import io.llmd.simulator.config.SimulatorSettings;
import io.llmd.simulator.kvevents.KvEventSettings;
import tools.jackson.databind.node.ObjectNode;

/** The body of {@code GET /kv_event_sources}: how each rank publishes its events. */
final class KvEventSources {
    private KvEventSources() {}

    static ObjectNode of(SimulatorSettings settings) {
        ObjectNode sources = Json.object();
        KvEventSettings events = settings.kvEvents();
        if (events == null) {
            return sources;
        }
        for (int rank : settings.dataParallel().ranks()) {
            KvEventSettings own = events.ofReplica(rank);
            sources.putObject(Integer.toString(rank))
                    .put("enable_kv_cache_events", true)
                    .put("publisher", "zmq")
                    .put("endpoint", own.endpoint())
                    .put("replay_endpoint", own.replay().endpoint())
                    .put("buffer_steps", own.replay().batches())
                    .put("hwm", own.highWaterMark())
                    .put("max_queue_size", own.queueBatches())
                    .put("topic", own.topic());
        }
        return sources;
    }
}
