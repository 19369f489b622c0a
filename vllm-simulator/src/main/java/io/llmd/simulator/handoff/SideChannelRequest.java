package io.llmd.simulator.handoff;

import java.util.List;
import java.util.Objects;

/** What an engine asks another one over its side channel. */
public sealed interface SideChannelRequest {

    /** The engine that is meant; another one may listen at its address by now. */
    String engineId();

    /** Asks for the engine's {@link EngineCard}. */
    record Handshake(String engineId) implements SideChannelRequest {
        public Handshake {
            Objects.requireNonNull(engineId, "engineId");
        }
    }

    /** Asks whether the blocks of a request can be read. */
    record Read(String engineId, String requestId) implements SideChannelRequest {
        public Read {
            Objects.requireNonNull(engineId, "engineId");
            Objects.requireNonNull(requestId, "requestId");
        }
    }

    /** Says that the blocks of a request were read, or are not needed. */
    record Notify(String engineId, String requestId) implements SideChannelRequest {
        public Notify {
            Objects.requireNonNull(engineId, "engineId");
            Objects.requireNonNull(requestId, "requestId");
        }
    }

    /** Says that the blocks of some requests are still wanted. */
    record Heartbeat(String engineId, List<String> requestIds) implements SideChannelRequest {
        public Heartbeat {
            Objects.requireNonNull(engineId, "engineId");
            requestIds = List.copyOf(requestIds);
        }
    }
}
