package io.llmd.scheduler.prefix;

import io.llmd.kv.ingest.kafka.KafkaConnection;
import io.llmd.kv.ingest.kafka.KvTopics;
import io.llmd.kv.ingest.zmq.EventSources;
import io.llmd.kv.ingest.zmq.ZmqAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Where schedulers take their knowledge of engines' blocks from. */
public sealed interface KvIndexSource {

    /** The engines' own sockets. @param storages storages that endpoints share */
    record Engines(List<Storage> storages) implements KvIndexSource {
        public Engines {
            storages = List.copyOf(storages);
        }
    }

    /**
     * Batches of engines' events that somebody hands over, as in virtual time, instead of what their sockets bring.
     *
     * @param sources makes what brings the batches of one index
     */
    record Handed(Supplier<EventSources> sources) implements KvIndexSource {
        public Handed {
            Objects.requireNonNull(sources, "sources");
        }
    }

    /** What owners of lanes write to Kafka. */
    record Log(KafkaConnection connection, KvTopics topics) implements KvIndexSource {}

    /**
     * An index service.
     *
     * @param url base URL
     * @param deadline how long a decision waits for an answer
     * @param pollInterval how often it is asked whether it is ready and how well it knows endpoints
     * @param maxCalls most questions at a time
     */
    record Service(URI url, Duration deadline, Duration pollInterval, int maxCalls) implements KvIndexSource {
        public Service {
            Objects.requireNonNull(url, "url");
            if (!deadline.isPositive() || !pollInterval.isPositive() || maxCalls < 1) {
                throw new IllegalArgumentException("deadline, pollInterval, maxCalls: " + deadline + ", " + pollInterval
                        + ", " + maxCalls + " (expected: > 0)");
            }
        }
    }

    /**
     * A storage that endpoints share, and that tells what it holds.
     *
     * @param name unlike that of any endpoint and other storage
     * @param address where it publishes events
     * @param replayAddress where it repeats them; null when it does not
     * @param reach labels of the endpoints that can load from it; empty for all
     */
    record Storage(
            String name, ZmqAddress address, @Nullable ZmqAddress replayAddress, Map<String, String> reach) {
        public Storage {
            reach = Map.copyOf(reach);
        }
    }

    /** The engines' sockets and nothing else. */
    KvIndexSource ENGINES = new Engines(List.of());
}
