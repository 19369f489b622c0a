package io.llmd.simulator.handoff;

import java.util.List;
import java.util.Objects;

/** What an engine asks another one over its side channel. */
public sealed interface SideChannelRequest {

    /** Asks for the embeddings of a media item. */
    record Fetch(String hash) implements SideChannelRequest {
        public Fetch {
            Objects.requireNonNull(hash, "hash");
        }
    }

    /** Asks an engine that holds blocks. */
    sealed interface OfHolder extends SideChannelRequest {
        /** The engine that is meant; another one may listen at its address by now. */
        String engineId();
    }

    /** Asks for the engine's {@link EngineCard}. */
    record Handshake(String engineId) implements OfHolder {
        public Handshake {
            Objects.requireNonNull(engineId, "engineId");
        }
    }

    /** Asks whether the blocks of a request can be read. */
    record Read(String engineId, String requestId) implements OfHolder {
        public Read {
            Objects.requireNonNull(engineId, "engineId");
            Objects.requireNonNull(requestId, "requestId");
        }
    }

    /**
     * Asks the holder to write the blocks of a request, and whether it has.
     *
     * @param blocks how many there is room for
     */
    record Write(String engineId, String requestId, int blocks) implements OfHolder {
        public Write {
            Objects.requireNonNull(engineId, "engineId");
            Objects.requireNonNull(requestId, "requestId");
        }
    }

    /**
     * Asks how many of some blocks are in host memory, from the first one on.
     *
     * @param requestId that computes them, {@link Handoff#NO_REQUEST} if it does not matter
     */
    record Lookup(String engineId, String requestId, List<Long> hashes) implements OfHolder {
        public Lookup {
            Objects.requireNonNull(engineId, "engineId");
            Objects.requireNonNull(requestId, "requestId");
            hashes = List.copyOf(hashes);
        }
    }

    /** Says that the blocks of a request were read, or are not needed. */
    record Notify(String engineId, String requestId) implements OfHolder {
        public Notify {
            Objects.requireNonNull(engineId, "engineId");
            Objects.requireNonNull(requestId, "requestId");
        }
    }

    /** Says that the blocks of some requests are still wanted. */
    record Heartbeat(String engineId, List<String> requestIds) implements OfHolder {
        public Heartbeat {
            Objects.requireNonNull(engineId, "engineId");
            requestIds = List.copyOf(requestIds);
        }
    }
}
